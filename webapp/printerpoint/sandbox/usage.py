"""Simulated usage: a reproducible weekday rhythm of printing, and the resulting counters."""

import random
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

CounterSet = Literal["colour", "size", "area", "area_by_colour", "categories", "length"]
COUNTER_SETS: tuple[CounterSet, ...] = get_args(CounterSet)

LETTER_AREA = 6_032_246  # hundredths of a square millimetre
ROLL_WIDTH_MM = 914

_MONDAY_TO_SUNDAY = (1.0, 1.05, 1.1, 1.0, 0.85, 0.12, 0.04)
_OPENS, _CLOSES = 8, 18

_CLICKS = "InClicks"
_AREA = "InHundredthsOfASquareMillimeter"


def pages_of_day(printer: str, per_weekday: int, day: date) -> int:
    """Return a printer's pages of a day; about ``per_weekday`` from Monday to Friday."""
    generator = random.Random(f"releaf|{printer}|{day}")  # nosec B311 - simulated usage
    chance = generator.uniform(0.7, 1.3)
    return round(per_weekday * _MONDAY_TO_SUNDAY[day.weekday()] * chance)


def pages_between(
    printer: str, per_weekday: int, zone: ZoneInfo, since: datetime, until: datetime
) -> dict[date, int]:
    """Return pages by local day. The sum does not depend on how the time is divided."""
    first, last = since.astimezone(zone), until.astimezone(zone)
    pages: dict[date, int] = {}
    day = first.date()
    while day <= last.date():
        total = pages_of_day(printer, per_weekday, day)
        done = int(total * _worked(last)) if day == last.date() else total
        before = int(total * _worked(first)) if day == first.date() else 0
        if done > before:
            pages[day] = done - before
        day += timedelta(days=1)
    return pages


def _worked(moment: datetime) -> float:
    """Return the part of a working day that has passed."""
    hours = moment.hour + moment.minute / 60 + moment.second / 3600
    return min(1.0, max(0.0, (hours - _OPENS) / (_CLOSES - _OPENS)))


def counters_of(counter_set: CounterSet, count: int) -> dict[str, int]:
    """Return the counters of a set for a lifetime count."""
    colour = count // 5
    mono = count - colour
    if counter_set == "colour":
        return {
            f"coloredPagesByMonochrome{_CLICKS}": mono,
            f"coloredPagesByColor{_CLICKS}": colour,
        }
    if counter_set == "size":
        return {
            f"coloredPagesBySizeMonochromeTotal{_CLICKS}": mono,
            f"coloredPagesBySizeMonochromeTabloid{_CLICKS}": mono // 10,
            f"coloredPagesBySizeColorTotal{_CLICKS}": colour,
            f"coloredPagesBySizeColorTabloid{_CLICKS}": colour // 10,
            f"coloredPagesBySizeScans{_CLICKS}": count // 3,
        }
    by_colour = {
        f"paperAreaMonochrome{_AREA}": mono * LETTER_AREA,
        f"paperAreaColor{_AREA}": colour * LETTER_AREA,
    }
    if counter_set == "area":
        return by_colour | {f"paperAreaTotal{_AREA}": count * LETTER_AREA}
    if counter_set == "area_by_colour":
        return by_colour
    if counter_set == "length":
        # Rounded up, so that dividing by the roll's width gives whole pages back.
        return {"paperLengthInMicrometers": -(-count * LETTER_AREA * 10 // ROLL_WIDTH_MM)}
    return {
        f"monochromeLines{_AREA}": mono * LETTER_AREA,
        f"colorLines{_AREA}": 0,
        f"lowDensityImages{_AREA}": (colour - colour // 2) * LETTER_AREA,
        f"highDensityImages{_AREA}": colour // 2 * LETTER_AREA,
        f"specialMediaPlots{_AREA}": 0,
    }


def counter_set_of(counters: Mapping[str, object] | Iterable[str]) -> CounterSet:
    """Return the first set that has counters of these names, else by colour."""
    names = {name.lower() for name in counters}
    for counter_set in COUNTER_SETS:
        if any(name.lower() in names for name in counters_of(counter_set, 0)):
            return counter_set
    return "colour"
