"""Process the printers of a feed in a fleet: readings, deltas and events.

This is the inner loop of every collection: a constant number of statements for a feed, however
many printers it has.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from webapp.domain.allocation import allocate_over_gap
from webapp.domain.validation import Flag, needs_history, validate
from webapp.printerpoint.schema import BadRow, Printer
from webapp.services.metering import events, store, transfer
from webapp.services.metering.device_history import histories, joined
from webapp.services.metering.events import DeviceChange, Event
from webapp.services.metering.match import (
    DeviceState,
    Identity,
    Skipped,
    device_states,
    match_devices,
)
from webapp.services.metering.transfer import RowsOf
from webapp.services.metering.updates import DeviceUpdate, Metering, device_update

__all__ = ["Metering", "ReadingResult", "process_readings"]


@dataclass(slots=True)
class ReadingResult:
    """The latest day read, the pages to deposit by day, and the rows not counted."""

    last_data_on: date | None = None
    devices: int = 0
    shares: dict[date, int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def process_readings(
    session: Session,
    feed_id: int,
    printers: Sequence[Printer],
    bad_rows: Sequence[BadRow],
    closing: date,
    metering: Metering,
    now: datetime,
    rows_of: RowsOf,
) -> ReadingResult:
    """Write the readings and deltas of a feed's printers. The feed's row must be locked.

    ``closing``: the day being closed; no reading is of a later one. A last-seen after ``now``
    (a wrong clock) counts as now, or it would silence the device until that day has come.
    ``rows_of``: what the answer says of another customer, where a printer may have been before.
    """
    printers = [
        printer
        if printer.last_seen is None or printer.last_seen <= now
        else replace(printer, last_seen=now)
        for printer in printers
    ]
    devices = device_states(session, feed_id)
    matched, skipped = match_devices(printers, devices)
    result = ReadingResult(skipped=skipped)
    result.skipped += [Skipped(row.reason, row.asset_id, row.serial_number) for row in bad_rows]
    elsewhere = transfer.find_transfers(session, feed_id, matched, rows_of)
    updates = []
    for identity, printer, device in matched:
        other = elsewhere.get(identity)
        update = device_update(identity, printer, device, other, closing, metering)
        if isinstance(update, Skipped):
            result.skipped.append(update)
        elif update is not None:
            updates.append(update)
    flags = _validate(session, updates, metering.ceiling)
    ids = store.write(session, feed_id, updates, flags)
    for update in updates:
        result.last_data_on = max(result.last_data_on or update.reading.day, update.reading.day)
        for delta in update.deltas:
            if (update.identity, delta.day) in flags:
                continue
            for day, pages in allocate_over_gap(
                delta.pages, delta.since, delta.day, metering.holidays
            ):
                result.shares[day] = result.shares.get(day, 0) + pages
    result.devices = len(updates)
    changes = [_change(update, ids[update.identity], flags) for update in updates]
    here = {device.id for _, _, device in matched if device is not None}
    listed = {Identity(row.asset_id or "", row.serial_number or "") for row in printers}
    listed |= {Identity(row.asset_id or "", row.serial_number or "") for row in bad_rows}
    gone = [one for one in devices if one.id not in here and one.identity not in listed]
    back = [device for _, _, device in matched if device is not None]
    result.events = events.detect_events(session, devices, changes, back, gone, closing)
    return result


def _validate(
    session: Session, updates: Sequence[DeviceUpdate], ceiling: int
) -> dict[tuple[Identity, date], Flag]:
    """Return the flags of the deltas to hold for review, by device and day."""
    unclear = {
        state.id
        for update in updates
        for delta in update.deltas
        for state in _meters_of(update)
        if needs_history(delta.pages, delta.counter_restored)
    }
    before = histories(session, unclear)
    flags: dict[tuple[Identity, date], Flag] = {}
    for update in updates:
        for delta in update.deltas:
            past = [before[state.id] for state in _meters_of(update) if state.id in before]
            flag = validate(
                delta.pages,
                delta.days,
                ceiling,
                joined(past),
                rolled_over=delta.rolled_over,
                counter_restored=delta.counter_restored,
            )
            if flag is not None:
                flags[update.identity, delta.day] = flag
    return flags


def _meters_of(update: DeviceUpdate) -> list[DeviceState]:
    """Return the devices that make up a printer's history: its own and the previous one."""
    other = update.came_from.device if update.came_from else None
    return [state for state in (update.device, other) if state is not None]


def _change(update: DeviceUpdate, device_id: int, flags: store.Flags) -> DeviceChange:
    deltas = [(delta, flags.get((update.identity, delta.day))) for delta in update.deltas]
    return DeviceChange(
        device_id,
        update.identity,
        update.device,
        update.meter,
        deltas,
        update.came_from,
        anew=update.reading.baseline,
    )
