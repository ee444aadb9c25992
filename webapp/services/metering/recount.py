"""Recount: meter the readings of open months again by the present rules.

An upgrade does not derive deposits again. A recount replays a partner's stored readings, compares
the deltas of its open months, reports differences with their reasons, and on request replaces the
deltas. Closed months and decisions of users do not change.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.db import lock
from webapp.domain.metering.limits import Limits
from webapp.domain.metering.state import Delta
from webapp.domain.months import Month, counting_month
from webapp.domain.reasons import Reason, reason
from webapp.errors import Conflict
from webapp.models import Account, Deposit, Feed, Server
from webapp.models import Collection as CollectionRun
from webapp.models import Delta as DeltaRow
from webapp.services.accounts import audit
from webapp.services.accounts.audit import Actor
from webapp.services.metering import deltas, events, recount_plan, recount_store
from webapp.services.metering.events import Event
from webapp.services.metering.recount_plan import (
    DeviceIdentity,
    Plan,
    RecountedDevice,
    Status,
    figures,
)
from webapp.services.metering.recount_readings import first_day
from webapp.services.metering.store import DepositChanges

#: The reasons why a device is reported only.
_LEFT: Mapping[Status, Reason] = {
    "decided": reason("recount_decided"),
    "unclear": reason("recount_unclear"),
}


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """Pages of a device that were read on a day, as counted now and by the present rules.

    ``is_left``: it is reported only, and not changed.
    """

    device_id: int
    asset_id: str
    serial_number: str
    feed_id: int
    day: date
    before: int
    after: int
    why: Reason
    is_left: bool


@dataclass(slots=True)
class FeedChange:
    """An open month of a feed: its pages now, and by the present rules."""

    feed: Feed
    month: Month
    before: int
    after: int
    devices: list[DeviceChange] = field(default_factory=list)


def recount(
    session: Session,
    partner: Account,
    limits: Limits,
    now: datetime,
    *,
    feed_ids: Collection[int] | None = None,
    actor: Actor | None = None,
) -> list[FeedChange]:
    """Return how open months of a partner's feeds change; with ``actor``, change them.

    ``feed_ids``: only devices that concern one of these feeds. Raises Conflict when a collection of
    the partner is running and changes are requested.
    """
    if actor is not None:
        _lock(session, partner)
    plan = recount_plan.make_plan(session, partner, limits)
    found = [
        device
        for device in plan.devices
        if device.status != "same" and (feed_ids is None or device.feeds() & set(feed_ids))
    ]
    reported = {device.key: _changes_of(plan, device) for device in found}
    changed = [device for device in found if device.status == "changed"]
    changes = _deposit_changes(changed)
    report = _report(session, plan, reported.values(), changes)
    if actor is not None and changed:
        recount_store.replace_deltas(session, plan, changed, changes, now)
        _record(session, partner, changed, reported, actor, now)
    return report


def _lock(session: Session, partner: Account) -> None:
    """Lock a partner's feeds, so that no collection and no month end runs concurrently."""
    ids = session.scalars(select(Feed.id).join(Feed.server).where(Server.account_id == partner.id))
    lock(session, Feed.id, *ids)
    running = (
        select(CollectionRun.id)
        .join(CollectionRun.server)
        .where(Server.account_id == partner.id, CollectionRun.state == "running")
    )
    if session.scalar(running.limit(1)) is not None:
        raise Conflict(
            gettext(
                "A collection of %(name)s is running. Recount after it has finished.",
                name=partner.name,
            )
        )


def _changes_of(plan: Plan, device: RecountedDevice) -> list[DeviceChange]:
    """Return the days on which a device's pages differ, or the listings that are joined."""
    stored = figures(plan, [deltas.of_row(row) for row in device.stored])
    replayed = figures(plan, device.replayed)
    device_ids = {(row.feed_id, row.day): row.device_id for row in device.stored}
    identities = {row.id: row for row in device.identities}
    changes = []
    for key in sorted(stored.keys() | replayed.keys()):
        before, after = stored.get(key, (0, 0, 0)), replayed.get(key, (0, 0, 0))
        if before != after:
            named = identities[device_ids.get(key, device.target)]
            why = _reason_of(plan, device, key, named.id)
            left = device.status != "changed"
            changes.append(_change(named, *key, before[0], after[0], why, is_left=left))
    if not changes:
        why = reason("recount_other_listing")
        for one in device.absorbed:
            changes.append(_change(one, one.feed_id, one.latest_on, 0, 0, why))
    return changes


def _change(
    named: DeviceIdentity,
    feed_id: int,
    day: date,
    before: int,
    after: int,
    why: Reason,
    *,
    is_left: bool = False,
) -> DeviceChange:
    names = (named.id, named.asset_id, named.serial_number)
    return DeviceChange(*names, feed_id, day, before, after, why, is_left)


