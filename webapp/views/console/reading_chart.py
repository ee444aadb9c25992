"""The chart of a delta under review: the meter on the days around it, as SVG.

``templates/console/review/_chart.html`` renders it; ``webapp.views.shared.charts`` has bars.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal, NamedTuple

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp import filters
from webapp.models import Delta
from webapp.views.shared.charts import round_step

#: Units of the chart; horizontal positions are relative to its width.
HEIGHT = 160
_LEFT, _WIDTH = 3.0, 94.0
_MOST_STEPS = 3
#: The most labels of days that fit on a phone.
_MOST_LABELS = 3

Role = Literal["reading", "start", "end", "confirms", "contradicts"]
Evidence = Sequence[tuple[date, int]]
ROLES: dict[Role, LazyString] = {
    "reading": _l("Reading"),
    "start": _l("Before the increase"),
    "end": _l("After the increase"),
    "confirms": _l("Confirms it"),
    "contradicts": _l("Contradicts it"),
}


class Point(NamedTuple):
    """A reading: its position and its text. ``x`` in percent."""

    x: float
    y: float
    day: date
    meter: int
    role: Role
    text: str


class Segment(NamedTuple):
    """A line from one reading to the next; ``marked``: the increase under review."""

    x1: float
    y1: float
    x2: float
    y2: float
    marked: bool


class Tick(NamedTuple):
    """A label of an axis."""

    at: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class ReadingChart:
    """A chart to be rendered. ``text``: its text alternative."""

    text: str
    points: Sequence[Point]
    segments: Sequence[Segment]
    grid: Sequence[Tick]
    axis: Sequence[Tick]
    roles: Sequence[Role]


def layout_chart(
    counts: Sequence[tuple[date, int]], evidence: Evidence, delta: Delta
) -> ReadingChart:
    """Return the chart of readings (day and count, the oldest first; at least one)."""
    low, high, step = _scale([count for _, count in counts])
    first, last = counts[0][0], counts[-1][0]
    deciding = dict(evidence)

    def place(day: date, count: int) -> Point:
        role = _role(day, delta, deciding)
        x = _LEFT + _WIDTH * ((day - first).days / (last - first).days if last > first else 0.5)
        y = HEIGHT - HEIGHT * (count - low) / (high - low)
        text = f"{filters.day(day)}: {filters.number(count)}"
        if role != "reading":
            text += f" ({str(ROLES[role]).lower()})"
        return Point(round(x, 2), round(y, 1), day, count, role, text)

    points = [place(day, count) for day, count in counts]
    return ReadingChart(
        text=_text(points, delta),
        points=points,
        segments=[
            Segment(a.x, a.y, b.x, b.y, delta.since <= a.day and b.day <= delta.day)
            for a, b in pairwise(points)
        ],
        grid=[
            Tick(round(HEIGHT - HEIGHT * (tick - low) / (high - low), 1), filters.number(tick))
            for tick in range(low, high + 1, step)
        ],
        axis=_axis(points),
        roles=[role for role in ROLES if any(point.role == role for point in points)],
    )


def _role(day: date, delta: Delta, deciding: dict[date, int]) -> Role:
    if day == delta.day:
        return "end"
    if day == delta.since:
        return "start"
    if day not in deciding or day < delta.day:
        return "reading"
    return "confirms" if deciding[day] >= delta.top else "contradicts"


def _scale(counts: Sequence[int]) -> tuple[int, int, int]:
    """Return the lowest and the highest number of the axis, and its step."""
    low, high = min(counts), max(counts)
    step = round_step(max(high - low, 1), _MOST_STEPS)
    low -= low % step
    high += -high % step
    return low, max(high, low + step), step


def _axis(points: Sequence[Point]) -> list[Tick]:
    """Return the first and the last day, and days between as space permits."""
    ticks: list[Tick] = []
    for index, point in enumerate(points):
        at_end = index in (0, len(points) - 1)
        room = _WIDTH / _MOST_LABELS
        near_last = points[-1].x - point.x < room and index != len(points) - 1
        if not at_end and (point.x - ticks[-1].at < room or near_last):
            continue
        anchor = "middle"
        if len(points) > 1:
            anchor = "start" if index == 0 else "end" if at_end else "middle"
        text = filters.short_date(point.day.isoformat(), year=False)
        ticks.append(Tick(point.x, text, anchor))
    return ticks


def _text(points: Sequence[Point], delta: Delta) -> str:
    text = gettext(
        "The meter went from %(before)s on %(since)s to %(top)s on %(day)s.",
        before=filters.number(delta.before),
        since=filters.day(delta.since),
        top=filters.number(delta.top),
        day=filters.day(delta.day),
    )
    later = [point for point in points if point.day > delta.day]
    if later:
        text += " " + gettext(
            "The reading of %(day)s was %(count)s.",
            count=filters.number(later[-1].meter),
            day=filters.day(later[-1].day),
        )
    return text + " " + gettext("All readings are in the table below.")
