"""The update of a device that each row of a response makes."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from webapp.domain.counter_sets import CounterSet, life_count, select_counter_set
from webapp.domain.meter import Meter, PageDelta, Reading, apply_reading, reading_day
from webapp.domain.reasons import Reason, reason
from webapp.printerpoint.schema import Printer
from webapp.printerpoint.values import LARGEST
from webapp.services.metering import transfer
from webapp.services.metering.match import DeviceState, Identity, Skipped
from webapp.services.metering.transfer import PreviousAssignment


@dataclass(frozen=True, slots=True)
class Metering:
    """The time zone, holidays and limits by which readings are processed."""

    zone: ZoneInfo
    holidays: Container[date]
    ceiling: int
    roll_width_mm: int


@dataclass(frozen=True, slots=True)
class DeviceUpdate:
    """A reading of a device (None: a new one), the meter after it, and its deltas.

    ``other``: the same printer as another feed knows it; ``begun``: the baseline that is result
    over from there.
    """

    identity: Identity
    printer: Printer
    device: DeviceState | None
    reading: Reading
    meter: Meter
    deltas: Sequence[PageDelta]
    other: PreviousAssignment | None = None
    begun: Reading | None = None

    @property
    def came_from(self) -> PreviousAssignment | None:
        """Return the previous assignment; None when another printer is listed there."""
        return self.other if self.other is not None and self.other.listed is None else None


def device_update(
    identity: Identity,
    printer: Printer,
    device: DeviceState | None,
    other: PreviousAssignment | None,
    closing: date,
    metering: Metering,
) -> DeviceUpdate | Skipped | None:
    """Return the update a row makes, None without new data, or why it cannot be counted."""
    kept: CounterSet | None = device.meter.counter_set if device else None
    if other is not None and other.listed is None:
        kept = other.device.meter.counter_set
    counter_set = select_counter_set(printer.counters, kept)
    if counter_set is None:
        return _skipped(printer, reason("no_counter"))
    count = life_count(printer.counters, counter_set, metering.roll_width_mm)
    if count > LARGEST:
        return _skipped(printer, reason("count_too_large"))
    if other is not None and other.is_same_device(count, metering.roll_width_mm):
        return _skipped(printer, reason("counted_elsewhere"))
    own, begun = transfer.continue_meter(device, other, counter_set, count)
    day = reading_day(printer.last_seen, metering.zone, closing)
    if own is None:
        reading = Reading(day, count, counter_set)
        meter, deltas = apply_reading(None, reading)
        return DeviceUpdate(identity, printer, None, reading, meter, deltas, other)
    if not _is_new(printer, own, count):
        return None
    if day <= own.last_reading_on:
        # A device has one reading a day. A second look at that day waits, or, when the printer
        # reported late on an earlier day, is dated the day being closed: no page is missed.
        if closing <= own.last_reading_on or count == own.last_reading_count:
            return None
        day = closing
    reading = Reading(day, count, counter_set, baseline=own.awaits_baseline)
    meter, deltas = apply_reading(own.meter, reading)
    return DeviceUpdate(identity, printer, device, reading, meter, deltas, other, begun)


def _skipped(printer: Printer, why: Reason) -> Skipped:
    return Skipped(why, printer.asset_id, printer.serial_number)


def _is_new(printer: Printer, device: DeviceState, count: int) -> bool:
    if printer.last_seen is None:
        return count != device.last_reading_count or device.awaits_baseline
    return device.last_seen_at is None or printer.last_seen > device.last_seen_at
