"""Shares: the pages of a gap, dated back over its days."""

from collections.abc import Container
from datetime import date

from webapp.domain.business_days import business_days_of_gap, days_of_gap


def share(pages: int, parts: int) -> list[int]:
    """``pages`` in ``parts`` whole shares that differ by one at most; their sum is exact."""
    return [pages * (n + 1) // parts - pages * n // parts for n in range(parts)]


def share_gap(
    pages: int, since: date, until: date, holidays: Container[date]
) -> list[tuple[date, int]]:
    """The pages gained after ``since`` until ``until`` (included), by day, in order.

    They are shared over the gap's business days, or over all its days when it has none.
    Raises ValueError when ``until`` is not after ``since``.
    """
    if until <= since:
        raise ValueError(f"a gap must end after it began: {since} to {until}")
    days = days_of_gap(since, until)
    if len(days) > 1:
        days = business_days_of_gap(since, until, holidays) or days
    return list(zip(days, share(pages, len(days)), strict=True))
