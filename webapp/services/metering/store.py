"""Store the results of metering: states, readings, deltas.

The number of statements for a feed is constant, regardless of the number of its devices.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, insert, update
from sqlalchemy.orm import Session

from webapp.domain.metering.codec import to_json
from webapp.domain.metering.events import DeltaChanged, DeltaRecorded, ReadingTaken, Result
from webapp.domain.metering.identity import Row
from webapp.domain.metering.state import Delta, DeltaState, DeviceState
from webapp.models import Delta as DeltaRow
from webapp.models import Device, Feed, Reading
from webapp.services.metering import deltas
from webapp.services.metering.stored import StoredDevice

#: Pages to deposit by feed and day; negative ones are withdrawn.
DepositChanges = dict[int, dict[date, int]]


@dataclass(slots=True)
class DeviceUpdate:
    """A device's result. ``before``: as stored, None for a new one; ``row``: its row, if any.

    ``known_delta``: a delta that a user decided; the state may no longer have it.
    """

    before: StoredDevice | None
    result: Result
    row: Row | None = None
    known_delta: Delta | None = None
    device_id: int = 0

    @property
    def state(self) -> DeviceState:
        """The state after the update."""
        return self.result.state

    @property
    def name(self) -> str:
        """The asset ID, or else the serial number."""
        asset_id, serial_number = self.reported()
        return asset_id or serial_number

    def reported(self) -> tuple[str, str]:
        """Return asset ID and serial number as last reported; a blank does not replace a known
        value.
        """
        asset_id, serial_number = (
            (self.row.asset_id or "", self.row.serial_number or "")
            if (self.row is not None)
            else ("", "")
        )
        if self.before is not None:
            return asset_id or self.before.asset_id, serial_number or self.before.serial_number
        return asset_id, serial_number

    def deltas_before(self) -> dict[int, Delta]:
        """Return the deltas before the update, by number."""
        known = {} if self.before is None else {d.number: d for d in self.before.state.deltas}
        if self.known_delta is not None:
            known[self.known_delta.number] = self.known_delta
        return known

    def deltas_after(self) -> dict[int, Delta]:
        """Return the new and changed deltas, by number."""
        before = self.deltas_before()
        after = {delta.number: delta for delta in self.state.deltas}
        events = [
            e.delta for e in self.result.events if isinstance(e, DeltaRecorded | DeltaChanged)
        ]
        latest = {delta.number: delta for delta in events} | after
        return {n: delta for n, delta in latest.items() if before.get(n) != delta}


@dataclass(slots=True)
class _PendingRows:
    """The rows of one feed's update, by the statements that write them."""

    devices: list[dict[str, Any]] = field(default_factory=list)
    readings: list[dict[str, Any]] = field(default_factory=list)
    new_deltas: list[dict[str, Any]] = field(default_factory=list)
    changed_deltas: list[dict[str, Any]] = field(default_factory=list)
    resolutions: list[dict[str, Any]] = field(default_factory=list)


def write(session: Session, updates: Sequence[DeviceUpdate], now: datetime) -> DepositChanges:
    """Write the updates of devices and return how deposits change. Sets their ``device_id``."""
    _insert_devices(session, [one for one in updates if one.before is None])
    rows = _PendingRows()
    changes: DepositChanges = defaultdict(lambda: defaultdict(int))
    moved: dict[int, int] = defaultdict(int)
    for one in updates:
        if one.before is not None:
            one.device_id = one.before.id
            if one.state != one.before.state or one.reported() != _reported(one.before):
                rows.devices.append({"id": one.device_id, **_device_values(one)})
            feed_id = one.state.feed_id
            if feed_id is not None and feed_id != one.before.feed_id:
                moved[one.before.feed_id] -= 1
                moved[feed_id] += 1
        _add_readings(rows, one)
        _add_deltas(rows, one, changes, now)
    _execute(session, rows)
    change_device_counts(session, moved)
    return changes


def _reported(device: StoredDevice) -> tuple[str, str]:
    return device.asset_id, device.serial_number


