"""The events of feeds, the latest first."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webapp.models import Device, Feed, FeedEvent
from webapp.queries import access
from webapp.queries.viewer import Viewer

Rows = Sequence[Any]


def _events() -> Select[Any]:
    return (
        select(
            FeedEvent.at,
            FeedEvent.day,
            FeedEvent.kind,
            FeedEvent.details,
            FeedEvent.device_id,
            FeedEvent.feed_id,
            Feed.customer_name,
        )
        .join(FeedEvent.feed)
        .order_by(FeedEvent.at.desc(), FeedEvent.id.desc())
    )


def of_feed(feed_id: int) -> Select[Any]:
    """Select the events of a feed, for a paginated list."""
    return _events().where(FeedEvent.feed_id == feed_id)


def of_feeds(session: Session, feed_ids: Collection[int], limit: int) -> Rows:
    """Return the latest events of these feeds."""
    query = _events().where(FeedEvent.feed_id.in_(feed_ids))
    return session.execute(query.limit(limit)).all()


def of_device(session: Session, device: Device, limit: int) -> Rows:
    """Return the latest events of a device at its feed."""
    query = _events().where(FeedEvent.feed_id == device.feed_id, FeedEvent.device_id == device.id)
    return session.execute(query.limit(limit)).all()


def of_device_seen_by(
    session: Session, viewer: Viewer, device_id: int, limit: int | None = None
) -> Rows:
    """Return the latest events of a device at all feeds that a viewer may see."""
    query = _events().where(FeedEvent.device_id == device_id, access.own_feed(viewer))
    return session.execute(query.limit(limit)).all()


def latest(session: Session, viewer: Viewer, limit: int) -> Rows:
    """Return the latest events of all feeds of a partner, without first readings."""
    query = _events().where(FeedEvent.kind != "devices_found", access.own_feed(viewer))
    return session.execute(query.limit(limit)).all()


def visible_names(session: Session, viewer: Viewer, feed_ids: Collection[int]) -> dict[int, str]:
    """Return the customer names of these feeds by feed id, if a viewer may see them."""
    if not feed_ids:
        return {}
    feeds = session.scalars(access.feeds(viewer).where(Feed.id.in_(feed_ids)))
    return {feed.id: feed.customer_name for feed in feeds}
