"""Limits to the page, days of readings, and how pages are spread over them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.domain.field import COLOUR, FIRST_NIGHT, HOLIDAYS, MONO, NEW_YORK, Service, run
from webapp.domain.metering.counter_sets import (
    is_value,
    pages_of,
    select_counter_set,
    usable_values,
)
from webapp.domain.metering.days import allocate, reading_day, spread
from webapp.domain.metering.identity import serial_key
from webapp.domain.metering.limits import DEFAULT_LIMITS
from webapp.domain.metering.state import History
from webapp.domain.months import Month
from webapp.domain.paper import LETTER_AREA


def series(*counts: int | None, **values: Any) -> Service:
    """One device of one counter through nights in a row, from a Monday on; None: not listed."""
    one = {"c": "C", "s": "S-1", "a": "A-1"} | values
    cells = [
        [] if count is None else [one | {"counters": {MONO: count, COLOUR: 0}}] for count in counts
    ]
    return run(cells, twice=True)


def held(service: Service) -> list[tuple[str, int]]:
    """Kind and pages of what waits."""
    return [(delta.kind, delta.pages) for delta in service.held()]


@pytest.mark.parametrize(
    ("counts", "waiting"),
    [
        ((50_000, 55_000), []),
        ((50_000, 55_001), [("limit", 5_001)]),
        ((50_000, None, 56_000), []),
        ((50_000, None, 56_001), [("limit", 6_001)]),
        # Friday's reading, then Monday's: one business day.
        ((50_000, 50_000, 50_000, 50_000, 50_001, None, None, 55_001), []),
        ((50_000, 50_000, 50_000, 50_000, 50_001, None, None, 55_002), [("limit", 5_001)]),
        ((500_000, 560_000), [("limit", 60_000)]),
        ((500_000, 560_001), [("physical", 60_001)]),
        ((500_000, None, 620_001), [("physical", 120_001)]),
    ],
)
def test_the_limit_of_a_young_device(
    counts: tuple[int | None, ...], waiting: list[tuple[str, int]]
) -> None:
    assert held(series(*counts)) == waiting


@pytest.mark.parametrize(
    ("jump", "waiting"),
    [(6_000, []), (6_001, [("limit", 6_001)])],
)
def test_the_limit_of_a_device_with_a_history_is_thrice_its_busiest_day(
    jump: int, waiting: list[tuple[str, int]]
) -> None:
    # From a Tuesday to a Monday: five deltas, of which one of 2,000.
    counts = [50_000, 50_100, 52_100, 52_200, 52_300, 52_400]

    assert held(series(*counts, None, 52_400 + jump)) == waiting


@pytest.mark.parametrize(
    ("count", "waiting"),
    [
        (4_999, []),
        (5_000, [("near_lifetime", 4_000)]),
    ],
)
def test_a_delta_of_four_fifths_of_the_count_is_near_the_lifetime(
    count: int, waiting: list[tuple[str, int]]
) -> None:
    assert held(series(1_000, count)) == waiting


@pytest.mark.parametrize(
    ("pages", "count", "deltas", "era", "near"),
    [
        (1_001, 1_251, 0, 0, True),
        (1_000, 1_000, 0, 0, False),
        (1_001, 1_252, 0, 0, False),
        (4_000, 5_000, 4, 0, True),
        (4_000, 5_000, 5, 0, False),
        (4_000, 5_000, 0, 1, False),
    ],
)
def test_a_large_delta_at_a_high_count_is_near_the_lifetime(
    pages: int, count: int, deltas: int, era: int, near: bool
) -> None:
    history = History(deltas=deltas, busiest=10, pages=10, days=1)

    assert DEFAULT_LIMITS.is_near_lifetime(history, pages, count, era) == near


def test_limits_depend_on_the_history() -> None:
    young = History(4, 9_000, 20_000, 7)
    known = History(5, 9_000, 20_000, 7)

    assert young.mean == 2_858
    assert History().mean == 0
    assert [DEFAULT_LIMITS.of_gap(young, days) for days in (1, 3)] == [5_000, 5_000 + 2 * 8_574]
    assert [DEFAULT_LIMITS.of_gap(known, days) for days in (1, 3)] == [27_000, 27_000 + 2 * 8_574]
    assert DEFAULT_LIMITS.of_gap(History(9, 10, 90, 9), 4) == 5_000 + 3 * 1_000
    assert DEFAULT_LIMITS.most_confirmable(known, 1, 0, has_serial=True) == 15_000 + 40 * 4_500
    assert DEFAULT_LIMITS.most_confirmable(known, 2, 5_000, has_serial=False) == (
        15_000 + 10 * 5_000 + 8_574
    )


@pytest.mark.parametrize(
    ("count", "total", "waiting"),
    [
        (500, 500, []),
        (501, 0, [("first_count", 501)]),
        (15_000, 0, [("first_count", 15_000)]),
        (15_001, 0, []),
    ],
)
def test_the_first_count_of_a_new_machine(
    count: int, total: int, waiting: list[tuple[str, int]]
) -> None:
    service = series(0, count)

    assert (service.total(), held(service)) == (total, waiting)
    assert service.state(1).latest == count


@pytest.mark.parametrize(
    ("jump", "later", "total", "person"),
    [
        (10_000, 100, 10_200, 0),  # confirmable
        (40_000, 100, 200, 1),  # beyond it
        (40_000, 8_000, 56_000, 0),  # the days after it are like it
        (61_000, 100, 200, 0),  # no machine prints that
    ],
)
def test_held_pages_are_accepted_or_need_a_decision_after_two_business_days(
    jump: int, later: int, total: int, person: int
) -> None:
    # Deltas of 8,000 are held themselves until the device is known to print so much.
    counts = [500_000, 500_000 + jump, 500_000 + jump + later, 500_000 + jump + 2 * later]
    service = series(*counts)

    assert len(service.for_person()) == person
    if later < 5_000:
        assert service.total() == total


@pytest.mark.parametrize(
    ("seen", "last", "day"),
    [
        ("2026-10-21T15:00:00Z", date(2026, 10, 20), date(2026, 10, 21)),
        ("2026-10-22T03:59:00Z", date(2026, 10, 20), date(2026, 10, 21)),
        ("2026-10-20T15:00:00Z", date(2026, 10, 20), date(2026, 10, 23)),
        ("2026-10-19T15:00:00Z", None, date(2026, 10, 19)),
        ("2026-10-18T15:00:00Z", None, date(2026, 10, 23)),
        ("2026-10-23T15:00:00Z", date(2026, 10, 20), date(2026, 10, 23)),
        ("2026-10-24T15:00:00Z", date(2026, 10, 20), date(2026, 10, 23)),
        (None, date(2026, 10, 20), date(2026, 10, 23)),
    ],
)
def test_the_day_of_a_reading_is_that_of_its_last_seen_if_possible(
    seen: str | None, last: date | None, day: date
) -> None:
    moment = datetime.fromisoformat(seen) if seen else None

    assert reading_day(moment, NEW_YORK, last, date(2026, 10, 23), FIRST_NIGHT) == day


def test_pages_are_spread_in_whole_parts_that_differ_by_one() -> None:
    days = [FIRST_NIGHT + timedelta(days=n) for n in range(3)]

    assert [part for _, part in spread(10, days)] == [3, 3, 4]
    assert spread(1, days) == ((days[2], 1),)
    assert spread(9, days[:1]) == ((days[0], 9),)


def test_pages_are_allocated_to_the_business_days_after_the_feed_began() -> None:
    friday, saturday, monday = date(2026, 10, 23), date(2026, 10, 24), date(2026, 10, 26)
    tuesday = date(2026, 10, 27)

    assert allocate(10, friday, tuesday, None, HOLIDAYS) == ((monday, 5), (tuesday, 5))
    assert allocate(10, friday, tuesday, tuesday, HOLIDAYS) == ((tuesday, 10),)
    assert allocate(10, friday, saturday, None, HOLIDAYS) == ((saturday, 10),)
    assert allocate(10, friday, friday, None, HOLIDAYS) == ((friday, 10),)
    assert allocate(10, friday, saturday, monday, HOLIDAYS) == ((monday, 10),)


@pytest.mark.parametrize(
    ("value", "usable"),
    [(0, True), (-1, False), (99_999, True), (999_999, False), (999_998, True), (9_999_999, False),
     (2**31 - 1, False), (2**31, True), (2**32 - 1, False), (10**12, True), (2**63 - 1, False),
     (2**63, False), (2**64 - 1, False)],
)  # fmt: skip
def test_only_possible_values_of_a_counter_are_used(value: int, usable: bool) -> None:
    assert is_value(value) == usable
    assert usable_values({MONO: value, COLOUR: None, "scans": 3}) == (
        {MONO: value} if usable else {}
    )


@pytest.mark.parametrize("value", [10**12 + 1, 2**62, 2**63 - 2])
def test_more_clicks_than_a_machine_can_print_are_ignored(value: int) -> None:
    assert usable_values({MONO: value, "paperAreaTotal": value}) == {"paperAreaTotal": value}


def test_the_counter_set_with_pages_is_chosen_before_one_that_is_only_present() -> None:
    area = {"paperAreaTotal": LETTER_AREA}

    assert select_counter_set({MONO: 0} | area) == "area"
    assert select_counter_set({MONO: 1} | area) == "colour"
    assert select_counter_set({MONO: 0, "paperLength": 0}) == "colour"
    assert select_counter_set({}) is None
    assert pages_of("area", [2 * LETTER_AREA - 1], 914) == 1
    assert pages_of("area_by_colour", [LETTER_AREA - 1, 1], 914) == 1
    assert pages_of("length", [LETTER_AREA * 10_000 // 914_000 + 1], 914) == 1
    assert pages_of("size", [3, 4], 914) == 7


@pytest.mark.parametrize(
    ("serial", "key"),
    [("cn-1 2", "CN-12"), ("ＣＮ１２", "CN12"), ("a\u200bb", "AB"), ("11-11", None), ("x", None),
     ("N/A", None), ("To be filled by O.E.M.", None), ("12", "12"), ("\t", None), (None, None)],
)  # fmt: skip
def test_serial_numbers_are_normalized(serial: str | None, key: str | None) -> None:
    assert serial_key(serial) == key


def test_a_month_has_a_previous_and_a_next_one() -> None:
    assert Month(2026, 1).previous() == Month(2025, 12)
    assert Month(2026, 12).previous() == Month(2026, 11)
    assert Month(2026, 12).next() == Month(2027, 1)
    assert Month(2026, 11).next() == Month(2026, 12)


def test_a_last_seen_of_now_is_possible() -> None:
    seen = datetime(2026, 10, 20, 5, 30, tzinfo=UTC)
    service = run([[{"c": "C", "s": "S-1", "a": "A", "n": 10, "seen": seen.isoformat()}]])

    assert service.state(1).last_seen == seen
