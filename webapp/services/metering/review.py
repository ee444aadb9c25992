"""Review of held deltas: decisions, and reopening them until a month is certified."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, union
from sqlalchemy.orm import Session

from webapp import filters
from webapp.db import lock
from webapp.domain.metering import review as rules
from webapp.domain.metering.events import Result
from webapp.domain.metering.review import Decision
from webapp.errors import DATA_ERRORS, Conflict, Invalid
from webapp.models import Delta, Device, Feed
from webapp.services.accounts import audit
from webapp.services.accounts.audit import Actor
from webapp.services.metering import deltas, deposits, events, store
from webapp.services.metering.certified_decisions import certified_month
from webapp.services.metering.events import Event
from webapp.services.metering.store import DeviceUpdate
from webapp.services.metering.stored import StoredDevice, stored_device

#: ``accepted``: all pages count; ``adjusted``: some of them; ``reset``: the counter was set to
#: another value, none count; ``rejected``: none count, for a reason that is stored.
DECISIONS: tuple[Decision, ...] = get_args(Decision)

LONGEST_REASON = 500


#: ``proposed``: each by its proposal.
BulkDecision = Literal["accepted", "proposed", "rejected"]
BULK_DECISIONS: tuple[BulkDecision, ...] = get_args(BulkDecision)

#: The message of a Conflict with an earlier decision.
_DECIDED = {
    "counted": _l("These pages are not under review; they are counted."),
    "accepted": _l("This case was already decided: all pages are counted."),
    "adjusted": _l("This case was already decided: some of the pages are counted."),
    "reset": _l("This case was already decided: the meter was reset."),
    "rejected": _l("This case was already decided: the pages were rejected."),
    "dropped": _l("Later readings already resolved this case: the pages were not printed."),
    "withdrawn": _l("Later readings already resolved this case: the pages were withdrawn."),
    "baseline": _l(
        "Later readings already resolved this case: the reading became the new baseline."
    ),
}


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The result for several deltas.

    ``decided``: their number; ``pages``: added to deposits; ``conflicts``: deltas that had been
    decided by readings or another user.
    """

    decided: int
    pages: int
    conflicts: int


@dataclass(frozen=True, slots=True)
class UndoResult:
    """The result of undoing several decisions.

    ``reopened``: their number; ``pages``: removed from deposits; ``refused``: decisions that stand,
    with the reason.
    """

    reopened: int
    pages: int
    refused: list[tuple[Delta, str]]


def decide(
    session: Session,
    delta: Delta,
    decision: Decision,
    actor: Actor,
    now: datetime,
    *,
    pages: int | None = None,
    reason: str = "",
) -> int:
    """Decide a delta under review, and deposit the pages that count. Return the pages added.

    ``pages``: how many count, for ``adjusted``. Raises Conflict when it has been decided, Invalid
    for a rejection without a reason and for pages that the delta does not have.
    """
    _lock(session, delta.id)
    if delta.state != "held":  # first, because then there is nothing to correct in the form
        raise Conflict(_DECIDED[delta.state])
    reason = _checked_reason(decision, reason)
    return _decide(session, delta, decision, actor, now, pages, reason)


def decide_many(
    session: Session,
    delta_ids: Collection[int],
    decision: BulkDecision,
    actor: Actor,
    now: datetime,
    *,
    reason: str = "",
) -> BulkResult:
    """Decide several deltas in this transaction; those already decided are not changed.

    Raises Invalid for a rejection without a reason.
    """
    reason = _checked_reason(decision, reason)
    _lock(session, *delta_ids)
    decided = added = 0
    found = session.scalars(select(Delta).where(Delta.id.in_(delta_ids)).order_by(Delta.id)).all()
    for delta in found:
        session.refresh(delta)  # a decision before may have changed another delta of its device
        if delta.state != "held":
            continue
        proposal = proposed_pages(delta)
        one: Decision = "adjusted" if decision == "proposed" else decision
        added += _decide(session, delta, one, actor, now, proposal, reason)
        decided += 1
    return BulkResult(decided, added, len(delta_ids) - decided)


def proposed_pages(delta: Delta) -> int:
    """Return the proposed pages of a delta: all, unless another number is stored."""
    return delta.pages if delta.proposed is None else delta.proposed


def reopen(session: Session, delta: Delta, actor: Actor, now: datetime) -> int:
    """Reopen a decision, of a user or of readings: the delta is under review again.

    Returns the pages removed from deposits. Raises Conflict when it is held already, or when a
    month was certified with the decision.
    """
    _lock(session, delta.id)
    feed = session.get_one(Feed, delta.feed_id)
    if delta.state in ("held", "counted"):
        raise Conflict(gettext("There is no decision to undo."))
    month = certified_month(session, delta)
    if month is not None:
        raise Conflict(
            gettext(
                "%(month)s was closed with this decision, so it cannot be undone.",
                month=filters.month(month),
            )
        )
    device = _device(session, delta)
    result = rules.reopen(device.state, deltas.of_row(delta))
    added = _store(session, device, delta, result, now)
    delta.reason, delta.resolved_by = None, None
    delta.decided_by, delta.decided_at = None, None
    _record_decision(session, feed, delta, actor, None, now)
    return -added


