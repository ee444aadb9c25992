"""Stored devices, with their state of metering."""

from dataclasses import dataclass, field, replace
from typing import Any

from webapp.domain.metering.codec import from_json
from webapp.domain.metering.identity import Row, normalize, serial_key
from webapp.domain.metering.state import DeviceState
from webapp.domain.reasons import Reason, reason


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is not counted, and why."""

    reason: Reason
    asset_id: str | None
    serial_number: str | None

    def as_json(self) -> dict[str, Any]:
        """Return it as an outcome stores it."""
        return {
            "reason": self.reason,
            "asset_id": self.asset_id,
            "serial_number": self.serial_number,
        }


@dataclass(frozen=True, slots=True)
class StoredDevice:
    """A stored device: its state, and the columns that lists show."""

    id: int
    feed_id: int
    asset_id: str
    serial_number: str
    state: DeviceState

    @property
    def name(self) -> str:
        """The asset ID, or else the serial number."""
        return self.asset_id or self.serial_number


def stored_device(row: Any) -> StoredDevice:
    """Return the device of a row. Raises one of DATA_ERRORS when its state cannot be read."""
    state = from_json(row.state)
    if row.awaits_baseline and state.counter_set is not None:
        state = replace(state, begin_anew=True)
    return StoredDevice(row.id, row.feed_id, row.asset_id, row.serial_number, state)


@dataclass(frozen=True, slots=True)
class UnreadableDevice:
    """A device whose state cannot be read: neither it nor a row of it is metered.

    A row of it must not become a new device, because its pages would be counted by both.
    """

    asset_id: str
    serial_number: str
    serial_key: str | None
    error: str

    def is_row(self, row: Row, customer: str) -> bool:
        """Whether a row is this device, by serial number, or by asset ID at its customer."""
        key = serial_key(row.serial_number)
        if key is not None and self.serial_key is not None:
            return key == self.serial_key
        asset = normalize(row.asset_id)
        return row.customer == customer and asset == normalize(self.asset_id)

    def skipped(self) -> Skipped:
        """Return it as an outcome reports it."""
        why = reason("device_error", name=self.error)
        return Skipped(why, self.asset_id or None, self.serial_number or None)


@dataclass(frozen=True, slots=True)
class StoredDevices:
    """Devices by id, and those whose state cannot be read."""

    readable: dict[int, StoredDevice] = field(default_factory=dict)
    unreadable: list[UnreadableDevice] = field(default_factory=list)

    def serials(self) -> set[str]:
        """Return the normalized usable serial numbers of all of them."""
        known = {device.state.serial for device in self.readable.values() if device.state.serial}
        return known | {device.serial_key for device in self.unreadable if device.serial_key}

    def __or__(self, others: "StoredDevices") -> "StoredDevices":
        return StoredDevices(
            self.readable | others.readable, [*self.unreadable, *others.unreadable]
        )
