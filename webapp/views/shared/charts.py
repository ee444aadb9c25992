"""Charts: the bars of ``templates/shared/_chart.html`` and their positions.

Positions are computed here rather than in the template, because a page may have two charts of many
bars.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from flask_babel import gettext
from markupsafe import Markup

from webapp import filters
from webapp.views.shared.bars import KINDS, Bar, Kind, Unit

#: Units of the chart; widths are relative to it.
HEIGHT = 200
_MOST_STEPS = 4
#: The least distance in percent between markers that both have their number beside them.
_HELD_APART = 14
#: The length of a month's label.
_MONTH = 7


class Slot(NamedTuple):
    """The space of a day or month. ``across``: attributes of it; ``text``: its values."""

    across: Markup
    text: str


class Column(NamedTuple):
    """A bar. ``across``: attributes of its rectangle; ``top``, ``height``: its vertical extent."""

    across: Markup
    top: str
    height: str
    kind: Kind


class HeldMarker(NamedTuple):
    """Pages under review, above the bar of their day; ``number``: empty without space for it.

    ``x`` in percent; ``until``: the top of the bar.
    """

    x: float
    until: str
    number: str
    anchor: str


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
    held: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """A chart to be rendered. ``text``: its text alternative; ``total``: of all bars.

    The total is None if bars are cumulative. ``held_total``: the pages under review.
    """

    text: str
    total: str | None
    held_total: str
    is_empty: bool
    are_days: bool
    kinds: Sequence[Kind]
    grid: Sequence[AxisLabel]
    columns: Sequence[Column]
    slots: Sequence[Slot]
    held: Sequence[HeldMarker]
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
    held = _held(bars)
    return BarChart(
        text=_text(bars, named, unit),
        total=filters.number(_sum(bars)) if unit == "pages" else None,
        held_total=filters.number(held),
        is_empty=not most and not held,
        are_days=len(bars[0].label) > _MONTH,
        kinds=list(kinds),
        grid=[
            AxisLabel(round(HEIGHT - HEIGHT * tick / top, 1), filters.compact(tick))
            for tick in range(0, top + 1, step)
        ],
        columns=_columns(bars, top),
        slots=_slots(bars, named, figures, kinds, unit),
        held=_held_markers(bars, top),
        axis=_axis(bars),
        rows=[
            Row(bar.label, name, figure, kinds[bar.kind], filters.number(bar.held))
            for bar, name, figure in zip(bars, named, figures, strict=True)
        ],
    )


def _text(bars: Sequence[Bar], named: Sequence[str], unit: Unit) -> str:
    """Return the text alternative, with the pages under review if there are any."""
    held = _held(bars)
    text = _values_text(bars, named, unit)
    if not held:
        return text
    under_review = gettext("%(pages)s under review.", pages=filters.pluralize(held, "page"))
    return f"{text} {under_review}"


def _values_text(bars: Sequence[Bar], named: Sequence[str], unit: Unit) -> str:
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


def _held(bars: Sequence[Bar]) -> int:
    return sum(bar.held for bar in bars)


def _figure(bar: Bar, unit: Unit) -> str:
    """Return a bar's value as text."""
    return filters.trees(Decimal(bar.value)) if unit == "trees" else filters.number(int(bar.value))


def _columns(bars: Sequence[Bar], top: int) -> list[Column]:
    """Return the bars with a value; the smallest is still visible."""
    columns = []
    for across, bar in zip(_across(len(bars)), bars, strict=True):
        if bar.value:
            tall = _tall(bar, top)
            columns.append(Column(across, f"{HEIGHT - tall:.1f}", f"{tall:.1f}", bar.kind))
    return columns


def _slots(
    bars: Sequence[Bar],
    named: Sequence[str],
    figures: Sequence[str],
    kinds: Mapping[Kind, str],
    unit: Unit,
) -> list[Slot]:
    """Return the values of each bar as text, with the space in which they are shown."""
    width = 100 / len(bars)
    slots = []
    for index, (bar, name, figure) in enumerate(zip(bars, named, figures, strict=True)):
        text = f"{name.capitalize()}: {_counted(bar, figure, unit)}"
        if bar.kind == "recovered":
            text += f", {kinds[bar.kind].lower()}"
        if bar.held:
            pages = filters.pluralize(bar.held, "page")
            under_review = gettext("%(pages)s under review", pages=pages)
            text += f"; {under_review}"
        across = Markup('x="{}%" width="{}%"').format(round(index * width, 3), round(width, 3))
        slots.append(Slot(across, text))
    return slots


def _tall(bar: Bar, top: int) -> float:
    return max(HEIGHT * float(bar.value) / top, 1.5) if bar.value else 0.0


def _held_markers(bars: Sequence[Bar], top: int) -> list[HeldMarker]:
    """Return a marker for each bar with pages under review; they are not to the bars' scale."""
    markers: list[HeldMarker] = []
    numbered = -math.inf
    for index, bar in enumerate(bars):
        if not bar.held:
            continue
        x = round((index + 0.5) * 100 / len(bars), 3)
        number = ""
        if x - numbered >= _HELD_APART:
            number, numbered = filters.compact(bar.held), x
        anchor = "start" if x < 8 else "end" if x > 92 else "middle"
        markers.append(HeldMarker(x, f"{HEIGHT - _tall(bar, top):.1f}", number, anchor))
    return markers


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
