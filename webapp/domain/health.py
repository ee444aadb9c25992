"""Health: when a feed without new data becomes unhealthy."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from webapp.domain.calendar import business_days_of_gap, is_business_day

Health = Literal["pending", "healthy", "unhealthy"]

#: Whole business days without new data after which a feed is unhealthy.
SILENT_BUSINESS_DAYS = 3
#: The calendar days that may lie between the readings of a feed read by hand.
SHORTEST_INTERVAL, LONGEST_INTERVAL = 2, 92


@dataclass(frozen=True, slots=True)
class Recovered:
    """Pages allocated to days on which a feed had not reported."""

    pages: int
    first: date
    last: date


def recovered(
    shares: Mapping[date, int],
    last_data_on: date | None,
    until: date | None,
    holidays: Container[date],
) -> Recovered | None:
    """Return the pages of new data, read on ``until``, for silent days since ``last_data_on``.

    ``shares``: its pages by day. None if no business day was silent, or none of its pages are, or
    without earlier or new data.
    """
    if last_data_on is None or until is None:
        return None
    if not business_days_of_gap(last_data_on, until - timedelta(days=1), holidays):
        return None
    days = sorted(day for day, pages in shares.items() if last_data_on < day < until and pages)
    if not days:
        return None
    return Recovered(sum(shares[day] for day in days), days[0], days[-1])


def silent_business_days(last_data_on: date, today: date, holidays: Container[date]) -> int:
    """Return the business days ended since the last day with data; ``today`` has not ended."""
    return len(business_days_of_gap(last_data_on, today - timedelta(days=1), holidays))


def due_on(last_data_on: date, read_interval_days: int | None) -> date:
    """Return the day from which new data is overdue: at once, or when a reading by hand is due."""
    return last_data_on + timedelta(days=read_interval_days or 0)


def feed_health(
    last_data_on: date | None,
    today: date,
    holidays: Container[date],
    read_interval_days: int | None = None,
) -> Health:
    """Return a feed's health on ``today`` in its account's zone; pending before its first data.

    ``read_interval_days``: the calendar days between the readings of a feed read by hand. Its
    business days without data count only after that interval.
    """
    if last_data_on is None:
        return "pending"
    silent = silent_business_days(due_on(last_data_on, read_interval_days), today, holidays)
    return "unhealthy" if silent >= SILENT_BUSINESS_DAYS else "healthy"


def unhealthy_from(
    last_data_on: date, holidays: Container[date], read_interval_days: int | None = None
) -> date:
    """Return the first day on which a feed with last data on ``last_data_on`` is unhealthy."""
    day, left = due_on(last_data_on, read_interval_days), SILENT_BUSINESS_DAYS
    while left:
        day += timedelta(days=1)
        left -= is_business_day(day, holidays)
    return day + timedelta(days=1)


def silent_before(
    today: date, holidays: Container[date], read_interval_days: int | None = None
) -> date:
    """Return the day before which a device's latest reading makes it silent on ``today``.

    The limit is that of a feed: ``feed_health`` of an earlier day is unhealthy.
    """
    day, left = today, SILENT_BUSINESS_DAYS
    while left:
        day -= timedelta(days=1)
        left -= is_business_day(day, holidays)
    return day - timedelta(days=read_interval_days or 0)
