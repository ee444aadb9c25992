"""Recount, plan: replay a partner's readings and compare the deltas of open months."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.domain.metering.limits import Limits
from webapp.domain.metering.replay import Replay
from webapp.domain.metering.review import deposited
from webapp.domain.metering.state import Delta
from webapp.domain.months import Month
from webapp.models import Account, ClosedMonth, Device, Feed, Server
from webapp.models import Delta as DeltaRow
from webapp.services.metering import deltas, recount_readings
from webapp.services.metering.recount_readings import first_day

#: The result for a device; ``decided`` and ``unclear`` ones are not changed.
Status = Literal["same", "changed", "decided", "unclear"]


@dataclass(frozen=True, slots=True)
class DeviceIdentity:
    """A device as stored; ``moved_to``: the device that is known to be the same machine.

    ``serial_key``: None as well for a machine that was separated from another of its serial number.
    """

    id: int
    feed_id: int
    asset_id: str
    serial_number: str
    serial_key: str | None
    moved_to: int | None
    latest_on: date


@dataclass(slots=True)
class RecountedDevice:
    """A device of the replay, and the stored devices that are the same machine.

    ``target`` continues with it; ``stored`` and ``replayed`` are the deltas of open months.
    """

    key: int
    target: int
    identities: list[DeviceIdentity] = field(default_factory=list)
    stored: list[DeltaRow] = field(default_factory=list)
    replayed: list[Delta] = field(default_factory=list)
    status: Status = "same"

    @property
    def absorbed(self) -> list[DeviceIdentity]:
        """The stored devices that are the same machine as the target, but not recorded as such."""
        return [one for one in self.identities if one.id != self.target and one.moved_to is None]

    def feeds(self) -> set[int]:
        """The feeds that it concerns."""
        found = {row.feed_id for row in self.identities} | {row.feed_id for row in self.stored}
        return found | {delta.feed_id for delta in self.replayed}


@dataclass(slots=True)
class Plan:
    """A partner's devices as replayed.

    ``last_closed``: of each feed's account; ``days_read``: of each stored device.
    """

    feeds: Mapping[int, Feed]
    last_closed: Mapping[int, Month | None]
    replay: Replay
    devices: list[RecountedDevice] = field(default_factory=list)
    days_read: dict[int, set[date]] = field(default_factory=lambda: defaultdict(set))

    @property
    def first_open_day(self) -> date:
        """The first day that can be in an open month."""
        closed = [month.next().first if month else date.min for month in self.last_closed.values()]
        return min(closed, default=date.min)

    def is_open(self, feed_id: int, day: date) -> bool:
        """Whether the month of a day is open for the account of a feed."""
        closed = self.last_closed[feed_id]
        return closed is None or Month.of(day) > closed


def make_plan(session: Session, partner: Account, limits: Limits) -> Plan:
    """Replay all readings of a partner's feeds and compare them with the stored deltas."""
    feeds = recount_readings.feeds_of(session, partner)
    own = select(Feed.id).join(Feed.server).where(Server.account_id == partner.id)
    readings = recount_readings.stored_readings(session, own)
    replay = recount_readings.replay(session, feeds, readings, own, limits)
    plan = Plan(feeds, _last_closed(session, feeds), replay)
    for reading in readings:
        plan.days_read[reading.device].add(reading.day)
    plan.devices = _devices(session, plan, own)
    for device in plan.devices:
        device.status = _status(plan, device)
    return plan


def _last_closed(session: Session, feeds: Mapping[int, Feed]) -> dict[int, Month | None]:
    accounts = {feed.account_id for feed in feeds.values()}
    rows = session.execute(
        select(ClosedMonth.account_id, func.max(ClosedMonth.month))
        .where(ClosedMonth.account_id.in_(accounts))
        .group_by(ClosedMonth.account_id)
    )
    closed = {account_id: Month.parse(month) for account_id, month in rows}
    return {feed.id: closed.get(feed.account_id) for feed in feeds.values()}


