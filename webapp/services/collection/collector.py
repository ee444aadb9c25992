"""Collector: collects a server, one feed after another.

The job commits after each step: ``claim``, fetch the fleet with no transaction open,
``plan_feeds``, then ``collect_feed`` for each feed, then ``finish``. After a crash it is claimed
again and continues with the feeds that have no outcome yet.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, Table, bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session

from webapp.db import lock, upsert
from webapp.domain.health import Recovered, recovered
from webapp.domain.months import Month
from webapp.domain.reasons import Reason, reason
from webapp.models import Account, ClosedMonth, Collection, Device, Feed, Outcome
from webapp.printerpoint.errors import PrinterpointError
from webapp.printerpoint.fleet import Customer, Fleet
from webapp.services import calendars
from webapp.services.collection import heartbeat, monitoring
from webapp.services.collection.requests import due_day, lock_collection
from webapp.services.metering import deposits
from webapp.services.metering import events as feed_events
from webapp.services.metering.events import Event
from webapp.services.metering.process import Metering, ReadingResult, process_readings

_COLLECTION: Table = Collection.metadata.tables["collection"]
_OUTCOME: Table = Outcome.metadata.tables["outcome"]

_FEED: Table = Feed.metadata.tables["feed"]
_ACCOUNT: Table = Account.metadata.tables["account"]
_PARTNER = _ACCOUNT.alias("partner")
_CLOSED: Table = ClosedMonth.metadata.tables["closed_month"]
#: All that collecting a feed must know of it, in one statement, after its row is locked.
_FACTS = (
    select(
        _FEED.c.id,
        _FEED.c.status,
        _FEED.c.health,
        _FEED.c.last_data_on,
        _FEED.c.customer_id,
        _FEED.c.customer_name,
        func.coalesce(_ACCOUNT.c.country, _PARTNER.c.country).label("country"),
        # A region is one of the country that its own account names.
        case((_ACCOUNT.c.country.is_not(None), _ACCOUNT.c.region), else_=_PARTNER.c.region).label(
            "region"
        ),
        func.coalesce(_ACCOUNT.c.time_zone, _PARTNER.c.time_zone, "UTC").label("time_zone"),
        select(func.max(_CLOSED.c.month))
        .where(_CLOSED.c.account_id == _FEED.c.account_id)
        .scalar_subquery()
        .label("last_closed"),
        select(_OUTCOME.c.outcome)
        .where(
            _OUTCOME.c.feed_id == _FEED.c.id,
            _OUTCOME.c.collection_id == bindparam("collection"),
        )
        .scalar_subquery()
        .label("outcome"),
        select(_COLLECTION.c.state)
        .where(_COLLECTION.c.id == bindparam("collection"))
        .scalar_subquery()
        .label("state"),
    )
    .join(_ACCOUNT, _ACCOUNT.c.id == _FEED.c.account_id)
    .outerjoin(_PARTNER, _PARTNER.c.id == _ACCOUNT.c.partner_id)
    .where(_FEED.c.id == bindparam("feed"))
)
_HEARD = (
    update(_FEED)
    .where(_FEED.c.id == bindparam("of_id"))
    .values(
        last_data_on=bindparam("on"),
        customer_id=bindparam("by_id"),
        customer_name=bindparam("by_name"),
    )
)

#: Why a collection is aborted when a server that had printers returns none.
EMPTY_FLEET = reason("empty_fleet")


class Cancelled(Exception):
    """The running collection was cancelled."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Configured limits of metering."""

    ceiling: int
    roll_width_mm: int


def claim(session: Session, collection_id: int, now: datetime) -> Collection | None:
    """Claim a collection; None when it is finished or another worker runs it."""
    claimed = cast(
        CursorResult[Any],
        session.execute(
            update(Collection)
            .where(
                Collection.id == collection_id,
                or_(
                    Collection.state.in_(("queued", "failed")),
                    heartbeat.stale(now),
                ),
            )
            .values(state="running", alive_at=now, reason=None, finished_at=None)
            .execution_options(synchronize_session=False)
        ),
    )
    if claimed.rowcount != 1:
        return None
    return session.get_one(Collection, collection_id, populate_existing=True)


def report_progress(session: Session, collection_id: int, now: datetime, printers: int) -> None:
    """Record how many printers have been fetched, and a heartbeat. Raise Cancelled."""
    kept = session.execute(
        update(Collection)
        .where(Collection.id == collection_id, Collection.state != "cancelled")
        .values(alive_at=now, printers=printers)
        .execution_options(synchronize_session=False)
    )
    if cast(CursorResult[Any], kept).rowcount != 1:
        raise Cancelled


def had_printers(session: Session, collection: Collection) -> bool:
    """Whether any printer of the server was ever read: then an empty fleet is suspicious."""
    query = select(Device.id).join(Feed).where(Feed.server_id == collection.server_id).limit(1)
    return session.scalar(query) is not None


