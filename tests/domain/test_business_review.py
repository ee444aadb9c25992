"""Business reviews: their periods, and the customers with the largest changes."""

from datetime import date
from decimal import Decimal

import pytest

from webapp.domain.business_review import (
    RANKED,
    BusinessPeriod,
    BusinessReview,
    CustomerPages,
    ended_periods,
)
from webapp.domain.months import Month

SUNDAY = date(2026, 11, 29)


def review_of(*pages: tuple[int, int], before: int = 1) -> BusinessReview:
    """October 2026 of customers with pages in it, and in September."""
    customers = [CustomerPages(n, f"Customer {n}", *each) for n, each in enumerate(pages)]
    by_month = [(Month(2026, 10), sum(each.pages for each in customers))]
    period = BusinessPeriod(Month(2026, 10))
    return BusinessReview(period, SUNDAY, by_month, before, customers, 0, [])


@pytest.mark.parametrize(
    ("text", "months", "before"),
    [
        ("2026-10", ["2026-10"], "2026-09"),
        ("2026-01", ["2026-01"], "2025-12"),
        ("2026-Q1", ["2026-01", "2026-02", "2026-03"], "2025-Q4"),
        ("2026-Q4", ["2026-10", "2026-11", "2026-12"], "2026-Q3"),
    ],
)
def test_a_period_is_a_month_or_a_quarter(text: str, months: list[str], before: str) -> None:
    period = BusinessPeriod.parse(text)

    assert str(period) == text
    assert [str(month) for month in period.months] == months
    assert str(period.before) == before


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-Q0", "2026-Q5", "2026-13", "2026-q1", "٢٠٢٦-Q1"]
)
def test_other_texts_raise_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="is not a month"):
        BusinessPeriod.parse(text)


def test_only_ended_periods_are_offered_the_latest_first() -> None:
    months, quarters = ended_periods(Month(2026, 6), SUNDAY)

    assert [str(each) for each in months] == ["2026-10", "2026-09", "2026-08", "2026-07", "2026-06"]
    assert [str(each) for each in quarters] == ["2026-Q3", "2026-Q2"]


def test_a_partner_of_this_month_has_no_period() -> None:
    assert ended_periods(Month(2026, 11), SUNDAY) == ([], [])


def test_the_largest_changes_are_ranked_and_limited() -> None:
    review = review_of(*((n * 100, 1_000) for n in range(40)))

    assert [each.change for each in review.increases][:2] == [2_900, 2_800]
    assert [each.change for each in review.decreases][:2] == [-1_000, -900]
    assert len(review.increases) == len(review.decreases) == RANKED


def test_without_pages_before_there_is_no_change() -> None:
    review = review_of((500, 0), before=0)

    assert review.increases == review.decreases == []
    assert (review.printing, review.printing_before) == (1, 0)
    assert review.trees == Decimal("0.06")


def test_a_customer_whose_corrections_exceed_its_pages_is_not_printing() -> None:
    review = review_of((0, 0), (-40, 10))

    assert (review.printing, review.largest) == (0, [])
    assert [each.change for each in review.decreases] == [-50]
