"""Totals: the pages and trees of many feeds, and their last days as a chart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from flask_babel import gettext

from webapp.domain.months import Month
from webapp.domain.trees import trees
from webapp.queries.metrics import DayPages
from webapp.services.accounts.calendars import Observing, public_holidays
from webapp.views.shared.charts import Bar, bars_of_days

DAYS = 31
_MONTHS = 12


class Zoned(Protocol):
    """What has a time zone of its own."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone its days and months are counted in."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Pages and trees of the open month, and of all time; ``growth``: trees so far, as bars."""

    month: Month
    month_pages: int
    month_trees: Decimal
    pages: int
    trees: Decimal
    growth: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class PeriodTotals:
    """Pages and trees of a stretch of time."""

    name: str
    pages: int
    trees: Decimal


@dataclass(frozen=True, slots=True)
class PartnerTotals:
    """This month, quarter and year, all of time; what of it is certified; twelve months and the
    trees at the end of each as bars.
    """

    periods: Sequence[PeriodTotals]
    certified: int
    open: int
    months: Sequence[Bar]
    growth: Sequence[Bar]


def partner_totals(pages: Mapping[Month, int], certified: int, today: date) -> PartnerTotals:
    """A partner's figures over time, from its pages by the month they are counted in."""
    month = Month.of(today)
    quarter = (month.month - 1) // 3
    periods = [
        (gettext("This month"), [one for one in pages if one == month]),
        (
            gettext("Quarter %(value)s", value=quarter + 1),
            [one for one in pages if one.year == month.year and (one.month - 1) // 3 == quarter],
        ),
        (str(month.year), [one for one in pages if one.year == month.year]),
        (gettext("So far"), list(pages)),
    ]
    sums = [(name, sum(pages[one] for one in months)) for name, months in periods]
    total = sums[-1][1]
    return PartnerTotals(
        [PeriodTotals(name, count, trees(count)) for name, count in sums],
        certified,
        total - certified,
        [Bar(str(one), max(pages.get(one, 0), 0)) for one in _twelve_until(month)],
        _growth(pages, month),
    )


def _growth(pages: Mapping[Month, int], month: Month) -> list[Bar]:
    """The trees at the end of each of twelve months; empty before there are two months to show."""
    if sum(1 for count in pages.values() if count) < 2:
        return []
    shown = _twelve_until(month)
    so_far = sum(count for one, count in pages.items() if one < shown[0])
    bars = []
    for one in shown:
        so_far += pages.get(one, 0)
        bars.append(Bar(str(one), trees(so_far)))
    return bars


def _twelve_until(last: Month) -> list[Month]:
    months = [last]
    while len(months) < _MONTHS:
        months.insert(0, months[0].previous())
    return months


def of_months(by_month: Mapping[Month, int], today: date) -> Totals:
    """The figures in the month of ``today``, and of all time, from pages by month."""
    month = Month.of(today)
    # Corrections may exceed what the month has so far; the next month counts the rest of them.
    month_pages, pages = max(by_month.get(month, 0), 0), sum(by_month.values())
    growth = _growth(by_month, month)
    return Totals(month, month_pages, trees(month_pages), pages, trees(pages), growth)


def today_of(account: Zoned, now: datetime) -> date:
    """The date in an account's zone."""
    return now.astimezone(account.zone).date()


def last_days(today: date) -> tuple[date, date]:
    """The days that a chart shows: those that have ended."""
    return today - timedelta(days=DAYS), today - timedelta(days=1)


def bars(account: Observing, days: Sequence[DayPages], *, marks_held: bool = False) -> list[Bar]:
    """The days of an account as bars; empty when there is nothing to show, so that no chart is
    drawn.
    """
    if not any(day.pages or (day.held and marks_held) for day in days):
        return []
    return bars_of_days(days, public_holidays(account), marks_held=marks_held)
