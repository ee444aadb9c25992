"""From lifetime counters to page deltas."""

import itertools
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.counter_sets import CounterSet, life_count, select_counter_set
from webapp.domain.meter import (
    BeforeReset,
    Meter,
    PageDelta,
    PendingDrop,
    Reading,
    apply_reading,
    reading_day,
    replay,
)

MONDAY = date(2026, 10, 5)
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)


def readings_of(*counts: int, first: date = MONDAY) -> list[Reading]:
    """Return readings of one counter set on successive days."""
    return [Reading(first + timedelta(days=n), count, "colour") for n, count in enumerate(counts)]


def fold(readings: Sequence[Reading]) -> tuple[Meter, list[PageDelta]]:
    """Return the meter after readings, and their deltas."""
    meter: Meter | None = None
    deltas: list[PageDelta] = []
    for reading in readings:
        meter, more = apply_reading(meter, reading)
        deltas += more
    assert meter is not None
    return meter, deltas


def pages_of(*counts: int) -> list[int]:
    """The pages of each delta of such readings."""
    return [delta.pages for delta in fold(readings_of(*counts))[1]]


@pytest.mark.parametrize(
    ("counters", "counter_set", "count"),
    [
        ({"coloredPagesByMonochrome": 182_345, "coloredPagesByColor": 20_411}, "colour", 202_756),
        (
            {
                "coloredPagesByMonochrome": 10,
                "coloredPagesBySizeMonochromeTotal": 10,
                "paperAreaTotal": 60_322_460,
            },
            "colour",
            10,
        ),
        (
            {"coloredPagesBySizeMonochromeTotal": 7, "coloredPagesBySizeColorTotal": 5},
            "size",
            12,
        ),
        ({"paperAreaTotal": 6_032_246 * 3 - 1}, "area", 2),
        ({"paperAreaMonochrome": 6_032_245, "paperAreaColor": 1}, "area_by_colour", 1),
        ({"monochromeLines": 6_032_246, "specialMediaPlots": 6_032_246}, "categories", 2),
        ({"paperLength": 1_000_000}, "length", 15),
        ({"coloredPagesByMonochrome": 0, "coloredPagesByColor": 0, "paperAreaTotal": 1}, "area", 0),
        ({"coloredPagesByColor": 0}, "colour", 0),
    ],
)
def test_one_family_is_chosen_and_counted_in_whole_pages(
    counters: Mapping[str, int], counter_set: CounterSet, count: int
) -> None:
    chosen = select_counter_set(counters, None)

    assert chosen == counter_set
    assert life_count(counters, counter_set, roll_width_mm=914) == count


def test_the_family_of_the_first_reading_is_kept() -> None:
    counters = {"coloredPagesByMonochrome": 5, "paperAreaTotal": 10**9}

    assert select_counter_set(counters, "area") == "area"
    assert select_counter_set({"coloredPagesByMonochrome": 5}, "area") == "colour"
    assert select_counter_set({"colorantVolume": 5}, None) is None


@pytest.mark.parametrize(
    ("counts", "pages"),
    [
        ((100,), []),
        ((100, 130), [30]),
        ((100, 100, 130), [30]),
        ((100, 50, 130), [30]),  # a dip that came back
        ((100, 50, 100), []),
        ((100, 50, 80), [30]),  # a confirmed reset
        ((100, 50, 50, 60), [10]),
        ((100, 50, 40, 45, 60), [5, 15]),  # a fall, a fall again, confirmed
        ((100, 0, 0, 0, 7), [7]),
    ],
)
def test_gains_falls_and_resets(counts: tuple[int, ...], pages: list[int]) -> None:
    assert pages_of(*counts) == pages


def test_a_dip_that_comes_back_gains_over_the_whole_gap() -> None:
    _, deltas = fold(readings_of(100, 50, 130))

    assert deltas == [PageDelta(MONDAY, WEDNESDAY, 30)]
    assert deltas[0].days == 2


def test_a_fall_is_remembered_until_the_next_reading() -> None:
    meter, _ = fold(readings_of(100, 50))

    assert meter == Meter("colour", 100, 100, MONDAY, 0, PendingDrop(TUESDAY, 50))


@pytest.mark.parametrize("counter_set", ["area", "size"])
def test_a_change_of_counter_set_restarts_and_keeps_the_life_count(counter_set: CounterSet) -> None:
    readings = [*readings_of(100, 150), Reading(MONDAY + timedelta(days=2), 9_000, counter_set)]

    meter, deltas = fold(readings)

    assert [delta.pages for delta in deltas] == [50]
    assert meter == Meter(counter_set, 9_000, 9_000, WEDNESDAY, life=50)


def test_a_reading_marked_as_baseline_begins_anew_whatever_it_says() -> None:
    readings = [*readings_of(100, 150), Reading(WEDNESDAY, 170, "colour", baseline=True)]

    meter, deltas = fold(readings)

    assert [delta.pages for delta in deltas] == [50]
    assert meter == Meter("colour", 170, 170, WEDNESDAY, life=50)


@pytest.mark.parametrize(("counted", "initial", "life"), [(0, 1_000_100, 30), (60, 1_000_040, 90)])
def test_pages_that_do_not_count_raise_the_initial_count(
    counted: int, initial: int, life: int
) -> None:
    meter = replay(readings_of(100, 1_000_100, 1_000_130), {TUESDAY: counted})

    assert meter == Meter("colour", initial, 1_000_130, WEDNESDAY, life=life)


