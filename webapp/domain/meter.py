"""Meter: from a device's lifetime counts to page deltas.

The readings of a device are applied to its ``Meter`` one after another; each may yield a
``PageDelta``. Replaying the same readings yields the same deltas.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from webapp.domain.counter_sets import CounterSet
from webapp.domain.validation import pages_of_roll_over


@dataclass(frozen=True, slots=True)
class Reading:
    """A device's lifetime count, in whole pages, on a day.

    ``baseline``: metering restarts here whatever the count (a feed was reactivated).
    """

    day: date
    count: int
    counter_set: CounterSet
    baseline: bool = False


@dataclass(frozen=True, slots=True)
class PendingDrop:
    """A count below the previous one, not yet confirmed by a further reading."""

    day: date
    count: int


@dataclass(frozen=True, slots=True)
class BeforeReset:
    """The count before a reset, and the life count at that time."""

    count: int
    life: int


@dataclass(frozen=True, slots=True)
class Meter:
    """The metering state of a device: ``life`` = latest - initial + pages of previous meters.

    ``before_reset`` is set from a reset until the counter has passed its previous value.
    """

    counter_set: CounterSet
    initial: int
    latest: int
    latest_on: date
    life: int = 0
    pending_drop: PendingDrop | None = None
    before_reset: BeforeReset | None = None


@dataclass(frozen=True, slots=True)
class PageDelta:
    """Pages printed after ``since`` up to and including ``day``, according to the counter.

    ``rolled_over``: the counter ran through its last digit, or was reset near it.
    ``counter_restored``: the step carried a reset counter past its previous value; the number of
    its pages that were printed if somebody restored that value.
    """

    since: date
    day: date
    pages: int
    rolled_over: bool = False
    counter_restored: int | None = None

    @property
    def days(self) -> int:
        """Return the number of days covered."""
        return (self.day - self.since).days


def reading_day(last_seen: datetime | None, zone: ZoneInfo, closing: date) -> date:
    """Return the day of a reading: the printer's last-seen, at most the day being closed."""
    return closing if last_seen is None else min(last_seen.astimezone(zone).date(), closing)


def apply_reading(meter: Meter | None, reading: Reading) -> tuple[Meter, list[PageDelta]]:
    """Apply a reading of a later day than the previous one.

    Return the new meter and its deltas, usually one or none; confirming a drop may add the pages
    of a roll-over. Raise ValueError for a day that is not later.
    """
    if meter is None:
        return Meter(reading.counter_set, reading.count, reading.count, reading.day), []
    if reading.day <= (meter.pending_drop.day if meter.pending_drop else meter.latest_on):
        raise ValueError(f"a reading of {reading.day} does not come after {meter.latest_on}")
    if reading.baseline or reading.counter_set != meter.counter_set:
        return _restart(meter, reading.counter_set, reading.count, reading.day), []
    if reading.count < meter.latest:
        if meter.pending_drop is None:
            return replace(meter, pending_drop=PendingDrop(reading.day, reading.count)), []
        # The second reading confirms the drop; continue from its count.
        reset, rolled = _reset(meter, meter.pending_drop)
        after, deltas = apply_reading(reset, reading)
        return after, rolled + deltas
    pages = reading.count - meter.latest
    before_reset = meter.before_reset
    passed = before_reset is not None and reading.count >= before_reset.count
    after = replace(
        meter,
        latest=reading.count,
        latest_on=reading.day,
        life=meter.life + pages,
        pending_drop=None,
        before_reset=None if passed else before_reset,
    )
    if not pages:
        return after, []
    restored = None
    if before_reset is not None and passed:
        since_reset = meter.life - before_reset.life
        restored = min(max(reading.count - before_reset.count - since_reset, 0), pages)
    return after, [PageDelta(meter.latest_on, reading.day, pages, counter_restored=restored)]


def apply_review(meter: Meter, delta: PageDelta, counted: int) -> Meter:
    """Return the meter just after a delta of which only ``counted`` pages count.

    The other pages are removed from the life count by raising the initial count, so that life =
    latest - initial still holds. Pages of a roll-over lie before the initial count.
    """
    surplus = delta.pages - counted
    initial = meter.initial if delta.rolled_over else meter.initial + surplus
    return replace(meter, initial=initial, life=meter.life - surplus)


def replay(readings: Iterable[Reading], counted: Mapping[date, int]) -> Meter | None:
    """Return the meter after all readings of a device, ordered by day.

    ``counted``: the number of pages that count of each reviewed delta, by the delta's day.
    """
    meter: Meter | None = None
    for reading in readings:
        meter, deltas = apply_reading(meter, reading)
        for delta in deltas:
            if delta.day in counted:
                meter = apply_review(meter, delta, counted[delta.day])
    return meter


def _restart(meter: Meter, counter_set: CounterSet, count: int, day: date) -> Meter:
    return Meter(counter_set, initial=count, latest=count, latest_on=day, life=meter.life)


def _reset(meter: Meter, drop: PendingDrop) -> tuple[Meter, list[PageDelta]]:
    """Restart at the count of a confirmed drop, which is a reset or a roll-over."""
    before_reset = meter.before_reset or BeforeReset(meter.latest, meter.life)
    restarted = replace(
        _restart(meter, meter.counter_set, drop.count, drop.day), before_reset=before_reset
    )
    pages = pages_of_roll_over(meter.latest, drop.count)
    if pages is None:
        return restarted, []
    delta = PageDelta(meter.latest_on, drop.day, pages, rolled_over=True)
    return replace(restarted, life=restarted.life + pages), [delta]
