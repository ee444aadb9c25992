"""Metering: from a printer's lifetime counters to the pages it gained.

A device's readings are folded one after another into a ``Meter``, each of which may tell a
``Gain``. Folding the same readings again gives the same gains: they are concluded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from webapp.domain.paper import pages_of_area, pages_of_length
from webapp.domain.suspicion import pages_of_roll_over

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
class Earlier:
    """What stood before a reset: the count, and the life count at that time."""

    count: int
    life: int


@dataclass(frozen=True, slots=True)
class Meter:
    """What is believed of a device: ``life`` = latest - initial + what earlier meters counted.

    ``earlier``: what stood before the last reset, until the counter has passed it again.
    """

    family: Family
    initial: int
    latest: int
    latest_on: date
    life: int = 0
    fall: Fall | None = None
    earlier: Earlier | None = None


@dataclass(frozen=True, slots=True)
class Gain:
    """Pages gained after ``since`` up to and including ``day``, as the counter tells.

    ``rolled_over``: the counter ran through its last digit, or was reset near it.
    ``restored``: the step carried a reset counter over its old value; so many of its pages were
    printed if somebody set it back.
    """

    since: date
    day: date
    pages: int
    rolled_over: bool = False
    restored: int | None = None

    @property
    def days(self) -> int:
        """How many days it lies over."""
        return (self.day - self.since).days


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


def advance(meter: Meter | None, reading: Reading) -> tuple[Meter, list[Gain]]:
    """Take one more reading, of a later day than the one before.

    Returns the meter after it and what was gained, mostly one gain or none; a fall that is
    confirmed may bring the pages of a roll-over besides. Raises ValueError for a day that is not
    later.
    """
    if meter is None:
        return Meter(reading.family, reading.count, reading.count, reading.day), []
    if reading.day <= (meter.fall.day if meter.fall else meter.latest_on):
        raise ValueError(f"a reading of {reading.day} does not come after {meter.latest_on}")
    if reading.baseline or reading.family != meter.family:
        return _begin_anew(meter, reading.family, reading.count, reading.day), []
    if reading.count < meter.latest:
        if meter.fall is None:
            return replace(meter, fall=Fall(reading.day, reading.count)), []
        # The next reading confirms the fall; count on from there.
        reset, rolled = _reset(meter, meter.fall)
        after, gains = advance(reset, reading)
        return after, rolled + gains
    gain = reading.count - meter.latest
    earlier = meter.earlier
    passed = earlier is not None and reading.count >= earlier.count
    after = replace(
        meter,
        latest=reading.count,
        latest_on=reading.day,
        life=meter.life + gain,
        fall=None,
        earlier=None if passed else earlier,
    )
    if not gain:
        return after, []
    restored = None
    if earlier is not None and passed:
        meanwhile = meter.life - earlier.life
        restored = min(max(reading.count - earlier.count - meanwhile, 0), gain)
    return after, [Gain(meter.latest_on, reading.day, gain, restored=restored)]


def settle(meter: Meter, gain: Gain, counted: int) -> Meter:
    """The meter just after a gain of which a person let only so many pages count.

    The others are taken out of the life count by raising the initial count, so that life = latest
    - initial goes on to hold. Pages of a roll-over lie before the initial count.
    """
    surplus = gain.pages - counted
    initial = meter.initial if gain.rolled_over else meter.initial + surplus
    return replace(meter, initial=initial, life=meter.life - surplus)


def conclude(readings: Iterable[Reading], counted: Mapping[date, int]) -> Meter | None:
    """The meter after all readings of a device, ordered by day.

    ``counted``: by the day of a gain that a person has answered, how many of its pages count.
    """
    meter: Meter | None = None
    for reading in readings:
        meter, gains = advance(meter, reading)
        for gain in gains:
            if gain.day in counted:
                meter = settle(meter, gain, counted[gain.day])
    return meter


def _begin_anew(meter: Meter, family: Family, count: int, day: date) -> Meter:
    return Meter(family, initial=count, latest=count, latest_on=day, life=meter.life)


def _reset(meter: Meter, fall: Fall) -> tuple[Meter, list[Gain]]:
    """Begin anew where the counter fell to; it gained nothing, or ran through its last digit."""
    earlier = meter.earlier or Earlier(meter.latest, meter.life)
    anew = replace(_begin_anew(meter, meter.family, fall.count, fall.day), earlier=earlier)
    pages = pages_of_roll_over(meter.latest, fall.count)
    if pages is None:
        return anew, []
    gain = Gain(meter.latest_on, fall.day, pages, rolled_over=True)
    return replace(anew, life=anew.life + pages), [gain]
