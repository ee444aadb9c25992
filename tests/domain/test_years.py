"""The summary of a year: busiest month, growth, milestones."""

from datetime import date

import pytest

from webapp.domain.months import Month
from webapp.domain.years import YearSummary, summarize

TREE = 8_333
TODAY = date(2026, 11, 20)


def months(**pages: int) -> dict[Month, int]:
    """Pages by month: ``m2026_10=5``."""
    return {Month.parse(name[1:].replace("_", "-")): count for name, count in pages.items()}


def test_a_year_without_pages_has_nothing_to_state() -> None:
    assert summarize({}, 2026, TODAY) == YearSummary(None, Month(2026, 10), None, None, 0)


def test_months_that_have_ended_are_compared_with_the_same_of_the_year_before() -> None:
    pages = months(m2025_02=100, m2025_11=900, m2025_12=900, m2026_02=110, m2026_11=5_000)

    this, before = summarize(pages, 2026, TODAY), summarize(pages, 2025, TODAY)

    assert this.until == Month(2026, 10)
    assert this.growth == pytest.approx(0.1)
    assert this.busiest == (Month(2026, 11), 5_000)
    assert this.total == 7_010
    assert (before.until, before.growth, before.total) == (Month(2025, 12), None, 1_900)


def test_no_month_is_compared_in_january() -> None:
    summary = summarize(months(m2025_01=5, m2026_01=9), 2026, date(2026, 1, 31))

    assert (summary.until, summary.growth) == (None, None)


def test_the_largest_milestone_of_a_year_is_named_with_its_month() -> None:
    pages = months(m2025_12=TREE - 1, m2026_01=1, m2026_03=4 * TREE, m2026_05=4 * TREE)

    assert summarize(pages, 2025, TODAY).milestone is None
    assert summarize(pages, 2026, TODAY).milestone == (5, Month(2026, 3))


def test_a_milestone_withdrawn_by_a_correction_is_not_named() -> None:
    pages = months(m2026_01=TREE, m2026_02=-1)

    assert summarize(pages, 2026, TODAY).milestone is None
