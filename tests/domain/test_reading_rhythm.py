"""Which feeds seem to be read by hand, by the days of their readings."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.calendar import is_business_day
from webapp.domain.reading_rhythm import WINDOW_DAYS, suggest_interval
from webapp.services.accounts.calendars import holidays_of

#: A Tuesday.
TODAY = date(2026, 11, 17)
HOLIDAYS = holidays_of("US")


def ago(*days: int) -> list[date]:
    """Days before today."""
    return [TODAY - timedelta(days=number) for number in days]


def nightly(days: Iterable[date]) -> list[date]:
    """The business days among them."""
    return [day for day in days if is_business_day(day, HOLIDAYS)]


@pytest.mark.parametrize(
    ("days", "interval"),
    [
        (ago(4, 11, 18, 25, 32, 39), 7),
        (ago(4, 11, 25, 32, 39), 7),
        (ago(8, 22, 36, 50), 14),
        (ago(12, 42, 72, 102), 30),
        ([date(2026, month, 1) for month in (8, 9, 10, 11)], 31),
        (ago(5, 35, 70, 100), 30),
        (ago(20, 65, 110), 45),
        # Meters of several offices, read on two or three days of a week.
        (ago(11, 12, 41, 42, 43, 71, 72), 30),
    ],
    ids=["weekly", "a week left out", "two weeks", "monthly", "first of the month", "about monthly",
         "six weeks", "rounds of days"],
)  # fmt: skip
def test_a_rhythm_of_readings_by_hand_is_suggested(days: list[date], interval: int) -> None:
    assert suggest_interval(days, 2, TODAY, HOLIDAYS) == interval


@pytest.mark.parametrize(
    "days",
    [
        nightly(ago(*range(1, 120))),
        nightly(ago(*range(1, 20), *range(30, 55), *range(62, 90), *range(98, 119))),
        ago(4, 30, 37, 41, 95),
        ago(3, 10, 60, 67, 115),
        ago(12, 42),
        ago(12),
        [],
        ago(1, 3, 5, 8, 10, 12, 15, 17, 19, 22),
        ago(70, 77, 84, 91, 98),
    ],
    ids=["nightly", "nightly with outages", "irregular", "two at a time", "just started", "once",
         "never", "every other day", "rhythm has ended"],
)  # fmt: skip
def test_other_readings_suggest_no_interval(days: list[date]) -> None:
    assert suggest_interval(days, 9, TODAY, HOLIDAYS) is None


@pytest.mark.parametrize(("turns", "interval"), [(0, None), (1, None), (2, 30), (3, 30)])
def test_a_feed_that_did_not_turn_unhealthy_repeatedly_needs_no_suggestion(
    turns: int, interval: int | None
) -> None:
    assert suggest_interval(ago(12, 42, 72, 102), turns, TODAY, HOLIDAYS) == interval


def test_days_before_the_window_and_repeated_days_do_not_count() -> None:
    days = ago(12, 42, WINDOW_DAYS + 1, 12, 42, 0)

    assert suggest_interval(days, 2, TODAY, HOLIDAYS) is None


@given(st.integers(7, 40), st.integers(0, 6), st.sampled_from(["US", "DE", None]))
def test_a_steady_interval_is_found_whatever_the_day(
    interval: int, start: int, country: str | None
) -> None:
    days = ago(*range(1 + start, WINDOW_DAYS, interval))

    found = suggest_interval(days, 2, TODAY, holidays_of(country))

    assert found in (None, interval)
    assert found == interval or len(days) < 3 or interval < 10
