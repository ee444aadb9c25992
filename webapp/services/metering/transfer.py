"""Transfers: a printer that moved to another customer of the same server keeps its meter.

Its pages are counted once, where it is read: the new feed continues from the last count of the
previous one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Table, bindparam, or_, select, update
from sqlalchemy.orm import Session

from webapp.domain.counter_sets import CounterSet, life_count, select_counter_set
from webapp.domain.meter import Meter, Reading
from webapp.models import Device, Feed
from webapp.printerpoint.schema import Printer
from webapp.services.metering.match import COLUMNS, DeviceState, Identity, device_state

_DEVICE: Table = Device.metadata.tables["device"]
_FEED: Table = Feed.metadata.tables["feed"]
_OWN = _FEED.alias("own")

#: The rows of another customer in the answer, by its ID and name.
RowsOf = Callable[[str | None, str], Sequence[Printer]]


@dataclass(frozen=True, slots=True)
class PreviousAssignment:
    """The device of a printer at another feed. ``listed``: the response has it there, too."""

    device: DeviceState
    feed_id: int
    customer_name: str
    listed: Printer | None

    def is_same_device(self, count: int, roll_width_mm: int) -> bool:
        """Whether what is listed there is the very machine: it has the same lifetime count."""
        if self.listed is None:
            return False
        counter_set = select_counter_set(self.listed.counters, self.device.meter.counter_set)
        return (
            counter_set is not None
            and life_count(self.listed.counters, counter_set, roll_width_mm) == count
        )


def find_transfers(
    session: Session,
    feed_id: int,
    matched: Iterable[tuple[Identity, Printer, DeviceState | None]],
    rows_of: RowsOf,
) -> dict[Identity, PreviousAssignment]:
    """Find the previous assignments of printers that are new to a feed, or come back to it.

    One statement for the new ones and one for those that come back; usually none.
    """
    new: dict[str, Identity] = {}
    back: dict[int, Identity] = {}
    for identity, _, device in matched:
        if device is None and identity.serial_number:
            new[identity.serial_number] = identity
        elif device is not None and device.moved_to is not None:
            back[device.moved_to] = identity
    found: dict[Identity, PreviousAssignment] = {}
    if new:
        rows = session.execute(_ASSIGNED_ELSEWHERE, {"feed": feed_id, "serials": list(new)}).all()
        times = Counter(row.serial_number for row in rows)
        found = {
            new[row.serial_number]: _previous_assignment(row, rows_of)
            for row in rows
            if times[row.serial_number] == 1
        }
    if back:
        for row in session.execute(_HOLDERS, {"ids": list(back)}):
            found[back[row.id]] = _previous_assignment(row, rows_of)
    return found


def continue_meter(
    device: DeviceState | None,
    other: PreviousAssignment | None,
    counter_set: CounterSet,
    count: int,
) -> tuple[DeviceState | None, Reading | None]:
    """The device that a reading of this counter_set and count is to be compared with.

    Its own (None for a new one); or, when it moved here, with the meter of the other feed, whose
    last reading is then returned as the baseline it begins with.
    """
    if other is None or other.listed is not None:
        # Another printer is listed there by now: what this one printed meanwhile is unknown.
        anew = device is not None and device.moved_to is not None
        return (replace(device, awaits_baseline=True) if device and anew else device), None
    if device is not None and (
        device.awaits_baseline or other.device.last_reading_on <= device.last_reading_on
    ):
        return device, None
    meter = other.device.meter
    if (
        other.device.awaits_baseline
        or meter.pending_drop is not None
        or meter.counter_set != counter_set
        or count < meter.latest
    ):
        return (replace(device, awaits_baseline=True) if device else None), None
    begun = Reading(meter.latest_on, meter.latest, meter.counter_set, baseline=True)
    life = device.meter.life if device else 0
    own = DeviceState(
        device.id if device else 0,
        other.device.identity,
        Meter(meter.counter_set, meter.latest, meter.latest, meter.latest_on, life),
        other.device.last_seen_at,
        awaits_baseline=False,
    )
    return own, begun


def record_transfer(session: Session, to: Mapping[int, int]) -> None:
    """Record which device (by id) now reads a printer that another one read before."""
    if to:
        session.execute(_RECORD_TRANSFER, [{"old": old, "new": new} for old, new in to.items()])


_OF_FEED = (_DEVICE.c.feed_id, _FEED.c.customer_id, _FEED.c.customer_name)
_JOINED = select(*COLUMNS, *_OF_FEED).join(_FEED, _FEED.c.id == _DEVICE.c.feed_id)
#: Printers of a feed's server that another feed reads.
_ASSIGNED_ELSEWHERE = _JOINED.where(
    _FEED.c.server_id
    == select(_OWN.c.server_id).where(_OWN.c.id == bindparam("feed")).scalar_subquery(),
    _FEED.c.id != bindparam("feed"),
    _FEED.c.status.in_(("pending", "active")),
    _DEVICE.c.moved_to.is_(None),
    _DEVICE.c.serial_number.in_(bindparam("serials", expanding=True)),
)
_HOLDERS = _JOINED.where(_DEVICE.c.id.in_(bindparam("ids", expanding=True)))
#: Whoever had handed it over before points to the last one that reads it.
_RECORD_TRANSFER = (
    update(_DEVICE)
    .where(
        or_(_DEVICE.c.id == bindparam("old"), _DEVICE.c.moved_to == bindparam("old")),
        _DEVICE.c.id != bindparam("new"),
    )
    .values(moved_to=bindparam("new"))
)


def _previous_assignment(row: Any, rows_of: RowsOf) -> PreviousAssignment:
    listed = [
        printer
        for printer in rows_of(row.customer_id, row.customer_name)
        if (printer.serial_number or "") == row.serial_number
    ]
    return PreviousAssignment(
        device_state(row), row.feed_id, row.customer_name, listed[0] if len(listed) == 1 else None
    )
