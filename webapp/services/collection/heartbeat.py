"""Heartbeat of a running collection; a collection with a stale heartbeat may be claimed."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, update
from sqlalchemy.orm import Session

from webapp.models import Collection

#: Without a heartbeat for this long, a running collection has lost its worker.
STALE_AFTER = timedelta(seconds=45)
#: The time between two heartbeats.
INTERVAL = timedelta(seconds=5)


def is_stale(collection: Collection, now: datetime) -> bool:
    """Whether a collection is marked as running but has lost its worker.

    A heartbeat far in the future is stale, too: the clock has been set back, and a running worker
    would have updated it since.
    """
    return collection.state == "running" and abs(now - collection.alive_at) > STALE_AFTER


def stale(now: datetime) -> ColumnElement[bool]:
    """Return ``is_stale`` as an SQL expression."""
    return (Collection.state == "running") & or_(
        Collection.alive_at < now - STALE_AFTER, Collection.alive_at > now + STALE_AFTER
    )


def record(session: Session, collection_id: int, now: datetime) -> None:
    """Record a heartbeat; no effect on a collection that has ended."""
    session.execute(
        update(Collection)
        .where(Collection.id == collection_id, Collection.state == "running")
        .values(alive_at=now)
        .execution_options(synchronize_session=False)
    )


def touch(collection: Collection, now: datetime) -> None:
    """Update the heartbeat with the current transaction, unless it is recent."""
    if abs(now - collection.alive_at) >= INTERVAL:
        collection.alive_at = now
