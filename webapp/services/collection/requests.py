"""Requests: create a collection, or cancel it."""

from datetime import date, datetime, timedelta

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import lock, upsert
from webapp.errors import Conflict
from webapp.models import Account, Collection, Feed, Server
from webapp.models.collection import UNFINISHED, CollectionKind
from webapp.queries.collections import unfinished

#: An unfinished collection that was queued earlier was lost and is not running.
_RUNNING_WITHIN = timedelta(days=1)


def due_day(account: Account, now: datetime) -> date:
    """Return the day to close: the last one that has ended in the account's time zone."""
    return now.astimezone(account.zone).date() - timedelta(days=1)


def request(
    session: Session,
    server: Server,
    *,
    day: date,
    kind: CollectionKind,
    feed: Feed | None = None,
    requested_by: int | None = None,
    now: datetime,
) -> Collection:
    """Create a collection, or return the scheduled one that the server has for the day."""
    values = {
        "server_id": server.id,
        "day": day,
        "kind": kind,
        "feed_id": feed.id if feed else None,
        "state": "queued",
        "requested_by": requested_by,
        "queued_at": now,
        "alive_at": now,
        "printers": 0,
    }
    if kind == "manual":
        collection = Collection(**values)
        session.add(collection)
        session.flush()
        return collection
    night = select(Collection).where(
        Collection.server_id == server.id, Collection.day == day, Collection.kind == "scheduled"
    )
    found = session.scalar(night)
    if found is None:
        upsert(session, Collection, [values], key=())
        found = session.scalars(night).one()
    return found


def request_manual(
    session: Session, server: Server, feed: Feed | None, user_id: int | None, now: datetime
) -> tuple[Collection, bool]:
    """Return the running collection of a server or feed, or a new one, and whether it is new.

    The server stays locked, so that of two clicks the second finds the first one's collection.
    Raises Conflict for a server that was removed or is paused.
    """
    lock(session, Server.id, server.id)
    session.refresh(server)
    _refuse_unreadable(server)
    running = unfinished(session, server.id, feed.id if feed else None, now - _RUNNING_WITHIN)
    if running is not None:
        return running, False
    made = request(
        session,
        server,
        day=due_day(server.account, now),
        kind="manual",
        feed=feed,
        requested_by=user_id,
        now=now,
    )
    return made, True


def _refuse_unreadable(server: Server) -> None:
    if server.removed_at is not None:
        raise Conflict(
            gettext("%(name)s has been removed and is no longer collected.", name=server.name)
        )
    if server.paused:
        raise Conflict(
            gettext("Collection is paused until Printerpoint is reachable. Check the server first.")
        )


def cancel(session: Session, collection: Collection, user_id: int | None, now: datetime) -> None:
    """Cancel a collection. Deposits are kept; the next collection reads the remaining customers.

    Its worker stops before the next customer. Raises Conflict when it has ended.
    """
    lock_collection(session, collection)
    if collection.state not in UNFINISHED:
        raise Conflict(gettext("The collection has already ended."))
    collection.state, collection.cancelled_by = "cancelled", user_id
    collection.finished_at = now


def lock_collection(session: Session, collection: Collection) -> None:
    """Lock and refresh, so that a concurrent cancel is seen."""
    session.flush()
    lock(session, Collection.id, collection.id)
    session.refresh(collection)
