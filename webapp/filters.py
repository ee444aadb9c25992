"""Filters: numbers, dates and counted nouns as text, in the current language.

``add_filters`` registers them in a Jinja environment. Separators, names of months and of zones are
those of CLDR, by Babel.
"""

from collections.abc import Callable
from datetime import date, datetime, time, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from babel.dates import (
    format_date,
    format_interval,
    format_skeleton,
    format_time,
    get_timezone_location,
    get_timezone_name,
)
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from flask_babel import gettext, ngettext
from jinja2 import Environment

from webapp import i18n


def _forms(singular: str, plural: str) -> tuple[str, str]:
    """Return both forms of a message; a function, so that ``make texts`` finds them."""
    return singular, plural


#: What can be counted.
_NOUNS = {
    "business day": _forms("%(number)s business day", "%(number)s business days"),
    "case": _forms("%(number)s case", "%(number)s cases"),
    "certificate": _forms("%(number)s certificate", "%(number)s certificates"),
    "collection": _forms("%(number)s collection", "%(number)s collections"),
    "customer": _forms("%(number)s customer", "%(number)s customers"),
    "day": _forms("%(number)s day", "%(number)s days"),
    "device": _forms("%(number)s device", "%(number)s devices"),
    "difference": _forms("%(number)s difference", "%(number)s differences"),
    "entry": _forms("%(number)s entry", "%(number)s entries"),
    "feed": _forms("%(number)s feed", "%(number)s feeds"),
    "hour": _forms("%(number)s hour", "%(number)s hours"),
    "mail": _forms("%(number)s email", "%(number)s emails"),
    "meter reading to review": _forms(
        "%(number)s meter reading to review", "%(number)s meter readings to review"
    ),
    "minute": _forms("%(number)s minute", "%(number)s minutes"),
    "month": _forms("%(number)s month", "%(number)s months"),
    "new account": _forms("%(number)s new account", "%(number)s new accounts"),
    "page": _forms("%(number)s page", "%(number)s pages"),
    "partner": _forms("%(number)s partner", "%(number)s partners"),
    "printer": _forms("%(number)s printer", "%(number)s printers"),
    "row": _forms("%(number)s row", "%(number)s rows"),
    "server": _forms("%(number)s server", "%(number)s servers"),
    "silent customer": _forms(
        "%(number)s customer not reporting", "%(number)s customers not reporting"
    ),
    "silent printer": _forms(
        "%(number)s printer not reporting", "%(number)s printers not reporting"
    ),
    "standard page": _forms("%(number)s standard page", "%(number)s standard pages"),
    "tree": _forms("%(number)s tree", "%(number)s trees"),
    "unhealthy feed": _forms("%(number)s unhealthy feed", "%(number)s unhealthy feeds"),
    "unhealthy server": _forms("%(number)s unhealthy server", "%(number)s unhealthy servers"),
    "user": _forms("%(number)s user", "%(number)s users"),
}


#: Trees below this are exact to two significant digits, see webapp.domain.trees.
_SMALL_TREES = Decimal("0.01")


def number(value: int) -> str:
    """Return a whole number with thousands separators: 2,469,134. Negative: a true minus."""
    return format_decimal(value, locale=i18n.current_locale()).replace("-", "−")


def pluralize(value: int, noun: str) -> str:
    """Return a number with a noun: 1 printer, 2,000 printers. KeyError for unknown nouns."""
    return ngettext(*_NOUNS[noun], abs(value), number=number(value))


def compact(value: int) -> str:
    """Return a rounded number for little space: 500, 15K, 1.5M."""
    return format_compact_decimal(value, locale=i18n.current_locale(), fraction_digits=1)


def percent(value: float) -> str:
    """Return a fraction in whole percent: 0.123 is 12%. Negative: a true minus."""
    return format_percent(value, locale=i18n.current_locale()).replace("-", "−")


def change(value: int, before: int) -> str:
    """Return by how much a number differs from the one before: +20 (+25%), −5; +3 after 0."""
    sign = "+" if value > before else ""
    difference = f"{sign}{number(value - before)}"
    if before <= 0:
        return difference
    return f"{difference} ({sign}{percent((value - before) / before)})"


def trees(value: Decimal) -> str:
    """Return trees with 2 decimals and thousands separators: 296.31; as they are below: 0.0026."""
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and 0 < abs(value) <= _SMALL_TREES:
        return decimal(value, max(2, -exponent))
    return decimal(value, 2)


def decimal(value: Decimal, places: int) -> str:
    """Return a number with a fixed number of decimals, at least one, and separators."""
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return format_decimal(rounded, f"#,##0.{'0' * places}", locale=i18n.current_locale())


def day(value: date) -> str:
    """Return a date: Oct 31, 2026. Of a datetime, the date in its zone."""
    return format_date(value, "medium", locale=i18n.current_locale())


def long_day(value: date) -> str:
    """Return a date for documents: October 31, 2026."""
    return format_date(value, "long", locale=i18n.current_locale())


