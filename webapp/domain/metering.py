"""Metering: from a printer's lifetime counters to the pages it gained.

A device's readings are folded one after another into a ``Meter``; what it gained between two of
them is a ``Delta``. Folding the same readings again gives the same deltas: they are concluded.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from webapp.domain.paper import pages_of_area, pages_of_length

Family = Literal["colour", "size", "area", "area_by_colour", "categories", "length"]

# In the order in which one is chosen; families are views of the same paper and never added up.
_FAMILIES: dict[Family, tuple[str, ...]] = {
    "colour": ("coloredPagesByMonochrome", "coloredPagesByColor"),
    "size": ("coloredPagesBySizeMonochromeTotal", "coloredPagesBySizeColorTotal"),
    "area": ("paperAreaTotal",),
    "area_by_colour": ("paperAreaMonochrome", "paperAreaColor"),
    "categories": (
        "monochromeLines",
        "colorLines",
        "lowDensityImages",
        "highDensityImages",
        "specialMediaPlots",
    ),
    "length": ("paperLength",),
}
FAMILIES: tuple[Family, ...] = tuple(_FAMILIES)
COUNTERS = frozenset(name for names in _FAMILIES.values() for name in names)


@dataclass(frozen=True, slots=True)
class Reading:
    """A device's lifetime count, in whole pages, on a day.

    ``baseline``: whatever the count, metering begins anew here (a feed was reactivated).
    """

    day: date
    count: int
    family: Family
    baseline: bool = False


@dataclass(frozen=True, slots=True)
class Fall:
    """A count below the one before, not yet confirmed by a next reading."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class Meter:
    """What is believed of a device: ``life`` = latest - initial + what earlier meters counted."""

    family: Family
    initial: int
    latest: int
    latest_on: date
    life: int = 0
    fall: Fall | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """Pages gained after ``since`` up to and including ``day``; ``held`` for a person to judge."""

    since: date
    day: date
    pages: int
    held: bool


def choose_family(counters: Mapping[str, int], kept: Family | None) -> Family | None:
    """The family a device is metered by; None when it has no counter that counts pages.

    The kept one stays as long as the printer sends it. Printers entered by hand have their
    unused meters at 0, so a family with pages is chosen before an empty one.
    """
    present = [family for family in FAMILIES if any(n in counters for n in _FAMILIES[family])]
    if kept in present:
        return kept
    used = [family for family in present if any(counters.get(n) for n in _FAMILIES[family])]
    return next(iter(used or present), None)


def life_count(counters: Mapping[str, int], family: Family, roll_width_mm: int) -> int:
    """The lifetime count in whole pages, by one family. Counters missing from it count as 0."""
    total = sum(counters.get(name, 0) for name in _FAMILIES[family])
    if family == "length":
        return pages_of_length(total, roll_width_mm)
    if family in ("area", "area_by_colour", "categories"):
        return pages_of_area(total)
    return total


def reading_day(last_seen: datetime | None, zone: ZoneInfo, closing: date) -> date:
    """The day a reading belongs to: the printer's last-seen, never after the day being closed."""
    return closing if last_seen is None else min(last_seen.astimezone(zone).date(), closing)


def advance(meter: Meter | None, reading: Reading, ceiling: int) -> tuple[Meter, Delta | None]:
    """Take one more reading, of a later day than the one before.

    ``ceiling``: pages a day above which a gain is held. Returns the meter after it and what was
    gained (None for nothing). Raises ValueError for a day that is not later.
    """
    if meter is None:
        return Meter(reading.family, reading.count, reading.count, reading.day), None
    if reading.day <= (meter.fall.day if meter.fall else meter.latest_on):
        raise ValueError(f"a reading of {reading.day} does not come after {meter.latest_on}")
    if reading.baseline or reading.family != meter.family:
        return _begin_anew(meter, reading.family, reading.count, reading.day), None
    if reading.count < meter.latest:
        if meter.fall is None:
            return replace(meter, fall=Fall(reading.day, reading.count)), None
        # The next reading confirms the fall: a reset. It gained nothing; count on from there.
        reset = _begin_anew(meter, meter.family, meter.fall.count, meter.fall.day)
        return advance(reset, reading, ceiling)
    gain = reading.count - meter.latest
    after = replace(
        meter, latest=reading.count, latest_on=reading.day, life=meter.life + gain, fall=None
    )
    if not gain:
        return after, None
    most = ceiling * (reading.day - meter.latest_on).days
    return after, Delta(meter.latest_on, reading.day, gain, held=gain > most)


def conclude(
    readings: Iterable[Reading], ceiling: int, rejected: Container[date] = frozenset()
) -> tuple[Meter | None, list[Delta]]:
    """Fold all readings of a device, ordered by day.

    ``rejected``: days whose held gain a person rejected. Those pages are taken out of the life
    count by raising the initial count, so that life = latest - initial goes on to hold.
    """
    meter: Meter | None = None
    deltas: list[Delta] = []
    for reading in readings:
        meter, delta = advance(meter, reading, ceiling)
        if delta is None:
            continue
        deltas.append(delta)
        if delta.held and delta.day in rejected:
            meter = replace(
                meter, initial=meter.initial + delta.pages, life=meter.life - delta.pages
            )
    return meter, deltas


def _begin_anew(meter: Meter, family: Family, count: int, day: date) -> Meter:
    return Meter(family, initial=count, latest=count, latest_on=day, life=meter.life)
