"""Charts: the bars that ``templates/_chart.html`` draws."""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from webapp.domain.business_days import is_business_day
from webapp.services.deposits import DayPages


@dataclass(frozen=True, slots=True)
class Bar:
    """A day (2026-10-31) or a month (2026-10) and its pages."""

    label: str
    value: int
    kind: Literal["normal", "weekend", "recovered", "held"] = "normal"


def bars_of_days(days: Iterable[DayPages], holidays: Container[date]) -> list[Bar]:
    """Days as bars; recovered ones and days without business are marked."""
    return [Bar(day.day.isoformat(), day.pages, _kind(day, holidays)) for day in days]


def _kind(day: DayPages, holidays: Container[date]) -> Literal["normal", "weekend", "recovered"]:
    if day.recovered:
        return "recovered"
    return "normal" if is_business_day(day.day, holidays) else "weekend"
