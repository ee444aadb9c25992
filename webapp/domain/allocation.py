"""Allocation: distributes the pages of a gap over its days."""

from collections.abc import Container
from datetime import date

from webapp.domain.calendar import business_days_of_gap, days_of_gap


def share(pages: int, parts: int) -> list[int]:
    """Split ``pages`` into whole parts that differ by at most one; their sum is exact."""
    return [pages * (n + 1) // parts - pages * n // parts for n in range(parts)]


def allocate_over_gap(
    pages: int, since: date, until: date, holidays: Container[date]
) -> list[tuple[date, int]]:
    """Return the pages of each day after ``since`` up to and including ``until``, in order.

    They are distributed over the gap's business days, or over all its days when it has none.
    Raise ValueError when ``until`` is not after ``since``.
    """
    if until <= since:
        raise ValueError(f"a gap must end after its start: {since} to {until}")
    days = days_of_gap(since, until)
    if len(days) > 1:
        days = business_days_of_gap(since, until, holidays) or days
    return list(zip(days, share(pages, len(days)), strict=True))
