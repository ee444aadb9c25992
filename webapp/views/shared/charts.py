"""Charts: the bars of ``templates/shared/_chart.html`` and their positions.

Positions are computed here rather than in the template, because a page may have two charts of many
bars.
"""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from markupsafe import Markup

from webapp import filters
from webapp.domain.calendar import is_business_day
from webapp.queries.metrics import DayPages

Kind = Literal["normal", "weekend", "recovered", "held"]
#: The units of bars. Trees are cumulative.
Unit = Literal["pages", "trees"]
#: Units of the chart; widths are relative to it.
HEIGHT = 200
KINDS: dict[Kind, LazyString] = {
    "normal": _l("Printed"),
    "weekend": _l("Weekend or holiday"),
    "recovered": _l("Recovered"),
    "held": _l("Under review"),
}
_MOST_STEPS = 4
#: The least height of a day with held pages only, for its dashed outline.
_LEAST_HELD = 12
#: The length of a month's label.
_MONTH = 7


class Bar(NamedTuple):
    """A day (2026-10-31) or a month (2026-10), and its pages or the trees at its end."""

    label: str
    value: int | Decimal
    kind: Kind = "normal"


class Column(NamedTuple):
    """A bar. ``across``: attributes of its rectangle; ``top``, ``height``: its vertical extent."""

    across: Markup
    top: str
    height: str
    kind: Kind
    title: str


class AxisLabel(NamedTuple):
    """A label on an axis; ``far``: hidden where there is little space."""

    at: float
    text: str
    anchor: str = "end"
    far: bool = False


class Row(NamedTuple):
    """A row of the data table."""

    label: str
    day: str
    value: str
    kind: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """A chart to be rendered. ``text``: its text alternative; ``total``: of all bars.

    The total is None if bars are cumulative.
    """

    text: str
    total: str | None
    is_empty: bool
    are_days: bool
    kinds: Sequence[Kind]
    grid: Sequence[AxisLabel]
    columns: Sequence[Column]
    axis: Sequence[AxisLabel]
    rows: Sequence[Row]


def layout_chart(bars: Sequence[Bar], unit: Unit = "pages") -> BarChart:
    """Return the positions of the bars, and the text alternative; needs at least one bar."""
    most = max(bar.value for bar in bars)
    step = round_step(most, _MOST_STEPS)
    top = max(math.ceil(Decimal(most) / step), 1) * step
    named = [filters.short_date(bar.label) for bar in bars]
    figures = [_figure(bar, unit) for bar in bars]
    kinds = {kind: str(KINDS[kind]) for kind in dict.fromkeys(bar.kind for bar in bars)}
    return BarChart(
        text=_text(bars, named, unit),
        total=filters.number(_sum(bars)) if unit == "pages" else None,
        is_empty=not most,
        are_days=len(bars[0].label) > _MONTH,
        kinds=list(kinds),
        grid=[
            AxisLabel(round(HEIGHT - HEIGHT * tick / top, 1), filters.compact(tick))
            for tick in range(0, top + 1, step)
        ],
        columns=_columns(bars, named, figures, kinds, top, unit),
        axis=_axis(bars),
        rows=[
            Row(bar.label, name, figure, kinds[bar.kind])
            for bar, name, figure in zip(bars, named, figures, strict=True)
        ],
    )


def _text(bars: Sequence[Bar], named: Sequence[str], unit: Unit) -> str:
    best = max(range(len(bars)), key=lambda index: bars[index].value)
    period = {"first": named[0], "last": named[-1]}
    if not bars[best].value:
        return gettext(
            "%(first)s to %(last)s: no data yet. The values are in the table below.", **period
        )
    if unit == "trees":
        return gettext(
            "%(first)s to %(last)s: from %(before)s to %(trees)s trees. The values are in the "
            "table below.",
            before=_figure(bars[0], unit),
            trees=_figure(bars[-1], unit),
            **period,
        )
    return gettext(
        "%(first)s to %(last)s: %(total)s in total, most on %(best)s with %(most)s. The values "
        "are in the table below.",
        total=filters.pluralize(_sum(bars), "page"),
        best=named[best],
        most=_figure(bars[best], unit),
        **period,
    )


def _sum(bars: Sequence[Bar]) -> int:
    return int(sum(bar.value for bar in bars))


def _figure(bar: Bar, unit: Unit) -> str:
    """Return a bar's value as text."""
    return filters.trees(Decimal(bar.value)) if unit == "trees" else filters.number(int(bar.value))


def _columns(
    bars: Sequence[Bar],
    named: Sequence[str],
    figures: Sequence[str],
    kinds: Mapping[Kind, str],
    top: int,
    unit: Unit,
) -> list[Column]:
    """Return the bars with a value or held pages; the smallest is still visible."""
    columns = []
    for across, bar, name, figure in zip(_across(len(bars)), bars, named, figures, strict=True):
        if not bar.value and bar.kind != "held":
            continue
        tall = max(HEIGHT * float(bar.value) / top, _LEAST_HELD if bar.kind == "held" else 1.5)
        title = f"{name}: {_counted(bar, figure, unit)}"
        if bar.kind in ("recovered", "held"):
            title += f", {kinds[bar.kind].lower()}"
        columns.append(Column(across, f"{HEIGHT - tall:.1f}", f"{tall:.1f}", bar.kind, title))
    return columns


@lru_cache(maxsize=128)
def _across(count: int) -> list[Markup]:
    """Return the horizontal positions of this number of bars."""
    width = 100 / count
    share = 0.4 if count < 8 else 0.72
    return [
        Markup('x="{}%" width="{}%"').format(
            round(index * width + width * (1 - share) / 2, 3), round(width * share, 3)
        )
        for index in range(count)
    ]


def _counted(bar: Bar, figure: str, unit: Unit) -> str:
    if unit == "pages":
        return filters.pluralize(int(bar.value), "page")
    return gettext("%(number)s trees", number=figure)


def _axis(bars: Sequence[Bar]) -> list[AxisLabel]:
    """Return the days or months below the bars, from the last one back, as space permits."""
    count = len(bars)
    width = 100 / count
    crowded = count > 12 or (count > 7 and len(bars[0].label) > _MONTH)
    every = -(-count // 6) if crowded else 1
    every = 7 if every in (5, 6, 8) else every  # the same day of each week
    marks = []
    for index, bar in enumerate(bars):
        back = count - 1 - index
        if back % every:
            continue
        at_end = back == 0 and every > 1
        marks.append(
            AxisLabel(
                100 if at_end else round((index + 0.5) * width, 3),
                filters.short_date(bar.label, year=False),
                "end" if at_end else "middle",
                count > 7 and back // every % 2 == 1,
            )
        )
    return marks


def round_step(span: int | Decimal, most: int) -> int:
    """Return the least of 1, 2, 5, 10, 20 ... that covers a span in at most so many steps."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power * most >= span:
                return digit * power
        power *= 10


def bars_of_days(
    days: Iterable[DayPages], holidays: Container[date], *, marks_held: bool = False
) -> list[Bar]:
    """Return days as bars, with recovered days and holidays marked.

    On request, days with held pages are marked as well.
    """
    return [Bar(day.day.isoformat(), day.pages, _kind(day, holidays, marks_held)) for day in days]


def _kind(day: DayPages, holidays: Container[date], marks_held: bool) -> Kind:
    if day.held and marks_held:
        return "held"
    if day.recovered:
        return "recovered"
    return "normal" if is_business_day(day.day, holidays) else "weekend"