def _insert_devices(session: Session, updates: Sequence[DeviceUpdate]) -> None:
    if not updates:
        return
    new = insert(Device).returning(Device.id, sort_by_parameter_order=True)
    rows = [{**_device_values(one), "first_on": one.state.listed_on} for one in updates]
    added: dict[int, int] = defaultdict(int)
    for one, device_id in zip(updates, session.connection().scalars(new, rows), strict=True):
        one.device_id = device_id
        if one.state.feed_id is not None:
            added[one.state.feed_id] += 1
    change_device_counts(session, added)


def change_device_counts(session: Session, changes: Mapping[int, int]) -> None:
    """Add to the number of devices of each feed (negative: subtract)."""
    for feed_id, number in sorted(changes.items()):
        session.execute(
            update(Feed)
            .where(Feed.id == feed_id)
            .values(device_count=Feed.device_count + number)
            .execution_options(synchronize_session=False)
        )


def _device_values(one: DeviceUpdate) -> dict[str, Any]:
    state = one.state
    asset_id, serial_number = one.reported()
    return {
        "feed_id": state.feed_id,
        "asset_id": asset_id,
        "serial_number": serial_number,
        "serial_key": state.serial,
        "counter_set": state.counter_set,
        "initial_count": state.initial,
        "latest_count": state.latest,
        "life_count": state.life,
        "latest_on": state.latest_on or state.read_on or state.listed_on,
        "last_seen_at": state.last_seen,
        "awaits_baseline": state.begin_anew,
        "incomplete_since": state.incomplete_since,
        "missing_since": state.missing_since,
        "state": to_json(state),
    }


def _add_readings(rows: _PendingRows, one: DeviceUpdate) -> None:
    rows.readings += [
        {
            "device_id": one.device_id,
            "day": event.day,
            "feed_id": event.feed_id,
            "count": event.count,
            "counter_set": event.counter_set,
            "baseline": event.baseline,
            "last_seen_at": event.last_seen,
        }
        for event in one.result.events
        if isinstance(event, ReadingTaken)
    ]


def _add_deltas(
    rows: _PendingRows, one: DeviceUpdate, changes: DepositChanges, now: datetime
) -> None:
    before = one.deltas_before()
    decided = {
        event.delta.number: event.by
        for event in one.result.events
        if isinstance(event, DeltaChanged)
    }
    for number, delta in one.deltas_after().items():
        values = deltas.values_of(delta)
        by = decided.get(number)
        if number not in before:
            resolved = "readings" if delta.state not in ("counted", "held") else None
            rows.new_deltas.append(
                {
                    "device_id": one.device_id,
                    "number": number,
                    **values,
                    "resolved_by": resolved,
                    "decided_at": now if resolved else None,
                }
            )
        else:
            key = {"of_device": one.device_id, "of_number": number}
            rows.changed_deltas.append({**key, **values})
            if _settled_state(delta) != _settled_state(before[number]):
                rows.resolutions.append({**key, **_resolution(delta, by, now)})
        for day, pages in deltas.deposit_changes(before.get(number), delta).items():
            changes[delta.feed_id][day] += pages


def _settled_state(delta: Delta) -> DeltaState:
    """Return the state of a delta, regardless of a pending fall: a glitch leaves it as decided."""
    return delta.resumes or delta.state


def _resolution(delta: Delta, by: str | None, now: datetime) -> dict[str, Any]:
    """Return who decided a delta: readings, or none. Review sets what a user decides."""
    resolved = by == "readings" and delta.state not in ("counted", "held")
    return {
        "resolved_by": "readings" if resolved else None,
        "decided_at": now if resolved else None,
        "decided_by": None,
    }


def _execute(session: Session, rows: _PendingRows) -> None:
    connection = session.connection()
    if rows.devices:
        session.execute(update(Device), rows.devices)
    if rows.readings:
        connection.execute(insert(Reading), rows.readings)
    if rows.new_deltas:
        connection.execute(insert(DeltaRow), rows.new_deltas)
    changed = update(DeltaRow).where(
        DeltaRow.device_id == bindparam("of_device"), DeltaRow.number == bindparam("of_number")
    )
    for values in (rows.changed_deltas, rows.resolutions):
        if values:
            connection.execute(changed, values)
