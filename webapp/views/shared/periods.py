"""The period of a chart, as chosen in the address, and its comparison with the one before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from flask import request
from flask_babel import gettext

from webapp import filters
from webapp.domain.months import Month
from webapp.domain.trees import trees
from webapp.queries.metrics import DayPages
from webapp.services.accounts.calendars import Observing, public_holidays
from webapp.views.shared.bars import Bar, bars_of_days
from webapp.views.shared.totals import months_until

Key = Literal["7", "31", "90", "months", "custom"]
#: The periods by number of days.
DAYS: dict[Key, int] = {"7": 7, "31": 31, "90": 90}
#: The longest custom period in days.
LONGEST = 366
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Period:
    """The days of a chart, both included. ``months``: shown by month rather than by day."""

    key: Key
    first: date
    last: date

    @property
    def days(self) -> int:
        """The number of days."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> tuple[date, date]:
        """The first and last day of the period of the same length before it."""
        return self.first - timedelta(days=self.days), self.first - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PeriodChart:
    """The bars of a period; ``comparison``: its pages, compared with the period before.

    ``growth``: the trees at the end of each day or month, of all time; empty without any pages.
    """

    period: Period
    bars: Sequence[Bar]
    growth: Sequence[Bar]
    comparison: str

    @property
    def has_pages(self) -> bool:
        """Whether there is anything to show."""
        return any(bar.value or bar.held for bar in self.bars)


def period_of_request(today: date) -> Period:
    """Return the period of the address, by default 31 days; all days have ended before ``today``.

    ``range``: a key; for ``custom`` ``from`` and ``to`` are its days. Invalid ones are the default.
    """
    yesterday = today - timedelta(days=1)
    key = request.args.get("range", "")
    if key == "months":
        return Period("months", months_until(Month.of(today))[0].first, yesterday)
    if key == "custom":
        first, last = _day("from"), min(_day("to") or date.max, yesterday)
        if first is not None and first <= last:
            return Period("custom", max(first, last - timedelta(days=LONGEST - 1)), last)
    chosen: Key = "7" if key == "7" else "90" if key == "90" else "31"
    return Period(chosen, today - timedelta(days=DAYS[chosen]), yesterday)


def period_chart(
    account: Observing,
    today: date,
    days_of: Callable[[date, date], Sequence[DayPages]],
    by_month: Mapping[Month, int],
    *,
    marks_held: bool = False,
) -> PeriodChart:
    """Return the chart of the address. ``by_month``: pages by the month that counts them."""
    period = period_of_request(today)
    total = sum(by_month.values())
    if period.key == "months":
        months = months_until(Month.of(today))
        earlier = months_until(months[0].previous())
        bars = [Bar(str(month), max(by_month.get(month, 0), 0)) for month in months]
        growth = _growth([(str(month), by_month.get(month, 0)) for month in months], total)
        before = sum(by_month.get(month, 0) for month in earlier)
    else:
        until_today = days_of(period.first, today)
        days, later = until_today[: period.days], until_today[period.days :]
        bars = bars_of_days(days, public_holidays(account), marks_held=marks_held)
        at_end = total - sum(day.pages for day in later)
        growth = _growth([(day.day.isoformat(), day.pages) for day in days], at_end)
        before = sum(day.pages for day in days_of(*period.before))
    pages = sum(int(bar.value) for bar in bars)
    return PeriodChart(period, bars, growth, _comparison(period, pages, before))


def _growth(pages: Sequence[tuple[str, int]], at_end: int) -> list[Bar]:
    """Return the trees at the end of each day or month. ``at_end``: all pages until the last."""
    if at_end <= 0:
        return []
    so_far = at_end - sum(count for _, count in pages)
    bars = []
    for label, count in pages:
        so_far += count
        bars.append(Bar(label, trees(max(so_far, 0))))
    return bars


def _comparison(period: Period, pages: int, before: int) -> str:
    """Return the pages of a period, and by how many percent they differ from those before."""
    length = (
        filters.pluralize(_MONTHS, "month")
        if period.key == "months"
        else filters.pluralize(period.days, "day")
    )
    words = {"pages": filters.pluralize(pages, "page"), "length": length}
    if before <= 0:
        return gettext("%(pages)s. None in the %(length)s before.", **words)
    change = filters.percent(abs(pages - before) / before)
    if pages == before:
        return gettext("%(pages)s, as many as in the %(length)s before.", **words)
    if pages > before:
        return gettext(
            "%(pages)s, %(change)s more than in the %(length)s before.", change=change, **words
        )
    return gettext(
        "%(pages)s, %(change)s fewer than in the %(length)s before.", change=change, **words
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
