"""Business days: Monday to Friday without public holidays. The calendar is an argument."""

from collections.abc import Container
from datetime import date, timedelta

SATURDAY = 5


def is_business_day(day: date, holidays: Container[date]) -> bool:
    """Whether a day is a business day."""
    return day.weekday() < SATURDAY and day not in holidays


def days_of_gap(since: date, until: date) -> list[date]:
    """Return every day after ``since`` up to and including ``until``."""
    return [since + timedelta(days=n) for n in range(1, (until - since).days + 1)]


def business_days_of_gap(since: date, until: date, holidays: Container[date]) -> list[date]:
    """Return the business days after ``since`` up to and including ``until``."""
    return [day for day in days_of_gap(since, until) if is_business_day(day, holidays)]
