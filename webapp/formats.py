"""How values read on pages, in the command line and on certificates: pure functions, in English.

``FILTERS`` is what a Jinja environment takes: ``environment.filters.update(FILTERS)``.
Month names are ours, because ``strftime`` speaks the language of the process's locale.
"""

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def whole(number: int) -> str:
    """A whole number with thousands separators: 2,469,134. Negative ones take a true minus."""
    return f"{number:,d}".replace("-", "−")


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: 1 printer, 2,000 printers; 3 companies where the plural is given."""
    return f"{whole(number)} {noun if abs(number) == 1 else plural or noun + 's'}"


def trees(number: Decimal) -> str:
    """Trees to 2 decimals with thousands separators: 296.31."""
    return f"{number.quantize(Decimal('0.01'), ROUND_HALF_UP):,.2f}"


def day(value: date) -> str:
    """A date: 31 October 2026. A datetime gives the day it names, in its own zone."""
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def days(first: date, last: date) -> str:
    """Days from one to another: 3 to 9 November 2026, 28 October to 3 November 2026."""
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} to {day(last)}"
    if first.year == last.year:
        return f"{first.day} {MONTHS[first.month - 1]} to {day(last)}"
    return f"{day(first)} to {day(last)}"


def month(value: object) -> str:
    """A month: October 2026. Takes a date within it, a Month, or text that begins 2026-10."""
    first = date.fromisoformat(f"{str(value)[:7]}-01")
    return f"{MONTHS[first.month - 1]} {first.year}"


def time_in(moment: datetime, zone: str | tzinfo) -> str:
    """An aware moment as the wall clock of a zone shows it: 31 October 2026, 12:45 EDT.

    Raises ValueError for a moment without a zone of its own: it could mean any hour.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    local = moment.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
    # Zones without letters of their own call themselves "+0530".
    name = local.tzname() or ""
    if name[:1] in ("+", "-"):
        name = f"UTC{name}".replace("-", "−")
    return f"{day(local)}, {local:%H:%M} {name}".rstrip()


def days_ago(value: date, today: date) -> str:
    """How far a day lies from today: today, yesterday, 3 days ago, tomorrow, in 3 days."""
    days = (today - value).days
    named = {-1: "tomorrow", 0: "today", 1: "yesterday"}
    if days in named:
        return named[days]
    return f"{whole(days)} days ago" if days > 0 else f"in {whole(-days)} days"


FILTERS: dict[str, Callable[..., Any]] = {
    "whole": whole,
    "counted": counted,
    "trees": trees,
    "day": day,
    "days": days,
    "month": month,
    "time_in": time_in,
    "days_ago": days_ago,
}
