"""From lifetime counters to gained pages."""

import itertools
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.metering import (
    Delta,
    Fall,
    Family,
    Meter,
    Reading,
    advance,
    choose_family,
    conclude,
    life_count,
    reading_day,
)

MONDAY = date(2026, 10, 5)
CEILING = 150_000


def told(*counts: int, first: date = MONDAY) -> list[Reading]:
    """Readings of one family on successive days."""
    return [Reading(first + timedelta(days=n), count, "colour") for n, count in enumerate(counts)]


def gained(*counts: int, ceiling: int = CEILING) -> list[int]:
    """The pages of each delta of such readings."""
    return [delta.pages for delta in conclude(told(*counts), ceiling)[1]]


@pytest.mark.parametrize(
    ("counters", "family", "count"),
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
    counters: Mapping[str, int], family: Family, count: int
) -> None:
    chosen = choose_family(counters, None)

    assert chosen == family
    assert life_count(counters, family, roll_width_mm=914) == count


def test_the_family_of_the_first_reading_is_kept() -> None:
    counters = {"coloredPagesByMonochrome": 5, "paperAreaTotal": 10**9}

    assert choose_family(counters, "area") == "area"
    assert choose_family({"coloredPagesByMonochrome": 5}, "area") == "colour"
    assert choose_family({"colorantVolume": 5}, None) is None


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
    assert gained(*counts) == pages


def test_a_dip_that_comes_back_gains_over_the_whole_gap() -> None:
    _, deltas = conclude(told(100, 50, 130), CEILING)

    assert deltas == [Delta(MONDAY, MONDAY + timedelta(days=2), 30, held=False)]


def test_a_fall_is_remembered_until_the_next_reading() -> None:
    meter, _ = conclude(told(100, 50), CEILING)

    assert meter == Meter("colour", 100, 100, MONDAY, 0, Fall(MONDAY + timedelta(days=1), 50))


@pytest.mark.parametrize("family", ["area", "size"])
def test_a_change_of_family_begins_anew_and_keeps_the_life_count(family: Family) -> None:
    readings = [*told(100, 150), Reading(MONDAY + timedelta(days=2), 9_000, family)]

    meter, deltas = conclude(readings, CEILING)

    assert [delta.pages for delta in deltas] == [50]
    assert meter == Meter(family, 9_000, 9_000, MONDAY + timedelta(days=2), life=50)


def test_a_reading_marked_as_baseline_begins_anew_whatever_it_says() -> None:
    wednesday = MONDAY + timedelta(days=2)
    readings = [*told(100, 150), Reading(wednesday, 170, "colour", baseline=True)]

    meter, deltas = conclude(readings, CEILING)

    assert [delta.pages for delta in deltas] == [50]
    assert meter == Meter("colour", 170, 170, wednesday, life=50)


def test_rejecting_a_held_gain_raises_the_initial_count() -> None:
    readings = told(100, 1_000_100, 1_000_130)

    meter, _ = conclude(readings, CEILING, rejected={MONDAY + timedelta(days=1)})

    assert meter == Meter("colour", 1_000_100, 1_000_130, MONDAY + timedelta(days=2), life=30)


@pytest.mark.parametrize(
    ("days", "gain", "held"), [(1, 150_000, False), (1, 150_001, True), (3, 450_000, False)]
)
def test_a_gain_above_the_ceiling_of_its_days_is_held(days: int, gain: int, held: bool) -> None:
    meter, _ = advance(None, Reading(MONDAY, 100, "colour"), CEILING)

    _, delta = advance(meter, Reading(MONDAY + timedelta(days=days), 100 + gain, "colour"), CEILING)

    assert delta is not None
    assert delta.held is held


@pytest.mark.parametrize("days", [0, -1, -30])
def test_readings_must_come_in_the_order_of_their_days(days: int) -> None:
    meter, _ = advance(None, Reading(MONDAY, 100, "colour"), CEILING)

    with pytest.raises(ValueError, match="does not come after"):
        advance(meter, Reading(MONDAY + timedelta(days=days), 101, "colour"), CEILING)


def test_readings_must_come_after_a_fall_that_is_not_confirmed() -> None:
    meter, _ = conclude(told(100, 50), CEILING)

    with pytest.raises(ValueError, match="does not come after"):
        advance(meter, Reading(MONDAY + timedelta(days=1), 101, "colour"), CEILING)


def test_a_reading_belongs_to_the_day_of_last_seen_but_never_after_the_day_being_closed() -> None:
    zone = ZoneInfo("America/New_York")
    late_evening = datetime(2026, 10, 6, 3, 59, tzinfo=UTC)  # Monday 23:59 in New York

    assert reading_day(late_evening, zone, date(2026, 10, 6)) == MONDAY
    assert reading_day(late_evening + timedelta(minutes=5), zone, MONDAY) == MONDAY
    assert reading_day(None, zone, MONDAY) == MONDAY


COUNTS = st.lists(st.integers(0, 2**40), min_size=1, max_size=40)


@given(COUNTS)
def test_no_page_is_lost_or_made_by_the_meter(counts: list[int]) -> None:
    meter, deltas = conclude(told(*counts), CEILING)

    assert meter is not None
    assert meter.life == sum(delta.pages for delta in deltas)
    assert all(delta.pages > 0 for delta in deltas)
    assert all(a.day <= b.since for a, b in itertools.pairwise(deltas))


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=40))
def test_a_counter_that_only_rises_is_counted_to_the_page(gains: list[int]) -> None:
    counts = [100]
    for gain in gains:
        counts.append(counts[-1] + gain)

    meter, deltas = conclude(told(*counts), CEILING)

    assert meter is not None
    assert sum(delta.pages for delta in deltas) == sum(gains) == meter.latest - meter.initial


@given(COUNTS, st.data())
def test_rejecting_keeps_the_life_count_the_sum_of_the_rest(
    counts: list[int], data: st.DataObject
) -> None:
    _, deltas = conclude(told(*counts), CEILING)
    held = [delta.day for delta in deltas if delta.held]
    rejected = data.draw(st.sets(st.sampled_from(held))) if held else set()

    meter, _ = conclude(told(*counts), CEILING, rejected)

    assert meter is not None
    assert meter.life == sum(d.pages for d in deltas if not (d.held and d.day in rejected))


@given(COUNTS, st.integers(0, 39))
def test_folding_in_two_parts_is_folding_at_once(counts: list[int], cut: int) -> None:
    readings = told(*counts)
    whole, deltas = conclude(readings, CEILING)

    meter, early = conclude(readings[:cut], CEILING)
    late = []
    for reading in readings[cut:]:
        meter, delta = advance(meter, reading, CEILING)
        late += [delta] if delta else []

    assert (meter, early + late) == (whole, deltas)
