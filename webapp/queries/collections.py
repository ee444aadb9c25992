"""Collections: the list, the unfinished ones, and the results by customer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from webapp.models import Account, Collection, Feed, Outcome, Server
from webapp.models.collection import UNFINISHED
from webapp.queries import access
from webapp.queries.viewer import Viewer


def search(viewer: Viewer, *, state: str = "", server_id: int | None = None) -> Select[Any]:
    """Select the collections a viewer may see, the latest first."""
    query: Any = access.collections(viewer).join(Collection.server).join(Server.account)
    if state:
        query = query.where(Collection.state == state)
    if server_id is not None:
        query = query.where(Collection.server_id == server_id)
    selected: Select[Any] = query.with_only_columns(
        Collection.id,
        Collection.queued_at,
        Collection.finished_at,
        Collection.server_id,
        Collection.day,
        Collection.kind,
        Collection.feed_id,
        Collection.state,
        Collection.feeds,
        Collection.printers,
        Collection.reason,
        Server.name.label("server_name"),
        Account.name.label("partner_name"),
        Account.time_zone,
    )
    return selected.order_by(Collection.queued_at.desc(), Collection.id.desc())


def unfinished(
    session: Session, server_id: int, feed_id: int | None, since: datetime
) -> Collection | None:
    """Return the latest unfinished collection of a server or feed, queued after ``since``."""
    return session.scalars(
        select(Collection)
        .where(
            Collection.server_id == server_id,
            Collection.state.in_(UNFINISHED),
            Collection.queued_at > since,
            or_(Collection.feed_id.is_(None), Collection.feed_id == feed_id),
        )
        .order_by(Collection.id.desc())
        .limit(1)
    ).first()


def feed_of(session: Session, collection: Collection) -> Feed | None:
    """Return the feed of a collection of one customer; None for a whole server."""
    return session.get(Feed, collection.feed_id) if collection.feed_id else None


def outcomes_by_feed(session: Session, collection_id: int) -> Sequence[tuple[Outcome, str]]:
    """Return all outcomes of a collection with the names of their customers, by feed."""
    query = (
        select(Outcome, Feed.customer_name)
        .join(Outcome.feed)
        .where(Outcome.collection_id == collection_id)
        .order_by(Outcome.feed_id)
    )
    return session.execute(query).all()


def outcomes(collection_id: int, outcome: str) -> Select[Any]:
    """Select the outcomes of a collection, or those of one kind, failures first."""
    query: Any = (
        select(
            Outcome.feed_id,
            Outcome.outcome,
            Outcome.pages,
            Outcome.devices,
            Outcome.skipped,
            Outcome.reason,
            Feed.customer_name,
        )
        .join(Outcome.feed)
        .where(Outcome.collection_id == collection_id)
    )
    if outcome:
        query = query.where(Outcome.outcome == outcome)
    ordered: Select[Any] = query.order_by(Outcome.outcome != "failed", Feed.customer_name, Feed.id)
    return ordered
