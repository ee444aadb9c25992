"""Bars of charts: days or months with their pages, and what is marked on them."""

from collections.abc import Container, Iterable
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.domain.calendar import is_business_day
from webapp.queries.metrics import DayPages

Kind = Literal["normal", "weekend", "recovered"]
#: The units of bars. Trees are cumulative.
Unit = Literal["pages", "trees"]
KINDS: dict[Kind, LazyString] = {
    "normal": _l("Printed"),
    "weekend": _l("Weekend or holiday"),
    "recovered": _l("Recovered"),
}


class Bar(NamedTuple):
    """A day (2026-10-31) or a month (2026-10), and its pages or the trees at its end.

    ``held``: pages under review, which are not part of ``value``.
    """

    label: str
    value: int | Decimal
    kind: Kind = "normal"
    held: int = 0


def bars_of_days(
    days: Iterable[DayPages], holidays: Container[date], *, marks_held: bool = False
) -> list[Bar]:
    """Return days as bars, with recovered days and holidays marked.

    On request, with the pages under review.
    """
    return [
        Bar(day.day.isoformat(), day.pages, _kind(day, holidays), day.held if marks_held else 0)
        for day in days
    ]


def _kind(day: DayPages, holidays: Container[date]) -> Kind:
    if day.recovered:
        return "recovered"
    return "normal" if is_business_day(day.day, holidays) else "weekend"