def days(first: date, last: date) -> str:
    """Return a range of days: Nov 3 – 9, 2026; Oct 28 – Nov 3, 2026."""
    if first == last:
        return day(first)
    return _plain(format_interval(first, last, "yMMMd", locale=i18n.current_locale()))


def month(value: object) -> str:
    """Return a month: October 2026. Takes a date, a Month, or text that starts with 2026-10.

    Spanish months are in lower case: capitalize one that begins a heading, a cell or a sentence.
    """
    return _date("yMMMM", date.fromisoformat(f"{str(value)[:7]}-01"))


def months(range_of_months: tuple[date, date]) -> str:
    """Return a month, or a range of months by their first days: August – October 2026."""
    first, last = range_of_months
    if first == last:
        return month(first)
    return _plain(format_interval(first, last, "yMMMM", locale=i18n.current_locale()))


def short_date(label: str, *, year: bool = True) -> str:
    """Return an ISO day or month for charts: Oct 31, 2026, Oct 2026; Oct 31, Oct without a year."""
    first = date.fromisoformat(label if len(label) > 7 else f"{label}-01")
    if len(label) > 7:
        return _date("yMMMd" if year else "MMMd", first)
    if year:
        return _date("yMMM", first)
    return format_date(first, "LLL", locale=i18n.current_locale())


def month_name(value: date) -> str:
    """Return the month of a date without its year: October."""
    return format_date(value, "LLLL", locale=i18n.current_locale())


def time_in(moment: datetime, zone: str | tzinfo) -> str:
    """Return an aware datetime in the local time of a zone: Oct 31, 2026, 12:45 PM EDT.

    Raises ValueError for a naive datetime.
    """
    local = _local(moment, zone)
    # Zones without an abbreviation are called "+0530".
    name = local.tzname() or ""
    if name[:1] in ("+", "-"):
        name = f"UTC{name}".replace("-", "−")
    return f"{local_time(moment, zone)} {name}".rstrip()


def local_time(moment: datetime, zone: str | tzinfo) -> str:
    """Return an aware datetime as ``time_in``, without the zone: Oct 31, 2026, 12:45 PM.

    For tables that name the zone once. Raises ValueError for a naive datetime.
    """
    local = _local(moment, zone)
    return f"{day(local)}, {clock_time(local.timetz())}"


def _local(moment: datetime, zone: str | tzinfo) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)


def clock_time(value: time) -> str:
    """Return a time of day: 12:45 PM."""
    return _plain(format_time(value, "short", locale=i18n.current_locale()))


def zone_name(zone: str | tzinfo) -> str:
    """Return the name of a time zone: Eastern Time; its city, if it has no name: Kolkata."""
    key = str(zone)
    locale = i18n.current_locale()
    known = ZoneInfo(key)
    name = get_timezone_name(known, locale=locale)
    # For a zone without a name, Babel returns that of its country and city.
    if key != "UTC" and name != get_timezone_location(known, locale=locale):
        return name
    return key.rpartition("/")[2].replace("_", " ")


def days_ago(value: date, today: date) -> str:
    """Return the distance to today: today, yesterday, 3 days ago, tomorrow, in 3 days."""
    days = (today - value).days
    if days == 0:
        return gettext("today")
    if days == 1:
        return gettext("yesterday")
    if days == -1:
        return gettext("tomorrow")
    if days > 0:
        return ngettext("%(number)s day ago", "%(number)s days ago", days, number=number(days))
    return ngettext("in %(number)s day", "in %(number)s days", -days, number=number(-days))


class Named(Protocol):
    """An object with the identifiers of a device; blank ones are empty."""

    @property
    def asset_id(self) -> str: ...
    @property
    def serial_number(self) -> str: ...


def device_name(device: Named) -> str:
    """Return a device's asset ID, or else its serial number."""
    return device.asset_id or device.serial_number or gettext("Device without an ID")


def _date(skeleton: str, value: date) -> str:
    return _plain(format_skeleton(skeleton, value, locale=i18n.current_locale()))


def _plain(text: str) -> str:
    """Replace the narrow spaces of CLDR, which many fonts do not have, by ordinary ones."""
    return text.replace("\u202f", " ").replace("\u2009", " ")


FILTERS: dict[str, Callable[..., Any]] = {
    "device_name": device_name,
    "number": number,
    "change": change,
    "pluralize": pluralize,
    "trees": trees,
    "day": day,
    "long_day": long_day,
    "days": days,
    "month": month,
    "months": months,
    "percent": percent,
    "month_name": month_name,
    "short_date": short_date,
    "time_in": time_in,
    "local_time": local_time,
    "clock_time": clock_time,
    "zone_name": zone_name,
    "days_ago": days_ago,
    "language_tag": i18n.tag,
    "base_language": i18n.base,
}


def add_filters(environment: Environment) -> None:
    """Register the filters and the languages in a Jinja environment."""
    environment.filters.update(FILTERS)
    environment.globals.update(
        language=i18n.current_language,
        languages_offered=i18n.LANGUAGES,
        N_=str,
    )
