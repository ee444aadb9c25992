"""Further data for the page of one account, server, feed, device or delta.

``access`` has checked that the viewer may see it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import (
    Account,
    Certificate,
    Collection,
    Delta,
    Device,
    Document,
    Feed,
    HealthChange,
    Outcome,
    Reading,
    Server,
    User,
)
from webapp.queries import access, servers
from webapp.queries.viewer import Viewer

Rows = Sequence[Any]
_CHANGE = (HealthChange.before, HealthChange.after, HealthChange.at, HealthChange.reason)


def certificates_of(session: Session, account_id: int, limit: int) -> Rows:
    """Return the latest certificates of a customer."""
    return session.execute(
        select(
            Certificate.number,
            Certificate.month,
            Certificate.pages,
            Certificate.trees,
            Document.certificate_id.is_not(None).label("is_rendered"),
        )
        .outerjoin(Document, Document.certificate_id == Certificate.id)
        .where(Certificate.account_id == account_id)
        .order_by(Certificate.month.desc())
        .limit(limit)
    ).all()


def certificates_of_year(session: Session, account_id: int, year: int) -> Rows:
    """Return the certificates of a customer for the months of a year."""
    return session.execute(
        select(Certificate.month, Certificate.number, Certificate.pages, Certificate.trees).where(
            Certificate.account_id == account_id,
            Certificate.month.between(f"{year}-01", f"{year}-12"),
        )
    ).all()


def users_of(session: Session, account_id: int) -> Rows:
    """Return the users of an account, by name."""
    return session.execute(
        select(
            User.id,
            User.full_name,
            User.email,
            User.disabled_at,
            User.password_hash.is_not(None).label("has_password"),
        )
        .where(User.account_id == account_id)
        .order_by(User.full_name)
    ).all()


def servers_of(session: Session, viewer: Viewer, partner_id: int) -> Rows:
    """Return the servers of a partner that a viewer may see, without removed ones, by name."""
    query: Any = access.servers(viewer).where(
        Server.account_id == partner_id, Server.removed_at.is_(None)
    )
    columns = (Server.id, Server.name, servers.state().label("state"), Server.health_checked_at)
    rows: Rows = session.execute(query.with_only_columns(*columns).order_by(Server.name)).all()
    return rows


def feeds_of(session: Session, viewer: Viewer, customer_id: int) -> Rows:
    """Return the feeds of a customer that a viewer may see, removed ones included, by name."""
    query: Any = access.feeds(viewer).where(Feed.account_id == customer_id)
    query = query.with_only_columns(
        Feed.id, Feed.customer_name, Feed.customer_id, Feed.status, Feed.health, Feed.last_data_on
    )
    rows: Rows = session.execute(query.order_by(Feed.customer_name, Feed.id)).all()
    return rows


def feeds_of_server(session: Session, server_id: int, limit: int) -> Rows:
    """Return the feeds of a server without removed ones, unhealthy ones first."""
    return session.execute(
        select(
            Feed.id,
            Feed.customer_name,
            Feed.status,
            Feed.health,
            Feed.last_data_on,
            Account.name.label("account_name"),
        )
        .join(Feed.account)
        .where(Feed.server_id == server_id, access.IS_CONNECTED)
        .order_by(Feed.health.desc(), Feed.customer_name, Feed.id)
        .limit(limit)
    ).all()


def collections_of_server(session: Session, server_id: int, limit: int) -> Rows:
    """Return the latest collections of a server."""
    return session.execute(
        select(
            Collection.id,
            Collection.queued_at,
            Collection.day,
            Collection.kind,
            Collection.feed_id,
            Collection.state,
            Collection.printers,
        )
        .where(Collection.server_id == server_id)
        .order_by(Collection.queued_at.desc(), Collection.id.desc())
        .limit(limit)
    ).all()


def changes_of_server(session: Session, server_id: int, limit: int) -> Rows:
    """Return the latest health changes of a server."""
    return session.execute(
        select(*_CHANGE)
        .where(HealthChange.server_id == server_id)
        .order_by(HealthChange.at.desc(), HealthChange.id.desc())
        .limit(limit)
    ).all()


def changes_of_feed(session: Session, feed_id: int, limit: int) -> Rows:
    """Return the latest health changes of a feed."""
    return session.execute(
        select(*_CHANGE)
        .where(HealthChange.feed_id == feed_id)
        .order_by(HealthChange.at.desc(), HealthChange.id.desc())
        .limit(limit)
    ).all()


def outcomes_of_feed(session: Session, feed_id: int, limit: int) -> Rows:
    """Return the latest outcomes of a feed."""
    return session.execute(
        select(
            Outcome.outcome,
            Outcome.pages,
            Outcome.devices,
            Outcome.skipped,
            Outcome.reason,
            Outcome.at,
            Outcome.collection_id,
            Collection.day,
        )
        .join(Collection, Collection.id == Outcome.collection_id)
        .where(Outcome.feed_id == feed_id)
        .order_by(Outcome.collection_id.desc())
        .limit(limit)
    ).all()


def held_of_feed(session: Session, feed_id: int, limit: int) -> Rows:
    """Return the held deltas of a feed, the oldest first."""
    return session.execute(
        select(Delta.id, Delta.pages, Delta.day, Device.asset_id, Device.serial_number)
        .join(Delta.device)
        .where(Delta.feed_id == feed_id, access.IS_HELD)
        .order_by(Delta.day, Delta.id)
        .limit(limit)
    ).all()


def readings_of(
    session: Session, device_id: int, limit: int | None = None, feed_id: int | None = None
) -> Rows:
    """Return the latest readings of a device; with ``feed_id``, those read by this feed."""
    query = select(
        Reading.day, Reading.count.label("reported"), Reading.baseline, Reading.feed_id
    ).where(Reading.device_id == device_id)
    if feed_id is not None:
        query = query.where(Reading.feed_id == feed_id)
    return session.execute(query.order_by(Reading.day.desc()).limit(limit)).all()


def start_meters(session: Session, device_ids: Iterable[int]) -> dict[int, int]:
    """Return the meter from which each device is counted: its latest baseline at this feed.

    Unlike ``Device.initial_count``, it does not include pages that are not counted by decision.
    Devices without a baseline are left out.
    """
    rows = session.execute(
        select(Reading.device_id, Reading.count)
        .join(Device, (Device.id == Reading.device_id) & (Device.feed_id == Reading.feed_id))
        .where(Reading.device_id.in_(device_ids), Reading.baseline)
        .order_by(Reading.day)
    )
    return {device_id: int(count) for device_id, count in rows}


def deltas_of(
    session: Session, device_id: int, limit: int | None = None, feed_id: int | None = None
) -> Sequence[Delta]:
    """Return the latest deltas of a device; with ``feed_id``, those read by this feed."""
    query = select(Delta).where(Delta.device_id == device_id)
    if feed_id is not None:
        query = query.where(Delta.feed_id == feed_id)
    return session.scalars(query.order_by(Delta.day.desc(), Delta.number.desc()).limit(limit)).all()
