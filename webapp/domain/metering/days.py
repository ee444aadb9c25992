"""Days: which day a reading belongs to, and over which days its pages are allocated."""

from collections.abc import Container
from datetime import date, datetime
from zoneinfo import ZoneInfo

from webapp.domain.calendar import days_of_gap, is_business_day

#: Whole pages by day, in order.
Allocation = tuple[tuple[date, int], ...]


def reading_day(
    last_seen: datetime | None,
    zone: ZoneInfo,
    last_reading: date | None,
    closing: date,
    first: date | None,
) -> date:
    """Return the last-seen's day if it is possible, else the day being closed."""
    if last_seen is None:
        return closing
    day = last_seen.astimezone(zone).date()
    too_early = (last_reading is not None and day <= last_reading) or (
        first is not None and day < first
    )
    return closing if too_early or day > closing else day


def allocate(
    pages: int, since: date, until: date, first: date | None, holidays: Container[date]
) -> Allocation:
    """Allocate pages printed after ``since`` until ``until`` by day: whole pages, exact sum.

    Over the business days, or all days if there is none; never on a day before ``first``.
    """
    days = [day for day in days_of_gap(since, until) if first is None or day >= first]
    if not days:
        days = [until if first is None else max(until, first)]
    return spread(pages, [day for day in days if is_business_day(day, holidays)] or days)


def spread(pages: int, days: list[date]) -> Allocation:
    """Split pages into whole parts that differ by one at most; days without pages are omitted."""
    number = len(days)
    parts = [pages * (n + 1) // number - pages * n // number for n in range(number)]
    return tuple((day, part) for day, part in zip(days, parts, strict=True) if part)
