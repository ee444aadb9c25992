"""Business days, shares, health, months and trees."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.calendar import business_days_of_gap, days_of_gap, is_business_day
from webapp.domain.health import (
    Recovered,
    due_on,
    feed_health,
    recovered,
    silent_before,
    silent_business_days,
    unhealthy_from,
)
from webapp.domain.metering.days import allocate, spread
from webapp.domain.months import Month, closes_at, counting_month
from webapp.domain.paper import LETTER_AREA, pages_of_area, pages_of_length
from webapp.domain.trees import trees

FRIDAY = date(2026, 10, 9)
COLUMBUS_DAY = date(2026, 10, 12)
HOLIDAYS = frozenset({COLUMBUS_DAY})
DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        (525_377, "63.05"),
        (2_469_134, "296.31"),
        (1_593_208, "191.19"),
        (1_234, "0.15"),
        (12_345, "1.48"),
        (8_333, "1.00"),
        (84, "0.01"),
        (83, "0.010"),
        (22, "0.0026"),
        (1, "0.00012"),
        (-22, "-0.0026"),
    ],
)
def test_trees_have_two_decimals_and_small_ones_two_digits(pages: int, expected: str) -> None:
    assert trees(pages) == Decimal(expected)
    assert str(trees(pages)) == expected


def test_a_gap_over_a_long_weekend_is_allocated_to_its_business_days() -> None:
    tuesday = date(2026, 10, 13)

    assert allocate(10, FRIDAY, tuesday, None, HOLIDAYS) == ((tuesday, 10),)
    assert allocate(10, FRIDAY, tuesday, None, frozenset()) == ((COLUMBUS_DAY, 5), (tuesday, 5))


def test_a_gap_without_business_days_is_allocated_to_all_its_days() -> None:
    allocation = allocate(5, FRIDAY, COLUMBUS_DAY, None, HOLIDAYS)

    assert allocation == ((date(2026, 10, 10), 1), (date(2026, 10, 11), 2), (COLUMBUS_DAY, 2))


def test_two_days_are_allocated_as_longer_gaps_are() -> None:
    saturday = FRIDAY + timedelta(days=1)

    assert allocate(5, saturday, COLUMBUS_DAY, None, frozenset()) == ((COLUMBUS_DAY, 5),)


MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 11, n) for n in (2, 3, 4, 5))


@pytest.mark.parametrize(
    ("last_data_on", "until", "shares", "expected"),
    [
        # Silent on Tuesday and Wednesday.
        (
            MONDAY,
            THURSDAY,
            {TUESDAY: 5, WEDNESDAY: 7, THURSDAY: 9},
            Recovered(12, TUESDAY, WEDNESDAY),
        ),
        # Pages of a printer that was idle before, and of the day itself, are no recovery.
        (
            TUESDAY,
            THURSDAY,
            {MONDAY: 3, TUESDAY: 5, WEDNESDAY: 7, THURSDAY: 9},
            Recovered(7, WEDNESDAY, WEDNESDAY),
        ),
        (MONDAY, THURSDAY, {WEDNESDAY: 7, TUESDAY: 0}, Recovered(7, WEDNESDAY, WEDNESDAY)),
        (
            FRIDAY,
            date(2026, 10, 16),
            {date(2026, 10, 13): 1, date(2026, 10, 14): 2, date(2026, 10, 15): 4},
            Recovered(7, date(2026, 10, 13), date(2026, 10, 15)),
        ),
        (MONDAY, THURSDAY, {THURSDAY: 9}, None),
        (MONDAY, THURSDAY, {TUESDAY: 0}, None),
        (MONDAY, TUESDAY, {TUESDAY: 9}, None),
        # A long weekend is no silence, whatever was printed on it.
        (FRIDAY, date(2026, 10, 13), {COLUMBUS_DAY: 4, date(2026, 10, 13): 9}, None),
    ],
)
def test_pages_for_silent_business_days_are_recovered(
    last_data_on: date, until: date, shares: dict[date, int], expected: Recovered | None
) -> None:
    assert recovered(shares, last_data_on, until, HOLIDAYS) == expected


@given(st.integers(0, 2**62), st.integers(1, 500))
def test_parts_are_whole_sum_exactly_and_differ_by_one_at_most(pages: int, number: int) -> None:
    days = days_of_gap(FRIDAY, FRIDAY + timedelta(days=number))

    allocated = dict(spread(pages, days))

    parts = [allocated.pop(day, 0) for day in days]
    assert allocated == {}
    assert sum(parts) == pages
    assert max(parts) - min(parts) <= 1


@pytest.mark.slow
@given(DAYS, st.integers(1, 400), st.integers(0, 10**7), st.frozensets(DAYS, max_size=30))
def test_a_gap_loses_no_page_and_leaves_its_days(
    since: date, days: int, pages: int, holidays: frozenset[date]
) -> None:
    until = since + timedelta(days=days)

    allocation = allocate(pages, since, until, None, holidays)

    assert sum(part for _, part in allocation) == pages
    assert all(since < day <= until for day, _ in allocation)


@pytest.mark.parametrize(
    ("today", "health"),
    [
        (date(2026, 10, 10), "healthy"),
        (date(2026, 10, 13), "healthy"),  # the weekend and Columbus Day do not count
        (date(2026, 10, 15), "healthy"),  # Tuesday and Wednesday have ended
        (date(2026, 10, 16), "unhealthy"),  # Thursday has ended too
    ],
)
def test_a_feed_is_unhealthy_when_three_whole_business_days_have_ended(
    today: date, health: str
) -> None:
    assert feed_health(FRIDAY, today, HOLIDAYS) == health
    assert unhealthy_from(FRIDAY, HOLIDAYS) == date(2026, 10, 16)


def test_a_feed_is_pending_before_its_first_data() -> None:
    assert feed_health(None, FRIDAY, HOLIDAYS) == "pending"


@given(DAYS, st.integers(0, 30), st.frozensets(DAYS, max_size=60))
def test_health_agrees_with_counting_day_by_day(
    last_data_on: date, later: int, holidays: frozenset[date]
) -> None:
    today = last_data_on + timedelta(days=later)
    ended = [last_data_on + timedelta(days=n) for n in range(1, later)]
    silent = sum(day.weekday() < 5 and day not in holidays for day in ended)

    assert silent_business_days(last_data_on, today, holidays) == silent
    assert feed_health(last_data_on, today, holidays) == ("unhealthy" if silent >= 3 else "healthy")
    assert (today >= unhealthy_from(last_data_on, holidays)) == (silent >= 3)


@given(
    DAYS,
    st.integers(0, 130),
    st.none() | st.integers(2, 92),
    st.frozensets(DAYS, max_size=9),
)
def test_a_device_is_silent_as_long_as_a_feed_would_be_unhealthy(
    latest_on: date, after: int, interval: int | None, holidays: frozenset[date]
) -> None:
    today = latest_on + timedelta(days=after)

    is_silent = latest_on < silent_before(today, holidays, interval)

    assert is_silent == (feed_health(latest_on, today, holidays, interval) == "unhealthy")


def test_a_feed_read_by_hand_is_unhealthy_three_business_days_after_its_reading_was_due() -> None:
    friday = date(2026, 9, 11)

    health = {
        today: feed_health(friday, today, HOLIDAYS, 28)
        for today in days_of_gap(friday, date(2026, 10, 20))
    }

    assert due_on(friday, 28) == FRIDAY
    assert unhealthy_from(friday, HOLIDAYS, 28) == date(2026, 10, 16)
    assert {day for day, each in health.items() if each == "unhealthy"} == {
        date(2026, 10, day) for day in range(16, 21)
    }


@given(DAYS, st.integers(0, 130), st.integers(2, 92), st.frozensets(DAYS, max_size=9))
def test_a_longer_interval_is_never_unhealthy_earlier(
    last_data_on: date, after: int, interval: int, holidays: frozenset[date]
) -> None:
    today = last_data_on + timedelta(days=after)

    by_hand = feed_health(last_data_on, today, holidays, interval)

    assert (by_hand == "unhealthy") == (today >= unhealthy_from(last_data_on, holidays, interval))
    assert by_hand == "healthy" or feed_health(last_data_on, today, holidays) == "unhealthy"


def test_days_of_a_gap_leave_out_its_first_day() -> None:
    assert days_of_gap(FRIDAY, COLUMBUS_DAY)[0] == date(2026, 10, 10)
    assert business_days_of_gap(FRIDAY, COLUMBUS_DAY, HOLIDAYS) == []
    assert len(business_days_of_gap(FRIDAY, date(2026, 10, 14), HOLIDAYS)) == 2
    assert is_business_day(FRIDAY, HOLIDAYS)


@pytest.mark.parametrize(
    "text", ["2026-1", "2026-13", "2026-00", "26-10", "2026/10", "", "0000-01"]
)
def test_a_text_that_is_not_a_month_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(ValueError, match="write it like 2026-10"):
        Month.parse(text)


@given(DAYS)
def test_months_follow_one_another(day: date) -> None:
    month = Month.of(day)

    assert Month.parse(str(month)) == month
    assert month.next().previous() == month
    assert month.first <= day <= month.last
    assert month.last + timedelta(days=1) == month.next().first


@pytest.mark.parametrize(
    ("day", "last_closed", "month"),
    [
        (date(2026, 11, 3), None, Month(2026, 11)),
        (date(2026, 11, 3), Month(2026, 9), Month(2026, 11)),
        (date(2026, 11, 3), Month(2026, 10), Month(2026, 11)),
        (date(2026, 11, 3), Month(2026, 11), Month(2026, 12)),
        (date(2026, 11, 3), Month(2026, 12), Month(2027, 1)),
    ],
)
def test_pages_count_in_their_own_month_or_the_first_open_one(
    day: date, last_closed: Month | None, month: Month
) -> None:
    assert counting_month(day, last_closed) == month


def test_the_first_year_has_months_and_the_year_before_has_none() -> None:
    assert Month.parse("0001-01") == Month(1, 1)
    with pytest.raises(ValueError, match="is not a month"):
        Month.parse("0000-12")


@pytest.mark.parametrize("pages", [1, 10**6, 10**12])
def test_paper_length_is_converted_to_the_micrometer(pages: int) -> None:
    # The shortest length of a roll of 914 mm that is as large as so many Letter pages.
    length = -(-pages * LETTER_AREA * 10_000 // (914 * 1_000))

    assert pages_of_length(length, 914) == pages
    assert pages_of_length(length - 1, 914) == pages - 1
    assert pages_of_area(pages * LETTER_AREA) == pages
    assert pages_of_area(pages * LETTER_AREA - 1) == pages - 1


def test_late_pages_are_counted_in_the_first_open_month() -> None:
    october = Month(2026, 10)

    assert counting_month(date(2026, 10, 30), None) == october
    assert counting_month(date(2026, 10, 30), Month(2026, 9)) == october
    assert counting_month(date(2026, 10, 30), october) == Month(2026, 11)
    assert counting_month(date(2026, 10, 30), Month(2026, 12)) == Month(2027, 1)


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("UTC", datetime(2026, 11, 2, 6, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 2, 11, tzinfo=UTC)),  # winter time since the 1st
        ("Pacific/Kiritimati", datetime(2026, 11, 1, 16, tzinfo=UTC)),
    ],
)
def test_a_month_closes_after_its_grace_in_the_accounts_zone(zone: str, moment: datetime) -> None:
    assert closes_at(Month(2026, 10), ZoneInfo(zone)) == moment


def test_months_close_after_they_ended_and_in_their_order_in_every_zone() -> None:
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        moments = [closes_at(Month(2026, n), zone) for n in range(1, 13)]
        ends = [datetime.combine(Month(2026, n).last, time(23, 59), zone) for n in range(1, 13)]
        assert moments == sorted(moments)
        assert all(end < moment for end, moment in zip(ends, moments, strict=True))