def _devices(session: Session, plan: Plan, own: Select[int]) -> list[RecountedDevice]:
    """Return the devices of the replay with their stored devices and deltas."""
    found: dict[int, RecountedDevice] = {}
    of_identity: dict[int, RecountedDevice] = {}
    names = (Device.id, Device.feed_id, Device.asset_id, Device.serial_number, Device.serial_key)
    stored = select(*names, Device.moved_to, Device.latest_on).where(Device.feed_id.in_(own))
    for row in session.execute(stored.order_by(Device.id)):
        identity = DeviceIdentity(*row)
        key = plan.replay.device_of(identity.id, identity.serial_key)
        if key is not None and key > 0:
            device = found.setdefault(key, RecountedDevice(key, key))
            device.identities.append(identity)
            of_identity[identity.id] = device
    for device in found.values():
        at = plan.replay.states[device.key].feed_id
        device.target = max(device.identities, key=lambda one: _preference(plan, one, at)).id
        device.replayed = [
            delta
            for delta in plan.replay.deltas[device.key].values()
            if plan.is_open(delta.feed_id, delta.day)
        ]
    for delta in session.scalars(
        select(DeltaRow)
        .where(DeltaRow.feed_id.in_(own), DeltaRow.day >= plan.first_open_day)
        .order_by(DeltaRow.id)
    ):
        owner = of_identity.get(delta.device_id)
        if owner is not None and plan.is_open(delta.feed_id, delta.day):
            owner.stored.append(delta)
    for device in found.values():
        device.replayed = [_allocated_as_stored(plan, device, one) for one in device.replayed]
    return list(found.values())


def _preference(plan: Plan, identity: DeviceIdentity, feed_id: int | None) -> tuple[object, ...]:
    """Prefer, among stored devices that are one machine, the one of the feed that reads it now."""
    is_connected = _is_connected(plan, identity.feed_id)
    is_here = identity.feed_id == feed_id
    return identity.moved_to is None, is_connected, is_here, identity.latest_on, identity.id


def _allocated_as_stored(plan: Plan, device: RecountedDevice, delta: Delta) -> Delta:
    """Return a delta with the allocation of the equal stored one, so that no page moves."""
    first = first_day(plan.feeds[delta.feed_id])
    for row in device.stored:
        same = (row.feed_id, row.since, row.day, row.pages)
        if same == (delta.feed_id, delta.since, delta.day, delta.pages):
            allocation = deltas.pairs_of_json(row.allocation)
            if all(day >= first for day, _ in allocation):
                return replace(delta, allocation=allocation)
    return delta


def _status(plan: Plan, device: RecountedDevice) -> Status:
    stored = [deltas.of_row(row) for row in device.stored]
    serial = plan.replay.states[device.key].serial
    metered = [
        identity
        for identity in device.identities
        if identity.serial_key is not None
        and identity.serial_key == serial
        and _is_connected(plan, identity.feed_id)
    ]
    if figures(plan, stored) == figures(plan, device.replayed) and len(metered) < 2:
        return "same"
    if any(row.resolved_by in ("user", "cli") for row in device.stored):
        return "decided"
    # A count that the present rules started with, although no reading of it is stored.
    known = {day for identity in device.identities for day in plan.days_read[identity.id]}
    if any(row.since not in known for row in device.stored):
        return "unclear"
    return "changed"


def _is_connected(plan: Plan, feed_id: int) -> bool:
    return plan.feeds[feed_id].status != "removed"


#: Pages by feed and day of the delta: counted, counted before the feed was, under review.
Figures = Mapping[tuple[int, date], tuple[int, int, int]]


def figures(plan: Plan, of: Sequence[Delta]) -> Figures:
    """Return pages that deltas count and hold, for comparison; others are omitted."""
    pages: dict[tuple[int, date], Counter[str]] = defaultdict(Counter)
    for delta in of:
        first = first_day(plan.feeds[delta.feed_id])
        own = pages[delta.feed_id, delta.day]
        for day, part in deposited(delta):
            own["counted"] += part
            own["early"] += part if day < first else 0
        own["held"] += delta.pages if delta.state == "held" else 0
    return {
        key: (own["counted"], own["early"], own["held"])
        for key, own in pages.items()
        if any(own.values())
    }