def plan_feeds(session: Session, collection: Collection, fleet: Fleet, now: datetime) -> list[int]:
    """Return the feeds still to be collected from the fleet, in order of name."""
    monitoring.server_answered(session, collection.server, now)
    wanted = (
        Feed.id == collection.feed_id
        if collection.feed_id
        else Feed.server_id == collection.server_id
    )
    feeds = session.scalars(
        select(Feed.id)
        .where(wanted, Feed.status.in_(("pending", "active")))
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
    fleet: Fleet,
    limits: Limits,
    now: datetime,
) -> Outcome | None:
    """Collect one customer, in one transaction; None when another worker has just done it.

    Raises Cancelled, and whatever is wrong with this customer; the edge rolls back and records it.
    """
    lock(session, Feed.id, feed_id)
    feed = session.execute(_FACTS, {"feed": feed_id, "collection": collection.id}).one()
    if feed.state == "cancelled":
        raise Cancelled
    if feed.outcome not in (None, "failed"):
        return None
    customer = fleet.find(feed.customer_id, feed.customer_name)
    if customer is None:
        feed_events.record_customer_missing(session, feed_id, _closing(collection, now), now)
        return _record(session, collection, feed_id, "not_found", ReadingResult(), 0, now)
    printers, bad_rows = fleet.printers_of(feed.customer_id, feed.customer_name)
    metering = Metering(
        ZoneInfo(feed.time_zone),
        calendars.holidays_of(feed.country, feed.region),
        limits.ceiling,
        limits.roll_width_mm,
    )
    closing = _closing(collection, now)
    result = process_readings(
        session,
        feed_id,
        printers,
        bad_rows,
        closing,
        metering,
        now,
        rows_of=lambda customer_id, name: fleet.printers_of(customer_id, name)[0],
    )
    last_closed = Month.parse(feed.last_closed) if feed.last_closed else None
    pages = deposits.add(session, feed_id, collection.server_id, result.shares, last_closed)
    back = None
    if feed.last_data_on is not None and result.last_data_on is not None:
        back = recovered(result.shares, feed.last_data_on, result.last_data_on, metering.holidays)
    # A feed that was silent says so once; its printers need not repeat it.
    told = [event for event in result.events if back is None or event.kind != "read_again"]
    events = [*told, *_of_feed(feed, customer, back)]
    feed_events.record_events(session, feed_id, events, closing, now)
    _update_feed(session, feed, customer, result.last_data_on, back, now)
    kind = "collected" if result.devices else "unchanged"
    return _record(session, collection, feed_id, kind, result, pages, now)


def _closing(collection: Collection, now: datetime) -> date:
    """The day its readings close: its own, or a later one when it is run only now.

    A job requeued after days reads what the counters say today, not what they said then.
    """
    return max(collection.day, due_day(collection.server.account, now))


def _update_feed(
    session: Session,
    facts: Any,
    customer: Customer,
    last_data_on: date | None,
    back: Recovered | None,
    now: datetime,
) -> None:
    """Update a feed with its new data, and with its customer's current name and id."""
    names = (customer.customer_id, customer.name)
    if facts.status == "active" and facts.health == "healthy":
        # The ordinary case, in one statement.
        heard = (
            last_data_on
            if last_data_on and last_data_on > facts.last_data_on
            else facts.last_data_on
        )
        if (heard, *names) != (facts.last_data_on, facts.customer_id, facts.customer_name):
            session.execute(
                _HEARD, {"of_id": facts.id, "on": heard, "by_id": names[0], "by_name": names[1]}
            )
        return
    feed = session.get_one(Feed, facts.id, populate_existing=True)
    feed.customer_id, feed.customer_name = names
    if last_data_on is None:
        return
    if feed.status == "pending":
        feed.status, feed.activated_at = "active", now
    monitoring.feed_data_received(session, feed, last_data_on, back, now)


def _of_feed(facts: Any, customer: Customer, back: Recovered | None) -> list[Event]:
    """What was unusual about the feed itself: its customer's name, days recovered."""
    events = []
    if customer.name != facts.customer_name:
        names = {"before": facts.customer_name, "after": customer.name}
        events.append(Event("customer_renamed", names))
    if back is not None:
        days = {"first": str(back.first), "last": str(back.last)}
        events.append(Event("recovered", {"pages": back.pages, **days}))
    return events


def record_failure(
    session: Session, collection: Collection, feed_id: int, why: Reason, now: datetime
) -> None:
    """Record that the collection of a feed failed; the others go on."""
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
        "skipped": [skipped.as_json() for skipped in result.skipped],
        "reason": why,
        "at": now,
    }
    upsert(
        session,
        _OUTCOME,
        [values],
        key=("collection_id", "feed_id"),
        update=("outcome", "pages", "devices", "skipped", "reason", "at"),
    )
    return Outcome(**values)


def server_failed(
    session: Session, collection: Collection, error: PrinterpointError, now: datetime
) -> None:
    """Mark the server as unhealthy because its fleet could not be read, and abort."""
    monitoring.server_failed(session, collection.server, error, now)
    abort(session, collection, error.reason, now)


def abort(session: Session, collection: Collection, why: Reason, now: datetime) -> None:
    """Mark a collection as failed, unless it was cancelled; it may be claimed again."""
    lock_collection(session, collection)
    if collection.state == "cancelled":
        return
    collection.state = "failed"
    collection.reason = why
    collection.alive_at = collection.finished_at = now


def finish(session: Session, collection: Collection, now: datetime) -> None:
    """Update the health of the feeds and mark the collection as finished. Raise Cancelled."""
    lock_collection(session, collection)
    if collection.state == "cancelled":
        raise Cancelled
    today = _closing(collection, now) + timedelta(days=1)
    monitoring.update_feed_health(session, collection, today, now)
    collection.state = "finished"
    collection.alive_at = collection.finished_at = now