def test_a_reset_remembers_what_stood_before_until_the_counter_has_passed_it() -> None:
    reset, _ = fold(readings_of(30_000, 30_500, 7, 20))
    again, _ = fold(readings_of(30_000, 30_500, 7, 20, 3, 9))
    passed, _ = fold(readings_of(30_000, 30_500, 7, 20, 30_500))

    assert reset == Meter(
        "colour", 7, 20, MONDAY + timedelta(days=3), 513, before_reset=BeforeReset(30_500, 500)
    )
    assert again.before_reset == BeforeReset(30_500, 500)
    assert passed.before_reset is None


def test_a_counter_that_passed_its_old_value_remembers_the_next_reset() -> None:
    meter, _ = fold(readings_of(60, 40, 50, 55, 70, 10, 12))

    assert meter.before_reset == BeforeReset(70, 30)


def test_a_counter_carried_over_its_old_value_says_what_was_printed_if_it_was_restored() -> None:
    # 120,000 before the reset; 50 and 40 deposited meanwhile; set back, and 410 more printed.
    _, deltas = fold(readings_of(119_000, 120_000, 0, 50, 90, 120_500))

    assert deltas[-1] == PageDelta(
        MONDAY + timedelta(days=4), MONDAY + timedelta(days=5), 120_410, counter_restored=410
    )


@pytest.mark.parametrize(
    ("after", "restored"), [(120_000, 0), (120_089, 0), (120_091, 1), (250_000, 129_910)]
)
def test_a_restoration_never_counts_less_than_nothing(after: int, restored: int) -> None:
    _, deltas = fold(readings_of(120_000, 0, 50, 90, after))

    assert deltas[-1].counter_restored == restored


def test_below_its_old_value_a_step_is_no_restoration() -> None:
    _, deltas = fold(readings_of(120_000, 0, 50, 119_999))

    assert deltas[-1].counter_restored is None


def test_a_roll_over_gains_the_pages_to_the_end_and_from_the_start() -> None:
    meter, deltas = fold(readings_of(999_000, 999_950, 40, 130))

    assert deltas == [
        PageDelta(MONDAY, TUESDAY, 950),
        PageDelta(TUESDAY, WEDNESDAY, 90, rolled_over=True),
        PageDelta(WEDNESDAY, MONDAY + timedelta(days=3), 90),
    ]
    assert (meter.initial, meter.latest, meter.life) == (40, 130, 1_130)


def test_a_roll_over_that_was_a_reset_leaves_the_initial_count() -> None:
    meter = replay(readings_of(999_000, 999_950, 40, 130), {WEDNESDAY: 0})

    assert meter is not None
    assert (meter.initial, meter.latest, meter.life) == (40, 130, 1_040)


@pytest.mark.parametrize("days", [0, -1, -30])
def test_readings_must_come_in_the_order_of_their_days(days: int) -> None:
    meter, _ = apply_reading(None, Reading(MONDAY, 100, "colour"))

    with pytest.raises(ValueError, match="does not come after"):
        apply_reading(meter, Reading(MONDAY + timedelta(days=days), 101, "colour"))


def test_readings_must_come_after_a_fall_that_is_not_confirmed() -> None:
    meter, _ = fold(readings_of(100, 50))

    with pytest.raises(ValueError, match="does not come after"):
        apply_reading(meter, Reading(TUESDAY, 101, "colour"))


def test_a_reading_belongs_to_the_day_of_last_seen_but_never_after_the_day_being_closed() -> None:
    zone = ZoneInfo("America/New_York")
    late_evening = datetime(2026, 10, 6, 3, 59, tzinfo=UTC)  # Monday 23:59 in New York

    assert reading_day(late_evening, zone, date(2026, 10, 6)) == MONDAY
    assert reading_day(late_evening + timedelta(minutes=5), zone, MONDAY) == MONDAY
    assert reading_day(None, zone, MONDAY) == MONDAY


COUNTS = st.lists(st.integers(0, 2**40), min_size=1, max_size=40)


@given(COUNTS)
def test_no_page_is_lost_or_made_by_the_meter(counts: list[int]) -> None:
    meter, deltas = fold(readings_of(*counts))

    assert meter.life == sum(delta.pages for delta in deltas)
    assert all(delta.pages > 0 for delta in deltas)
    assert all(a.day <= b.since for a, b in itertools.pairwise(deltas))
    assert all(
        delta.counter_restored is None or 0 <= delta.counter_restored <= delta.pages
        for delta in deltas
    )


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=40))
def test_a_counter_that_only_rises_is_counted_to_the_page(deltas: list[int]) -> None:
    counts = [100]
    for delta in deltas:
        counts.append(counts[-1] + delta)

    meter, meter_deltas = fold(readings_of(*counts))

    assert sum(delta.pages for delta in meter_deltas) == sum(deltas) == meter.latest - meter.initial


@given(COUNTS, st.data())
def test_deciding_keeps_the_life_count_the_sum_of_what_counts(
    counts: list[int], data: st.DataObject
) -> None:
    _, deltas = fold(readings_of(*counts))
    counted = {delta.day: data.draw(st.integers(0, delta.pages)) for delta in deltas}
    decided = data.draw(st.sets(st.sampled_from(sorted(counted)))) if counted else set()
    counted = {day: counted[day] for day in decided}

    meter = replay(readings_of(*counts), counted)

    assert meter is not None
    assert meter.life == sum(counted.get(delta.day, delta.pages) for delta in deltas)


@given(COUNTS, st.integers(0, 39))
def test_folding_in_two_parts_is_folding_at_once(counts: list[int], cut: int) -> None:
    readings = readings_of(*counts)
    whole, deltas = fold(readings)

    early = min(cut, len(readings) - 1)
    meter: Meter | None = None
    parts: list[PageDelta] = []
    if early:
        meter, parts = fold(readings[:early])
    for reading in readings[early:]:
        meter, more = apply_reading(meter, reading)
        parts += more

    assert (meter, parts) == (whole, deltas)
    assert replay(readings, {}) == whole
    assert replay([], {}) is None
