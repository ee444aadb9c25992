"""The heart of a running collection: it tells that its worker lives; silent, it may be claimed."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, update
from sqlalchemy.orm import Session

from webapp.models import Collection

#: Without a heartbeat for so long, a running collection has lost its worker.
SILENT_HEART = timedelta(seconds=45)
#: How often a running collection says that it lives.
HEARTBEAT = timedelta(seconds=5)


def is_silent(collection: Collection, now: datetime) -> bool:
    """Whether it is said to run while nobody is at it.

    A beat far in the future is none: the clock has been set back since, and a worker that lives
    has said so again by the new time.
    """
    return collection.state == "running" and abs(now - collection.alive_at) > SILENT_HEART


def silent(now: datetime) -> ColumnElement[bool]:
    """The same, asked of the database."""
    return (Collection.state == "running") & or_(
        Collection.alive_at < now - SILENT_HEART, Collection.alive_at > now + SILENT_HEART
    )


def beat(session: Session, collection_id: int, now: datetime) -> None:
    """A sign of life; one that has ended meanwhile stays as it is."""
    session.execute(
        update(Collection)
        .where(Collection.id == collection_id, Collection.state == "running")
        .values(alive_at=now)
        .execution_options(synchronize_session=False)
    )


def beat_along(collection: Collection, now: datetime) -> None:
    """A sign of life together with what is about to be committed, unless one was just given."""
    if abs(now - collection.alive_at) >= HEARTBEAT:
        collection.alive_at = now
