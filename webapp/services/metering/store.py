"""Store device updates: devices, readings and deltas.

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
from webapp.models import Delta, Device, Feed
from webapp.models import Reading as ReadingRow
from webapp.services.metering import transfer
from webapp.services.metering.match import DeviceState, Identity
from webapp.services.metering.updates import DeviceUpdate

#: Which deltas are held, by device and day.
Flags = Mapping[tuple[Identity, date], Flag]

_DEVICE: Table = Device.metadata.tables["device"]
_READING: Table = ReadingRow.metadata.tables["reading"]
_DELTA: Table = Delta.metadata.tables["delta"]


_INSERT_READING = insert(_READING)
_INSERT_DELTA = insert(_DELTA)
# What an ordinary reading changes of a device, and what an unusual one may change besides.
_ORDINARY = ("latest_count", "life_count", "latest_on", "last_seen_at")
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
    "missing_since",
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
    session: Session, feed_id: int, updates: Sequence[DeviceUpdate], flags: Flags
) -> dict[Identity, int]:
    """Write the updates; return the ids of the devices."""
    ids = _insert_devices(session, feed_id, [change for change in updates if change.device is None])
    ordinary: list[dict[str, Any]] = []
    unusual: list[dict[str, Any]] = []
    readings: list[dict[str, Any]] = []
    delta_rows: list[dict[str, Any]] = []
    for change in updates:
        if change.device is not None:
            ids[change.identity] = change.device.id
        device_id = ids[change.identity]
        if change.device is not None and _is_ordinary(change, change.device):
            ordinary.append({"of_id": device_id, **_ordinary_values(change)})
        elif change.device is not None:
            unusual.append({"of_id": device_id, **_device_values(change)})
        if change.begun is not None and change.other is not None:
            last_seen_at = change.other.device.last_seen_at
            readings.append(_reading_values(device_id, change.begun, last_seen_at))
        first = change.device is None and change.begun is None
        reading = replace(change.reading, baseline=change.reading.baseline or first)
        readings.append(_reading_values(device_id, reading, change.printer.last_seen))
        for delta in change.deltas:
            flag = flags.get((change.identity, delta.day))
            delta_rows.append(_delta_values(feed_id, device_id, delta, flag))
    transfer.record_transfer(
        session,
        {
            change.came_from.device.id: ids[change.identity]
            for change in updates
            if change.came_from
        },
    )
    for statement, rows in (
        (_UPDATE_ORDINARY, ordinary),
        (_UPDATE_UNUSUAL, unusual),
        (_INSERT_READING, readings),
        (_INSERT_DELTA, delta_rows),
    ):
        if rows:
            session.execute(statement, rows)
    return ids


def _is_ordinary(change: DeviceUpdate, device: DeviceState) -> bool:
    before, after = device.meter, change.meter
    return (
        change.identity == device.identity
        and before.initial == after.initial
        and before.counter_set == after.counter_set
        and before.pending_drop is None
        and after.pending_drop is None
        and before.before_reset == after.before_reset
        and device.missing_since is None
        and device.moved_to is None
        and not device.awaits_baseline
    )


def _insert_devices(
    session: Session, feed_id: int, updates: Sequence[DeviceUpdate]
) -> dict[Identity, int]:
    if not updates:
        return {}
    rows = [
        {
            "feed_id": feed_id,
            "first_on": (change.begun or change.reading).day,
            **_device_values(change),
        }
        for change in updates
    ]
    session.execute(
        update(Feed)
        .where(Feed.id == feed_id)
        .values(device_count=Feed.device_count + len(rows))
        .execution_options(synchronize_session=False)
    )
    made = session.execute(
        insert(_DEVICE).returning(_DEVICE.c.id, _DEVICE.c.asset_id, _DEVICE.c.serial_number),
        rows,
    )
    return {Identity(row.asset_id, row.serial_number): row.id for row in made}


def _ordinary_values(change: DeviceUpdate) -> dict[str, Any]:
    return {
        "latest_count": change.meter.latest,
        "life_count": change.meter.life,
        "latest_on": change.meter.latest_on,
        "last_seen_at": change.printer.last_seen,
    }


def _device_values(change: DeviceUpdate) -> dict[str, Any]:
    meter = change.meter
    return {
        **_ordinary_values(change),
        "asset_id": change.identity.asset_id,
        "serial_number": change.identity.serial_number,
        "family": meter.counter_set,
        "initial_count": meter.initial,
        "fallen_count": meter.pending_drop.count if meter.pending_drop else None,
        "fallen_on": meter.pending_drop.day if meter.pending_drop else None,
        "awaits_baseline": False,
        "earlier_count": meter.before_reset.count if meter.before_reset else None,
        "earlier_life": meter.before_reset.life if meter.before_reset else None,
        "missing_since": None,
        "moved_to": None,
    }


def _reading_values(
    device_id: int, reading: Reading, last_seen_at: datetime | None
) -> dict[str, Any]:
    return {
        "device_id": device_id,
        "day": reading.day,
        "count": reading.count,
        "family": reading.counter_set,
        "baseline": reading.baseline,
        "last_seen_at": last_seen_at,
    }


def _delta_values(
    feed_id: int, device_id: int, delta: PageDelta, flag: Flag | None
) -> dict[str, Any]:
    return {
        "feed_id": feed_id,
        "device_id": device_id,
        "since": delta.since,
        "day": delta.day,
        "pages": delta.pages,
        "state": "held" if flag else "counted",
        "held_for": flag.reason if flag else None,
        "proposed": flag.proposed if flag else None,
    }
