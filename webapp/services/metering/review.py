"""Review of held deltas: decisions, and reopening them until a month is certified."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Literal, Protocol, get_args

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp import filters
from webapp.db import lock
from webapp.domain.allocation import allocate_over_gap
from webapp.domain.counter_sets import COUNTER_SETS
from webapp.domain.meter import Reading, replay
from webapp.domain.months import Month, counting_month
from webapp.errors import Conflict, Invalid
from webapp.models import ClosedMonth, Delta, Device, Feed
from webapp.models import Reading as ReadingRow
from webapp.services import audit
from webapp.services.audit import Actor
from webapp.services.calendars import public_holidays
from webapp.services.metering import deposits, events
from webapp.services.metering.events import Event

#: ``accepted``: all pages count; ``adjusted``: as many as are proposed; ``reset``: the counter was
#: set to another value, none count; ``rejected``: none count, for a reason that is kept.
Decision = Literal["accepted", "adjusted", "reset", "rejected"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)

LONGEST_REASON = 500


#: What is said to whoever decides after somebody else.
_DECIDED = {
    "counted": _l("Nothing waits here: these pages are counted."),
    "accepted": _l("Somebody has decided already: accepted."),
    "adjusted": _l("Somebody has decided already: counted as proposed."),
    "reset": _l("Somebody has decided already: a reset."),
    "rejected": _l("Somebody has decided already: rejected."),
}


def decide(
    session: Session,
    delta: Delta,
    decision: Decision,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> int:
    """Decide on a held delta; deposit what counts over its days. Return the pages added.

    Pages that do not count are taken out of the device's life count. Raises Invalid for a
    rejection without a reason or for an adjustment without a proposal, Conflict when somebody
    has answered already.
    """
    reason = " ".join(reason.split())
    if decision == "rejected" and not reason:
        raise Invalid(
            "reason", gettext("Say why these pages were not printed; the reason is kept.")
        )
    if len(reason) > LONGEST_REASON:
        raise Invalid(
            "reason",
            gettext(
                "Shorten the reason to %(longest_reason)s characters.",
                longest_reason=LONGEST_REASON,
            ),
        )
    feed = _lock(session, delta)
    if delta.state != "held":
        raise Conflict(_DECIDED[delta.state])
    if decision == "adjusted" and delta.proposed is None:
        raise Invalid(
            "reason", gettext("There is no proposal for these pages; accept or reject them.")
        )
    delta.state, delta.reason = decision, reason or None
    delta.decided_by, delta.decided_at = actor.user_id, now
    added = _recalculate(session, feed, delta)
    _record_decision(session, feed, delta, actor, decision, now)
    return added


def reopen(session: Session, delta: Delta, actor: Actor, now: datetime) -> int:
    """Reopen a decision: the delta is held again. Return the pages removed from deposits.

    Raises Conflict when it is held anyway, or when a month was certified with the decision.
    """
    feed = _lock(session, delta)
    if delta.state in ("held", "counted"):
        raise Conflict(gettext("There is no decision to take back."))
    month = certified_month(session, delta)
    if month is not None:
        raise Conflict(
            gettext(
                "%(month)s was certified with this decision, so it stands.",
                month=filters.month(month),
            )
        )
    delta.state, delta.reason = "held", None
    delta.decided_by, delta.decided_at = None, None
    added = _recalculate(session, feed, delta)
    _record_decision(session, feed, delta, actor, None, now)
    return -added


class ReviewItem(Protocol):
    """A delta and the time of its decision."""

    @property
    def feed_id(self) -> int: ...
    @property
    def since(self) -> date: ...
    @property
    def day(self) -> date: ...
    @property
    def pages(self) -> int: ...
    @property
    def decided_at(self) -> datetime | None: ...


def certified_month(session: Session, delta: ReviewItem) -> Month | None:
    """Return the first month closed after the decision that counts a day of the delta."""
    if delta.decided_at is None:
        return None
    feed = session.get_one(Feed, delta.feed_id)
    closed = {
        Month.parse(row.month): row.closed_at
        for row in session.execute(
            select(ClosedMonth.month, ClosedMonth.closed_at).where(
                ClosedMonth.account_id == feed.account_id
            )
        )
    }
    then = max((month for month, at in closed.items() if at < delta.decided_at), default=None)
    counted_in = {counting_month(day, then) for day in _days(feed, delta)}
    return min((month for month in counted_in if month in closed), default=None)


def _lock(session: Session, delta: Delta) -> Feed:
    lock(session, Feed.id, delta.feed_id)
    session.refresh(delta)
    return session.get_one(Feed, delta.feed_id)


def _days(feed: Feed, delta: ReviewItem) -> set[date]:
    shares = allocate_over_gap(delta.pages, delta.since, delta.day, public_holidays(feed.account))
    return {day for day, _ in shares}


def _recalculate(session: Session, feed: Feed, delta: Delta) -> int:
    session.flush()
    _replay_device(session, delta.device_id)
    holidays = public_holidays(feed.account)
    return deposits.recalculate(session, feed, _days(feed, delta), holidays)


def _record_decision(
    session: Session,
    feed: Feed,
    delta: Delta,
    actor: Actor,
    decision: Decision | None,
    now: datetime,
) -> None:
    """Keep a decision (None: that it was taken back) in the audit trail and the feed's history."""
    device = session.get_one(Device, delta.device_id)
    name = device.asset_id or device.serial_number
    details = {
        "delta": delta.id,
        "decision": decision or "reopened",
        "pages": delta.pages,
        "counted": deposits.counted_pages(delta),
        "reason": delta.reason,
    }
    audit.record(
        session,
        actor,
        "held pages decided" if decision else "held pages reopened",
        f"{name} of {feed.customer_name}",
        account_id=feed.server.account_id,
        details=details,
        now=now,
    )
    today = now.astimezone(feed.account.zone).date()
    events.record_events(session, feed.id, [Event("decided", details, device.id, name)], today, now)


def _replay_device(session: Session, device_id: int) -> None:
    """Conclude the meter of a device again from all its readings and the answers given."""
    device = session.get_one(Device, device_id, populate_existing=True)
    deltas = session.scalars(select(Delta).where(Delta.device_id == device_id)).all()
    counted: Mapping[date, int] = {
        delta.day: deposits.counted_pages(delta)
        for delta in deltas
        if delta.state in ("adjusted", "reset", "rejected")
    }
    meter = replay(_readings(session, device_id), counted)
    if meter is None:
        raise LookupError(f"device {device_id} has no readings")
    device.initial_count, device.life_count = meter.initial, meter.life
    device.latest_count, device.latest_on = meter.latest, meter.latest_on
    earlier = meter.before_reset
    device.earlier_count = earlier.count if earlier else None
    device.earlier_life = earlier.life if earlier else None


def _readings(session: Session, device_id: int) -> list[Reading]:
    rows = session.scalars(
        select(ReadingRow).where(ReadingRow.device_id == device_id).order_by(ReadingRow.day)
    )
    known = {str(one): one for one in COUNTER_SETS}
    readings = [Reading(row.day, row.count, known[row.family], row.baseline) for row in rows]
    # The first reading is a baseline whatever it says; it has nothing before it.
    return [replace(readings[0], baseline=False), *readings[1:]] if readings else []
