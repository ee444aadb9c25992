"""Collector: collects a server, one feed after another.

The job commits after each step: ``claim``, fetch the fleet with no transaction open,
``plan_feeds``, then ``collect_feed`` for each feed, then ``finish``. After a crash it is claimed
again and continues with the feeds that have no outcome yet.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from webapp.db import upsert
from webapp.domain.health import recovered
from webapp.domain.reasons import Reason, reason
from webapp.models import Collection, Device, Feed, Outcome, Server
from webapp.models.collection import UNFINISHED
from webapp.models.feed import COLLECTED
from webapp.printerpoint.errors import PrinterpointError
from webapp.printerpoint.fleet import Fleet, RowSource
from webapp.services.collection import feed_facts, heartbeat, retry_rows
from webapp.services.collection.requests import due_day, lock_collection
from webapp.services.metering import deposits
from webapp.services.metering import events as feed_events
from webapp.services.metering.process import (
    MeteringSettings,
    ReadingResult,
    process_readings,
    record_missing,
)
from webapp.services.servers import health

_COUNTS = ("pages", "devices", "incomplete", "duplicates")

#: Why a collection is aborted when a server that had printers returns none.
EMPTY_FLEET = reason("empty_fleet")


class Cancelled(Exception):
    """The running collection was cancelled."""


def claim(session: Session, collection_id: int, now: datetime) -> Collection | None:
    """Claim a collection; None when it has ended, or another worker runs it.

    One of a removed server has ended, whatever its state: there is no token to continue with.
    """
    claimed = session.scalar(
        update(Collection)
        .where(
            Collection.id == collection_id,
            or_(Collection.state.in_(("queued", "failed")), heartbeat.stale(now)),
            Collection.server.has(Server.removed_at.is_(None)),
        )
        .values(state="running", alive_at=now, reason=None, finished_at=None)
        .returning(Collection.id)
        .execution_options(synchronize_session=False)
    )
    if claimed is None:
        return None
    return session.get_one(Collection, collection_id, populate_existing=True)


def release(session: Session, collection_id: int, lost_at: datetime) -> None:
    """Queue a collection again whose worker lost the database, unless another one runs it now."""
    session.execute(
        update(Collection)
        .where(
            Collection.id == collection_id,
            Collection.state == "running",
            Collection.alive_at <= lost_at,
        )
        .values(state="queued")
        .execution_options(synchronize_session=False)
    )


def report_progress(session: Session, collection_id: int, now: datetime, printers: int) -> None:
    """Record how many printers have been fetched, and a heartbeat. Raise Cancelled."""
    updated = session.scalar(
        update(Collection)
        .where(Collection.id == collection_id, Collection.state != "cancelled")
        .values(alive_at=now, printers=printers)
        .returning(Collection.id)
        .execution_options(synchronize_session=False)
    )
    if updated is None:
        raise Cancelled


def had_printers(session: Session, collection: Collection) -> bool:
    """Whether any printer of the server was ever read; an empty fleet is then suspicious."""
    query = select(Device.id).join(Feed).where(Feed.server_id == collection.server_id).limit(1)
    return session.scalar(query) is not None


def plan_feeds(session: Session, collection: Collection, fleet: Fleet, now: datetime) -> list[int]:
    """Return the feeds still to be collected from the fleet, in order of name."""
    health.server_answered(session, collection.server, now)
    retry_rows.delete_earlier(session, collection)
    wanted = (
        Feed.id == collection.feed_id
        if collection.feed_id
        else Feed.server_id == collection.server_id
    )
    feeds = session.scalars(
        select(Feed.id)
        .where(wanted, Feed.status.in_(COLLECTED))
        .order_by(Feed.customer_name, Feed.id)
    ).all()
    done = set(
        session.scalars(
            select(Outcome.feed_id).where(
                Outcome.collection_id == collection.id, Outcome.outcome != "failed"
            )
        )
    )
    collection.feeds = len(set(feeds) | done)
    collection.printers = fleet.printers
    if fleet.bad_row_count:
        first = fleet.bad_rows[0].reason
        collection.reason = reason("rows_not_counted", count=fleet.bad_row_count, first=first)
    collection.alive_at = now
    return [feed_id for feed_id in feeds if feed_id not in done]


def collect_feed(
    session: Session,
    collection: Collection,
    feed_id: int,
    rows: RowSource,
    settings: MeteringSettings,
    now: datetime,
    read_at: datetime | None = None,
) -> Outcome | None:
    """Collect one customer, in one transaction; None when it was collected or ended meanwhile.

    ``read_at``: when stored rows were read. Raises Cancelled, and any error of this customer; the
    caller rolls back and records it.
    """
    closing = _closing(collection, read_at or now)
    work = feed_facts.lock_and_read(session, collection, feed_id, rows, settings, closing)
    facts, given, metering = work.facts, work.given, work.metering
    if facts.state == "cancelled":
        raise Cancelled
    if facts.status not in COLLECTED or facts.outcome not in (None, "failed"):
        return None
    customer = given.rows.customer
    if customer is None:
        gone = record_missing(session, given, metering, now)
        feed_events.record_events(session, feed_id, gone, closing, now)
        return _record(session, collection, feed_id, "not_found", ReadingResult(), 0, now)
    result = process_readings(session, given, metering, now)
    pages = deposits.apply_to_feeds(session, result.changes).get(feed_id, 0)
    own = result.changes.get(feed_id, {})
    back = recovered(own, facts.last_data_on, result.last_data_on, metering.holidays)
    # The recovery of a silent feed is one event; its devices do not repeat it.
    of_devices = [e for e in result.events if back is None or e.kind != "read_again"]
    events = [*of_devices, *feed_facts.events(facts, customer, back)]
    feed_events.record_events(session, feed_id, events, closing, now)
    feed_facts.update_feed(session, facts, customer, result.last_data_on, back, now)
    kind = "collected" if result.devices else "unchanged"
    return _record(session, collection, feed_id, kind, result, pages, now)


def _closing(collection: Collection, read_at: datetime) -> date:
    """Return the day that the readings close: the collection's, or a later one if it runs late.

    A job that is requeued after days reads today's counters, not those of its day.
    """
    return max(collection.day, due_day(collection.server.account, read_at))


def record_failure(
    session: Session,
    collection: Collection,
    feed_id: int,
    rows: RowSource,
    why: Reason,
    now: datetime,
) -> None:
    """Record that the collection of a feed failed, and store its rows for the retry."""
    retry_rows.save(session, collection, feed_id, rows)
    _record(session, collection, feed_id, "failed", ReadingResult(), 0, now, why)


def _record(
    session: Session,
    collection: Collection,
    feed_id: int,
    kind: str,
    result: ReadingResult,
    pages: int,
    now: datetime,
    why: Reason | None = None,
) -> Outcome:
    values = {
        "collection_id": collection.id,
        "feed_id": feed_id,
        "outcome": kind,
        "pages": pages,
        "devices": result.devices,
        "incomplete": result.incomplete,
        "duplicates": result.duplicates,
        "skipped": [skipped.as_json() for skipped in result.skipped],
        "reason": why,
        "at": now,
    }
    upsert(
        session,
        Outcome,
        [values],
        key=("collection_id", "feed_id"),
        update=(*_COUNTS, "outcome", "skipped", "reason", "at"),
    )
    return Outcome(**values)


def server_failed(
    session: Session, collection: Collection, error: PrinterpointError, now: datetime
) -> None:
    """Mark the server as unhealthy because its fleet could not be read, and abort."""
    health.server_failed(session, collection.server, error, now)
    abort(session, collection, error.reason, now)


def abort(session: Session, collection: Collection, why: Reason, now: datetime) -> None:
    """Mark a collection as failed, unless it has ended; it may be claimed again."""
    lock_collection(session, collection)
    if collection.state not in UNFINISHED:
        return
    collection.state = "failed"
    collection.reason = why
    collection.alive_at = collection.finished_at = now


def finish(session: Session, collection: Collection, now: datetime) -> None:
    """Update the health of the feeds and mark the collection as finished. Raise Cancelled.

    Feeds that ended after the collection was planned are not among its customers.
    """
    lock_collection(session, collection)
    if collection.state == "cancelled":
        raise Cancelled
    today = _closing(collection, now) + timedelta(days=1)
    health.update_feed_health(session, collection, today, now)
    outcomes = select(func.count()).where(Outcome.collection_id == collection.id)
    collection.feeds = session.scalar(outcomes)
    collection.state = "finished"
    collection.alive_at = collection.finished_at = now
