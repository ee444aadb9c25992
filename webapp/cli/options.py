"""Parameter types of options."""

from datetime import date
from typing import Any

import click

from webapp.domain.months import Month

#: Limits within which a month has neighbors.
_FIRST, _LAST = Month(1900, 1), Month(9998, 12)


class _MonthType(click.ParamType[Month]):
    name = "month"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Month:
        if isinstance(value, Month):
            return value
        try:
            month = Month.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not _FIRST <= month <= _LAST:
            self.fail(f"{month} is not a month from {_FIRST} to {_LAST}", param, ctx)
        return month


class _DayType(click.ParamType[date]):
    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            day = None
        if day is None or day.isoformat() != value:
            self.fail(f"{value!r} is not a day; write it like 2026-10-31", param, ctx)
        if not _FIRST <= Month.of(day) <= _LAST:
            self.fail(f"{day} is not a day from {_FIRST.first} to {_LAST.last}", param, ctx)
        return day


#: ``2026-10``
MONTH = _MonthType()
#: ``2026-10-31``
DAY = _DayType()
