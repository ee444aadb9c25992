"""Years: the summary of a calendar year from a customer's pages by month."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from webapp.domain.months import Month
from webapp.domain.trees import PAGES_PER_TREE

#: Trees in total that a summary names when they are reached.
MILESTONES = (1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000)


@dataclass(frozen=True, slots=True)
class YearSummary:
    """The figures of a year.

    ``busiest``: the month with most pages. ``until``: the last month that is compared with the
    year before, and ``growth``: the pages more, as a fraction of those of the same months; None
    without pages then. ``milestone``: the most trees in total that were reached, and in which
    month. ``total``: pages of all time until its end.
    """

    busiest: tuple[Month, int] | None
    until: Month | None
    growth: float | None
    milestone: tuple[int, Month] | None
    total: int


def summarize(pages: Mapping[Month, int], year: int, today: date) -> YearSummary:
    """Return the summary of a year as of today, from pages by the month that counts them.

    Only months that have ended are compared.
    """
    of_year = {month: count for month, count in pages.items() if month.year == year and count > 0}
    busiest = max(of_year.items(), key=lambda item: item[1], default=None)
    until = min(Month(year, 12), Month.of(today).previous())
    return YearSummary(
        busiest=busiest,
        until=until if until.year == year else None,
        growth=_growth(pages, until) if until.year == year else None,
        milestone=_milestone(pages, year),
        total=sum(count for month, count in pages.items() if month.year <= year),
    )


def _growth(pages: Mapping[Month, int], until: Month) -> float | None:
    months = range(1, until.month + 1)
    now = sum(pages.get(Month(until.year, month), 0) for month in months)
    before = sum(pages.get(Month(until.year - 1, month), 0) for month in months)
    return now / before - 1 if before > 0 else None


def _milestone(pages: Mapping[Month, int], year: int) -> tuple[int, Month] | None:
    """Return the largest milestone that was reached in a year and held at its end."""
    reached = sum(count for month, count in pages.items() if month.year < year)
    end = reached + sum(count for month, count in pages.items() if month.year == year)
    passed = [one for one in MILESTONES if reached < one * PAGES_PER_TREE <= end]
    if not passed:
        return None
    for month in (Month(year, number) for number in range(1, 13)):
        reached += pages.get(month, 0)
        if reached >= passed[-1] * PAGES_PER_TREE:
            return passed[-1], month
    return None
