"""Totals: pages and trees of many feeds, by month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from flask_babel import gettext

from webapp.domain.months import Month
from webapp.domain.trees import trees

DAYS = 31
_MONTHS = 12


class Zoned(Protocol):
    """An object with a time zone."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its days and months."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Pages and trees of the open month and of all time, and the pages of the month before."""

    month: Month
    month_pages: int
    month_trees: Decimal
    pages: int
    trees: Decimal
    last_month: Month
    last_month_pages: int


@dataclass(frozen=True, slots=True)
class PeriodTotals:
    """Pages and trees of a period."""

    name: str
    pages: int
    trees: Decimal


@dataclass(frozen=True, slots=True)
class PartnerTotals:
    """Pages and trees of this month, quarter and year and of all time, and the certified pages.

    Also the pages of the month before.
    """

    periods: Sequence[PeriodTotals]
    certified: int
    open: int
    last_month: Month
    last_month_pages: int


def partner_totals(pages: Mapping[Month, int], certified: int, today: date) -> PartnerTotals:
    """Return a partner's totals from its pages by the month in which they are counted."""
    month = Month.of(today)
    quarter = (month.month - 1) // 3
    periods = [
        (gettext("This month"), [one for one in pages if one == month]),
        (
            gettext("Quarter %(value)s", value=quarter + 1),
            [one for one in pages if one.year == month.year and (one.month - 1) // 3 == quarter],
        ),
        (str(month.year), [one for one in pages if one.year == month.year]),
        (gettext("All time"), list(pages)),
    ]
    sums = [(name, sum(pages[one] for one in months)) for name, months in periods]
    total = sums[-1][1]
    return PartnerTotals(
        [PeriodTotals(name, count, trees(count)) for name, count in sums],
        certified,
        total - certified,
        month.previous(),
        max(pages.get(month.previous(), 0), 0),
    )


def months_until(last: Month) -> list[Month]:
    """Return the twelve months that end with ``last``."""
    months = [last]
    while len(months) < _MONTHS:
        months.insert(0, months[0].previous())
    return months


def of_months(by_month: Mapping[Month, int], today: date) -> Totals:
    """Return the totals of the month of ``today`` and of all time, from pages by month."""
    month = Month.of(today)
    # Corrections may exceed the month's pages so far; the rest counts in the next month.
    month_pages, pages = max(by_month.get(month, 0), 0), sum(by_month.values())
    before = month.previous()
    return Totals(
        month,
        month_pages,
        trees(month_pages),
        pages,
        trees(pages),
        before,
        max(by_month.get(before, 0), 0),
    )


def today_of(account: Zoned, now: datetime) -> date:
    """Return the date in an account's zone."""
    return now.astimezone(account.zone).date()


def last_days(today: date) -> tuple[date, date]:
    """Return the first and last day of a chart: days that have ended."""
    return today - timedelta(days=DAYS), today - timedelta(days=1)
