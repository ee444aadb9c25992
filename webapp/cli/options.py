"""Kinds of values that options take."""

from datetime import date
from typing import Any

import click

from webapp.domain.months import Month


class _MonthType(click.ParamType[Month]):
    name = "month"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Month:
        if isinstance(value, Month):
            return value
        try:
            return Month.parse(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


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
        return day


#: ``2026-10``
MONTH = _MonthType()
#: ``2026-10-31``
DAY = _DayType()