def reopen_many(
    session: Session, delta_ids: Collection[int], actor: Actor, now: datetime
) -> UndoResult:
    """Reopen several decisions in this transaction, the last one first; others stand."""
    _lock(session, *delta_ids)
    found = select(Delta).where(Delta.id.in_(delta_ids)).order_by(Delta.id.desc())
    reopened = removed = 0
    refused = []
    for delta in session.scalars(found).all():
        try:
            removed += reopen(session, delta, actor, now)
        except Conflict as error:
            refused.append((delta, str(error)))
        else:
            reopened += 1
    return UndoResult(reopened, removed, refused)


def _checked_reason(decision: Decision | BulkDecision, reason: str) -> str:
    reason = " ".join(reason.split())
    if decision == "rejected" and not reason:
        raise Invalid("reason", gettext("Enter the reason why these pages were not printed."))
    if len(reason) > LONGEST_REASON:
        raise Invalid(
            "reason",
            gettext(
                "Shorten the reason to %(longest_reason)s characters.",
                longest_reason=LONGEST_REASON,
            ),
        )
    if not reason.isprintable():
        raise Invalid(
            "reason",
            gettext("The reason contains characters that cannot be displayed; type it again."),
        )
    return reason


def _decide(
    session: Session,
    delta: Delta,
    decision: Decision,
    actor: Actor,
    now: datetime,
    pages: int | None,
    reason: str,
) -> int:
    """Decide a locked delta that is held.

    ``pages``: for ``adjusted`` only; all of them become ``accepted``.
    """
    if decision == "adjusted" and (pages is None or not 0 <= pages <= delta.pages):
        raise Invalid(
            "pages",
            gettext("Enter a whole number from 0 to %(pages)s.", pages=filters.number(delta.pages)),
        )
    if decision == "adjusted" and pages == delta.pages:
        decision = "accepted"
    feed = session.get_one(Feed, delta.feed_id)
    device = _device(session, delta)
    result = rules.decide(
        device.state,
        deltas.of_row(delta),
        decision,
        pages if decision == "adjusted" else None,
    )
    added = _store(session, device, delta, result, now)
    delta.reason = reason or None
    delta.decided_by, delta.decided_at = actor.user_id, now
    delta.resolved_by = "cli" if actor.place == "command" else "user"
    _record_decision(session, feed, delta, actor, decision, now)
    return added


def _lock(session: Session, *delta_ids: int) -> None:
    """Lock the feeds of the deltas and the present feeds of their devices; refresh the deltas."""
    wanted = Delta.id.in_(delta_ids)
    read_by = select(Delta.feed_id).where(wanted)
    at = select(Device.feed_id).join(Delta, Delta.device_id == Device.id).where(wanted)
    lock(session, Feed.id, *set(session.scalars(union(read_by, at))))
    session.scalars(select(Delta).where(wanted).execution_options(populate_existing=True)).all()


def _device(session: Session, delta: Delta) -> StoredDevice:
    """Return the device of a delta. Raises Conflict when its state cannot be read."""
    device = session.get_one(Device, delta.device_id, populate_existing=True)
    try:
        return stored_device(device)
    except DATA_ERRORS as error:
        message = gettext("The stored data of this printer is damaged; the case was not changed.")
        raise Conflict(message) from error


def _store(
    session: Session, device: StoredDevice, delta: Delta, result: Result, now: datetime
) -> int:
    """Store the state after a decision, the delta and its deposits; return the pages added."""
    change = DeviceUpdate(device, result, known_delta=deltas.of_row(delta))
    changes = store.write(session, [change], now)
    session.refresh(session.get_one(Device, device.id))
    session.refresh(delta)
    return deposits.apply_to_feeds(session, changes).get(delta.feed_id, 0)


def _record_decision(
    session: Session,
    feed: Feed,
    delta: Delta,
    actor: Actor,
    decision: Decision | None,
    now: datetime,
) -> None:
    """Record a decision (None: reopened) in the audit trail and the feed's history."""
    device = session.get_one(Device, delta.device_id)
    name = device.asset_id or device.serial_number
    details = {
        "delta": delta.id,
        "decision": decision or "reopened",
        "pages": delta.pages,
        "counted": delta.counted,
        "reason": delta.reason,
    }
    audit.record(
        session,
        actor,
        "deltas reviewed" if decision else "review reopened",
        f"{name} of {feed.customer_name}",
        account_id=feed.server.account_id,
        details=details,
        now=now,
    )
    today = now.astimezone(feed.account.zone).date()
    events.record_events(session, feed.id, [Event("decided", details, device.id, name)], today, now)
