"""Match the printers of a response to the known devices of a feed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from webapp.domain.counter_sets import CounterSet
from webapp.domain.meter import BeforeReset, Meter, PendingDrop
from webapp.domain.reasons import Reason, reason
from webapp.models import Device
from webapp.printerpoint.schema import Printer


class Identity(NamedTuple):
    """(asset id, serial number) within a feed; blank is an empty string."""

    asset_id: str
    serial_number: str


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device as stored: identity, meter and when it was last read."""

    id: int
    identity: Identity
    meter: Meter
    last_seen_at: datetime | None
    awaits_baseline: bool
    missing_since: date | None = None
    moved_to: int | None = None

    @property
    def name(self) -> str:
        """What a dealer knows it by."""
        return self.identity.asset_id or self.identity.serial_number

    @property
    def last_reading_on(self) -> date:
        """Return the day of the latest reading, including a pending drop."""
        return self.meter.pending_drop.day if self.meter.pending_drop else self.meter.latest_on

    @property
    def last_reading_count(self) -> int:
        """Return the count of the latest reading, including a pending drop."""
        return self.meter.pending_drop.count if self.meter.pending_drop else self.meter.latest


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is not counted, and why."""

    reason: Reason
    asset_id: str | None
    serial_number: str | None

    def as_json(self) -> dict[str, Any]:
        """As it is kept in an outcome."""
        return {
            "reason": self.reason,
            "asset_id": self.asset_id,
            "serial_number": self.serial_number,
        }


_DEVICE: Table = Device.metadata.tables["device"]
#: What ``device_state`` needs of a row.
COLUMNS = tuple(
    _DEVICE.c[name]
    for name in (
        "id",
        "asset_id",
        "serial_number",
        "family",
        "initial_count",
        "latest_count",
        "life_count",
        "latest_on",
        "fallen_count",
        "fallen_on",
        "last_seen_at",
        "awaits_baseline",
        "earlier_count",
        "earlier_life",
        "missing_since",
        "moved_to",
    )
)
# Core rather than ORM columns: this runs once for every feed of every collection.
_OF_FEED = select(*COLUMNS).where(_DEVICE.c.feed_id == bindparam("feed"))


def device_states(session: Session, feed_id: int) -> list[DeviceState]:
    """Return the devices of a feed."""
    return [device_state(row) for row in session.execute(_OF_FEED, {"feed": feed_id})]


def device_state(row: Any) -> DeviceState:
    """Return the state of a device from a row with COLUMNS."""
    counter_set: CounterSet = row.family
    meter = Meter(
        counter_set,
        row.initial_count,
        row.latest_count,
        row.latest_on,
        row.life_count,
        None if row.fallen_on is None else PendingDrop(row.fallen_on, row.fallen_count),
        None if row.earlier_count is None else BeforeReset(row.earlier_count, row.earlier_life),
    )
    return DeviceState(
        row.id,
        Identity(row.asset_id, row.serial_number),
        meter,
        row.last_seen_at,
        row.awaits_baseline,
        row.missing_since,
        row.moved_to,
    )


def match_devices(
    printers: Sequence[Printer], devices: Sequence[DeviceState]
) -> tuple[list[tuple[Identity, Printer, DeviceState | None]], list[Skipped]]:
    """Match each printer to its device; None for a new one.

    An exact identity wins. Otherwise, when the serial number is known and unique on both
    sides, only the asset ID was edited and it is the same device. Rows that share an identity,
    and rows that have none, are skipped.
    """
    identities = [Identity(p.asset_id or "", p.serial_number or "") for p in printers]
    times = Counter(identities)
    serials = Counter(identity.serial_number for identity in identities)
    by_identity = {device.identity: device for device in devices}
    by_serial = _unmatched_by_serial(devices, times)
    matched: list[tuple[Identity, Printer, DeviceState | None]] = []
    skipped: list[Skipped] = []
    for identity, printer in zip(identities, printers, strict=True):
        why = _not_countable(identity, times[identity])
        if why:
            skipped.append(Skipped(why, printer.asset_id, printer.serial_number))
            continue
        device = by_identity.get(identity)
        if device is None and identity.serial_number and serials[identity.serial_number] == 1:
            device = by_serial.get(identity.serial_number)
        matched.append((identity, printer, device))
    return matched, skipped


def _not_countable(identity: Identity, times: int) -> Reason | None:
    if not any(identity):
        return reason("no_identity")
    if times > 1:
        return reason("listed_several_times", times=times)
    return None


def _unmatched_by_serial(
    devices: Sequence[DeviceState], answered: Mapping[Identity, int]
) -> dict[str, DeviceState]:
    """Devices whose identity the answer lacks, by serial number where that is unique."""
    serials = Counter(device.identity.serial_number for device in devices)
    return {
        device.identity.serial_number: device
        for device in devices
        if device.identity not in answered and serials[device.identity.serial_number] == 1
    }
