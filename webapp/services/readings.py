"""Readings: what an answer told of a feed's printers, and what was gained since.

This is the inner loop of every night: a constant number of statements for a feed, however many
printers it has.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, Update, bindparam, insert, update
from sqlalchemy.orm import Session

from webapp.domain.metering import (
    Delta,
    Family,
    Meter,
    Reading,
    advance,
    choose_family,
    life_count,
    reading_day,
)
from webapp.domain.shares import share_gap
from webapp.models import Delta as DeltaRow
from webapp.models import Device
from webapp.models import Reading as ReadingRow
from webapp.printerpoint.answers import BadRow, Printer
from webapp.printerpoint.values import LARGEST
from webapp.services.devices import Identity, Known, Skipped, identify, known

_DEVICE: Table = Device.metadata.tables["device"]
_READING: Table = ReadingRow.metadata.tables["reading"]
_DELTA: Table = DeltaRow.metadata.tables["delta"]


_INSERT_READING = insert(_READING)
_INSERT_DELTA = insert(_DELTA)
# What an ordinary reading changes of a device, and what an unusual one may change besides.
_ORDINARY = ("latest_count", "life_count", "latest_on", "seen_at")
_UNUSUAL = (
    *_ORDINARY,
    "asset_id",
    "serial_number",
    "family",
    "initial_count",
    "fallen_count",
    "fallen_on",
    "awaits_baseline",
)


def _updating(names: Sequence[str]) -> Update:
    return (
        update(_DEVICE)
        .where(_DEVICE.c.id == bindparam("of_id"))
        .values({name: bindparam(name) for name in names})
    )


_UPDATE_ORDINARY = _updating(_ORDINARY)
_UPDATE_UNUSUAL = _updating(_UNUSUAL)


@dataclass(frozen=True, slots=True)
class Metering:
    """How readings are taken: whose days, which holidays, which limits."""

    zone: ZoneInfo
    holidays: Container[date]
    ceiling: int
    roll_width_mm: int


@dataclass(slots=True)
class Taken:
    """What was taken: the latest day read, the pages to deposit by day, rows not counted."""

    heard_on: date | None = None
    devices: int = 0
    shares: dict[date, int] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Step:
    identity: Identity
    printer: Printer
    device: Known | None
    reading: Reading
    meter: Meter
    delta: Delta | None


def take(
    session: Session,
    feed_id: int,
    printers: Sequence[Printer],
    bad_rows: Sequence[BadRow],
    closing: date,
    metering: Metering,
    now: datetime,
) -> Taken:
    """Write the readings and deltas of a feed's printers. The feed's row must be locked.

    ``closing``: the day being closed; no reading is of a later one. A last-seen after ``now``
    (a wrong clock) counts as now, or it would silence the device until that day has come.
    """
    printers = [
        printer
        if printer.last_seen is None or printer.last_seen <= now
        else replace(printer, last_seen=now)
        for printer in printers
    ]
    matched, skipped = identify(printers, known(session, feed_id))
    taken = Taken(skipped=skipped)
    taken.skipped += [Skipped(row.reason, row.asset_id, row.serial_number) for row in bad_rows]
    steps = []
    for identity, printer, device in matched:
        step = _step(identity, printer, device, closing, metering, taken)
        if step is not None:
            steps.append(step)
    _write(session, feed_id, steps)
    for step in steps:
        taken.heard_on = max(taken.heard_on or step.reading.day, step.reading.day)
        delta = step.delta
        if delta is not None and not delta.held:
            for day, pages in share_gap(delta.pages, delta.since, delta.day, metering.holidays):
                taken.shares[day] = taken.shares.get(day, 0) + pages
    taken.devices = len(steps)
    return taken


def _step(
    identity: Identity,
    printer: Printer,
    device: Known | None,
    closing: date,
    metering: Metering,
    taken: Taken,
) -> _Step | None:
    """The reading a row makes; None where it tells nothing new."""
    kept: Family | None = device.meter.family if device else None
    family = choose_family(printer.counters, kept)
    if family is None:
        reason = "The row has no counter that counts pages"
        taken.skipped.append(Skipped(reason, printer.asset_id, printer.serial_number))
        return None
    count = life_count(printer.counters, family, metering.roll_width_mm)
    if count > LARGEST:
        reason = "The counters add up to more than can be counted"
        taken.skipped.append(Skipped(reason, printer.asset_id, printer.serial_number))
        return None
    day = reading_day(printer.last_seen, metering.zone, closing)
    if device is None:
        reading = Reading(day, count, family)
        meter, delta = advance(None, reading, metering.ceiling)
        return _Step(identity, printer, None, reading, meter, delta)
    if not _tells_something_new(printer, device, count):
        return None
    if day <= device.told_on:
        # A device has one reading a day. A second look at that day waits, or, when the printer
        # reported late on an earlier day, is dated the day being closed: no page is missed.
        if closing <= device.told_on or count == device.told_count:
            return None
        day = closing
    reading = Reading(day, count, family, baseline=device.awaits_baseline)
    meter, delta = advance(device.meter, reading, metering.ceiling)
    return _Step(identity, printer, device, reading, meter, delta)


def _tells_something_new(printer: Printer, device: Known, count: int) -> bool:
    if printer.last_seen is None:
        return count != device.told_count or device.awaits_baseline
    return device.seen_at is None or printer.last_seen > device.seen_at


def _write(session: Session, feed_id: int, steps: Sequence[_Step]) -> None:
    ids = _insert_devices(session, feed_id, [step for step in steps if step.device is None])
    ordinary: list[dict[str, Any]] = []
    unusual: list[dict[str, Any]] = []
    readings: list[dict[str, Any]] = []
    deltas: list[dict[str, Any]] = []
    for step in steps:
        if step.device is None:
            device_id = ids[step.identity]
        else:
            device_id = step.device.id
            if _is_ordinary(step, step.device):
                ordinary.append({"of_id": device_id, **_ordinary_values(step)})
            else:
                unusual.append({"of_id": device_id, **_device_values(step)})
        readings.append(_reading_values(device_id, step))
        if step.delta is not None:
            deltas.append(_delta_values(feed_id, device_id, step.delta))
    for statement, rows in (
        (_UPDATE_ORDINARY, ordinary),
        (_UPDATE_UNUSUAL, unusual),
        (_INSERT_READING, readings),
        (_INSERT_DELTA, deltas),
    ):
        if rows:
            session.execute(statement, rows)


def _is_ordinary(step: _Step, device: Known) -> bool:
    before, after = device.meter, step.meter
    return (
        step.identity == device.identity
        and before.initial == after.initial
        and before.family == after.family
        and before.fall is None
        and after.fall is None
        and not device.awaits_baseline
    )


def _insert_devices(session: Session, feed_id: int, steps: Sequence[_Step]) -> dict[Identity, int]:
    if not steps:
        return {}
    rows = [
        {"feed_id": feed_id, "first_on": step.reading.day, **_device_values(step)} for step in steps
    ]
    made = session.execute(
        insert(_DEVICE).returning(_DEVICE.c.id, _DEVICE.c.asset_id, _DEVICE.c.serial_number),
        rows,
    )
    return {Identity(row.asset_id, row.serial_number): row.id for row in made}


def _ordinary_values(step: _Step) -> dict[str, Any]:
    return {
        "latest_count": step.meter.latest,
        "life_count": step.meter.life,
        "latest_on": step.meter.latest_on,
        "seen_at": step.printer.last_seen,
    }


def _device_values(step: _Step) -> dict[str, Any]:
    meter = step.meter
    return {
        **_ordinary_values(step),
        "asset_id": step.identity.asset_id,
        "serial_number": step.identity.serial_number,
        "family": meter.family,
        "initial_count": meter.initial,
        "fallen_count": meter.fall.count if meter.fall else None,
        "fallen_on": meter.fall.day if meter.fall else None,
        "awaits_baseline": False,
    }


def _reading_values(device_id: int, step: _Step) -> dict[str, Any]:
    reading = step.reading
    return {
        "device_id": device_id,
        "day": reading.day,
        "count": reading.count,
        "family": reading.family,
        "baseline": reading.baseline or step.device is None,
        "seen_at": step.printer.last_seen,
    }


def _delta_values(feed_id: int, device_id: int, delta: Delta) -> dict[str, Any]:
    return {
        "feed_id": feed_id,
        "device_id": device_id,
        "since": delta.since,
        "day": delta.day,
        "pages": delta.pages,
        "state": "held" if delta.held else "counted",
        "held_for": "ceiling" if delta.held else None,
    }
