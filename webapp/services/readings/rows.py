"""Rows: what the steps of a night write of devices, readings and deltas.

Core statements rather than objects: a constant number of them for a feed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, Update, bindparam, insert, update
from sqlalchemy.orm import Session

from webapp.domain.meter import PageDelta, Reading
from webapp.domain.validation import Flag
from webapp.models import Delta, Device
from webapp.models import Reading as ReadingRow
from webapp.services import moves
from webapp.services.devices import Identity, Known
from webapp.services.readings.steps import Step

#: Which gains are held, by device and day.
Holds = Mapping[tuple[Identity, date], Flag]

_DEVICE: Table = Device.metadata.tables["device"]
_READING: Table = ReadingRow.metadata.tables["reading"]
_DELTA: Table = Delta.metadata.tables["delta"]


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
    "earlier_count",
    "earlier_life",
    "gone_on",
    "moved_to",
)


def _updating(names: Sequence[str]) -> Update:
    return (
        update(_DEVICE)
        .where(_DEVICE.c.id == bindparam("of_id"))
        .values({name: bindparam(name) for name in names})
    )


_UPDATE_ORDINARY = _updating(_ORDINARY)
_UPDATE_UNUSUAL = _updating(_UNUSUAL)


def write(
    session: Session, feed_id: int, steps: Sequence[Step], holds: Holds
) -> dict[Identity, int]:
    """Write what the steps tell; returns the ids of the devices."""
    ids = _insert_devices(session, feed_id, [step for step in steps if step.device is None])
    ordinary: list[dict[str, Any]] = []
    unusual: list[dict[str, Any]] = []
    readings: list[dict[str, Any]] = []
    deltas: list[dict[str, Any]] = []
    for step in steps:
        if step.device is not None:
            ids[step.identity] = step.device.id
        device_id = ids[step.identity]
        if step.device is not None and _is_ordinary(step, step.device):
            ordinary.append({"of_id": device_id, **_ordinary_values(step)})
        elif step.device is not None:
            unusual.append({"of_id": device_id, **_device_values(step)})
        if step.begun is not None and step.other is not None:
            seen_at = step.other.device.seen_at
            readings.append(_reading_values(device_id, step.begun, seen_at))
        first = step.device is None and step.begun is None
        reading = replace(step.reading, baseline=step.reading.baseline or first)
        readings.append(_reading_values(device_id, reading, step.printer.last_seen))
        for gain in step.gains:
            hold = holds.get((step.identity, gain.day))
            deltas.append(_delta_values(feed_id, device_id, gain, hold))
    moves.hand_over(
        session,
        {step.came_from.device.id: ids[step.identity] for step in steps if step.came_from},
    )
    for statement, rows in (
        (_UPDATE_ORDINARY, ordinary),
        (_UPDATE_UNUSUAL, unusual),
        (_INSERT_READING, readings),
        (_INSERT_DELTA, deltas),
    ):
        if rows:
            session.execute(statement, rows)
    return ids


def _is_ordinary(step: Step, device: Known) -> bool:
    before, after = device.meter, step.meter
    return (
        step.identity == device.identity
        and before.initial == after.initial
        and before.counter_set == after.counter_set
        and before.pending_drop is None
        and after.pending_drop is None
        and before.before_reset == after.before_reset
        and device.gone_on is None
        and device.moved_to is None
        and not device.awaits_baseline
    )


def _insert_devices(session: Session, feed_id: int, steps: Sequence[Step]) -> dict[Identity, int]:
    if not steps:
        return {}
    rows = [
        {
            "feed_id": feed_id,
            "first_on": (step.begun or step.reading).day,
            **_device_values(step),
        }
        for step in steps
    ]
    made = session.execute(
        insert(_DEVICE).returning(_DEVICE.c.id, _DEVICE.c.asset_id, _DEVICE.c.serial_number),
        rows,
    )
    return {Identity(row.asset_id, row.serial_number): row.id for row in made}


def _ordinary_values(step: Step) -> dict[str, Any]:
    return {
        "latest_count": step.meter.latest,
        "life_count": step.meter.life,
        "latest_on": step.meter.latest_on,
        "seen_at": step.printer.last_seen,
    }


def _device_values(step: Step) -> dict[str, Any]:
    meter = step.meter
    return {
        **_ordinary_values(step),
        "asset_id": step.identity.asset_id,
        "serial_number": step.identity.serial_number,
        "family": meter.counter_set,
        "initial_count": meter.initial,
        "fallen_count": meter.pending_drop.count if meter.pending_drop else None,
        "fallen_on": meter.pending_drop.day if meter.pending_drop else None,
        "awaits_baseline": False,
        "earlier_count": meter.before_reset.count if meter.before_reset else None,
        "earlier_life": meter.before_reset.life if meter.before_reset else None,
        "gone_on": None,
        "moved_to": None,
    }


def _reading_values(device_id: int, reading: Reading, seen_at: datetime | None) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "day": reading.day,
        "count": reading.count,
        "family": reading.counter_set,
        "baseline": reading.baseline,
        "seen_at": seen_at,
    }


def _delta_values(
    feed_id: int, device_id: int, gain: PageDelta, hold: Flag | None
) -> dict[str, Any]:
    return {
        "feed_id": feed_id,
        "device_id": device_id,
        "since": gain.since,
        "day": gain.day,
        "pages": gain.pages,
        "state": "held" if hold else "counted",
        "held_for": hold.reason if hold else None,
        "proposed": hold.proposed if hold else None,
    }
