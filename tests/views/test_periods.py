"""The period of a chart: chosen in the address, compared with the one before."""

from datetime import date, timedelta

import pytest
from flask import Flask

from webapp.domain.months import Month
from webapp.queries.metrics import days_between
from webapp.views.shared.periods import LONGEST, PeriodChart, period_chart, period_of_request

TODAY = date(2026, 11, 18)
YESTERDAY = TODAY - timedelta(days=1)


class Calendar:
    """An account without public holidays."""

    holiday_country: str | None = None
    holiday_region: str | None = None


def chart(app: Flask, query: str, pages: dict[date, int]) -> PeriodChart:
    """The chart of an address."""
    by_month: dict[Month, int] = {}
    for day, count in pages.items():
        by_month[Month.of(day)] = by_month.get(Month.of(day), 0) + count
    with app.test_request_context(f"/?{query}"):
        return period_chart(
            Calendar(), TODAY, lambda first, last: days_between(first, last, pages), by_month
        )


@pytest.mark.parametrize(
    ("query", "key", "first", "last"),
    [
        ("", "31", date(2026, 10, 18), YESTERDAY),
        ("range=7", "7", date(2026, 11, 11), YESTERDAY),
        ("range=90", "90", date(2026, 8, 20), YESTERDAY),
        ("range=months", "months", date(2025, 12, 1), YESTERDAY),
        (
            "range=custom&from=2026-11-02&to=2026-11-06",
            "custom",
            date(2026, 11, 2),
            date(2026, 11, 6),
        ),
        ("range=custom&from=2026-11-02&to=2030-01-01", "custom", date(2026, 11, 2), YESTERDAY),
        ("range=custom&from=2026-11-06&to=2026-11-02", "31", date(2026, 10, 18), YESTERDAY),
        ("range=custom&from=2026-11-06", "custom", date(2026, 11, 6), YESTERDAY),
        ("range=custom&from=yesterday&to=1", "31", date(2026, 10, 18), YESTERDAY),
        ("range=custom&to=2026-11-06", "31", date(2026, 10, 18), YESTERDAY),
        ("range=-1", "31", date(2026, 10, 18), YESTERDAY),
    ],
)
def test_the_period_is_chosen_in_the_address(
    app: Flask, query: str, key: str, first: date, last: date
) -> None:
    with app.test_request_context(f"/?{query}"):
        period = period_of_request(TODAY)

    assert (period.key, period.first, period.last) == (key, first, last)


def test_a_custom_period_has_at_most_a_year(app: Flask) -> None:
    with app.test_request_context("/?range=custom&from=0001-01-01&to=2026-11-06"):
        period = period_of_request(TODAY)

    assert period.days == LONGEST
    assert period.last == date(2026, 11, 6)


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (112, 100, "112 pages, 12% more than in the 7 days before."),
        (50, 100, "50 pages, 50% fewer than in the 7 days before."),
        (100, 100, "100 pages, as many as in the 7 days before."),
        (100, 0, "100 pages. None in the 7 days before."),
        (0, 0, "0 pages. None in the 7 days before."),
        (1, 1_000, "1 page, 100% fewer than in the 7 days before."),
    ],
)
def test_a_period_is_compared_with_the_one_before(
    app: Flask, now: int, before: int, words: str
) -> None:
    pages = {date(2026, 11, 11): now, date(2026, 11, 10): before}

    made = chart(app, "range=7", pages)

    assert made.comparison == words
    assert len(made.bars) == 7


def test_twelve_months_are_compared_with_the_twelve_before(app: Flask) -> None:
    pages = {date(2026, 11, 2): 300, date(2025, 12, 1): 100, date(2025, 11, 30): 100}

    made = chart(app, "range=months", pages)

    assert [bar.label for bar in made.bars][::11] == ["2025-12", "2026-11"]
    assert made.comparison == "400 pages, 300% more than in the 12 months before."
    assert made.has_pages
    assert not chart(app, "", {}).has_pages


def growth(app: Flask, query: str, pages: dict[date, int]) -> list[tuple[str, str]]:
    """The trees at the end of each day or month of a period."""
    return [(bar.label, str(bar.value)) for bar in chart(app, query, pages).growth]


def test_trees_are_those_of_all_pages_until_the_end_of_each_day(app: Flask) -> None:
    pages = {
        date(2025, 3, 3): 8_333,
        date(2026, 11, 12): 8_333,
        date(2026, 11, 16): 16_666,
        TODAY: 8_333,
    }

    week = growth(app, "range=7", pages)
    custom = growth(app, "range=custom&from=2026-11-11&to=2026-11-13", pages)

    assert [trees for _, trees in week] == ["1.00", "2.00", "2.00", "2.00", "2.00", "4.00", "4.00"]
    assert custom == [("2026-11-11", "1.00"), ("2026-11-12", "2.00"), ("2026-11-13", "2.00")]


def test_trees_by_month_include_the_months_before_and_the_present_one(app: Flask) -> None:
    pages = {date(2025, 3, 3): 8_333, date(2026, 2, 2): 16_666, TODAY: 8_333}

    trees = growth(app, "range=months", pages)

    assert trees[0] == ("2025-12", "1.00")
    assert trees[2] == ("2026-02", "3.00")
    assert trees[-1] == ("2026-11", "4.00")


def test_without_pages_until_the_end_of_the_period_there_are_no_trees(app: Flask) -> None:
    pages = {date(2026, 11, 16): 8_333}

    assert growth(app, "range=7", {}) == []
    assert growth(app, "range=custom&from=2026-11-11&to=2026-11-13", pages) == []