def _reason_of(
    plan: Plan, device: RecountedDevice, key: tuple[int, date], device_id: int
) -> Reason:
    """Return why the pages of a feed and day differ by the present rules."""
    if device.status != "changed":
        return _LEFT[device.status]
    replayed = [delta for delta in device.replayed if (delta.feed_id, delta.day) == key]
    stored = [deltas.of_row(row) for row in device.stored if (row.feed_id, row.day) == key]
    for delta in replayed:
        if delta.state == "held":
            return reason("recount_held", pages=delta.pages, top=delta.top)
        if delta.state == "baseline":
            return reason("recount_baseline", pages=delta.pages, top=delta.top)
    if any(delta.state in ("dropped", "withdrawn") for delta in replayed):
        return reason("recount_taken_back")
    first = first_day(plan.feeds[key[0]])
    if any(day < first for delta in stored for day, _ in delta.allocation):
        return reason("recount_before_feed", created=first)
    if replayed:
        if _counted(replayed) < _counted(stored):
            return reason("recount_less")
        return reason("recount_counted")
    is_elsewhere = any(delta.day == key[1] for delta in device.replayed)
    if device_id != device.target or device.absorbed or is_elsewhere:
        return reason("recount_other_listing")
    return reason("recount_not_printed")


def _counted(of: Iterable[Delta]) -> int:
    return sum(delta.counted for delta in of)


def _deposit_changes(changed: Iterable[RecountedDevice]) -> DepositChanges:
    changes: DepositChanges = defaultdict(lambda: defaultdict(int))
    for device in changed:
        for row in device.stored:
            for day, pages in deltas.deposit_changes(deltas.of_row(row), _nothing(row)).items():
                changes[row.feed_id][day] += pages
        for delta in device.replayed:
            for day, pages in deltas.deposit_changes(None, delta).items():
                changes[delta.feed_id][day] += pages
    return changes


def _nothing(row: DeltaRow) -> Delta:
    return replace(deltas.of_row(row), state="dropped", counted=0)


def _report(
    session: Session,
    plan: Plan,
    reported: Iterable[Sequence[DeviceChange]],
    changes: Mapping[int, Mapping[date, int]],
) -> list[FeedChange]:
    """Return the changes by feed and the open month that counts them."""
    months: dict[tuple[int, Month], int] = defaultdict(int)
    for feed_id, days in changes.items():
        for day, pages in days.items():
            months[feed_id, counting_month(day, plan.last_closed[feed_id])] += pages
    rows: dict[tuple[int, Month], list[DeviceChange]] = defaultdict(list)
    for one in (one for of_device in reported for one in of_device):
        month = counting_month(one.day, plan.last_closed[one.feed_id])
        rows[one.feed_id, month].append(one)
    keys = {key for key, pages in months.items() if pages} | rows.keys()
    deposited = _deposited(session, {feed_id for feed_id, _ in keys})
    report = []
    for feed_id, month in sorted(keys):
        before = deposited.get((feed_id, str(month)), 0)
        change = months.get((feed_id, month), 0)
        report.append(
            FeedChange(plan.feeds[feed_id], month, before, before + change, rows[feed_id, month])
        )
    return report


def _deposited(session: Session, feed_ids: Collection[int]) -> dict[tuple[int, str], int]:
    rows = session.execute(
        select(Deposit.feed_id, Deposit.counted_in, func.sum(Deposit.pages))
        .where(Deposit.feed_id.in_(feed_ids))
        .group_by(Deposit.feed_id, Deposit.counted_in)
    )
    return {(feed_id, month): int(pages) for feed_id, month, pages in rows}


def _record(
    session: Session,
    partner: Account,
    changed: Sequence[RecountedDevice],
    reported: Mapping[int, Sequence[DeviceChange]],
    actor: Actor,
    now: datetime,
) -> None:
    """Add an entry to the history of each changed device, and one to the audit trail."""
    today = now.astimezone(partner.zone).date()
    lines: dict[int, list[Event]] = defaultdict(list)
    pages = {"before": 0, "after": 0}
    for device in changed:
        by_feed: dict[int, list[DeviceChange]] = defaultdict(list)
        for one in reported[device.key]:
            by_feed[one.feed_id].append(one)
        for feed_id, rows in by_feed.items():
            before, after = sum(one.before for one in rows), sum(one.after for one in rows)
            pages = {"before": pages["before"] + before, "after": pages["after"] + after}
            largest = max(rows, key=lambda one: abs(one.after - one.before))
            days = {"first": rows[0].day.isoformat(), "last": rows[-1].day.isoformat()}
            details = {"before": before, "after": after, **days, "why": largest.why}
            name = largest.asset_id or largest.serial_number
            lines[feed_id].append(Event("recounted", details, device.target, name))
    for feed_id, of_feed in lines.items():
        events.record_events(session, feed_id, of_feed, today, now)
    audit.record(
        session,
        actor,
        "pages recounted",
        partner.name,
        account_id=partner.id,
        details={"devices": len(changed), **pages},
        now=now,
    )
