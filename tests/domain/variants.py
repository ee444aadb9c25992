"""Rows of every counter set and series of nights, for tests in variants."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.domain.field import COLOUR, MONO
from webapp.domain.paper import LETTER_AREA

Cell = dict[str, Any]
MONTH_END = date(2026, 10, 29)
SIZE_MONO, SIZE_COLOUR = "coloredPagesBySizeMonochromeTotal", "coloredPagesBySizeColorTotal"
LENGTH = LETTER_AREA * 10_000 // (914 * 1_000) + 1


def colour(count: int) -> dict[str, int | None]:
    return {MONO: count - count // 4, COLOUR: count // 4}


def size(count: int) -> dict[str, int | None]:
    return {SIZE_MONO: count - count // 4, SIZE_COLOUR: count // 4}


def area(count: int) -> dict[str, int | None]:
    return {"paperAreaTotal": count * LETTER_AREA}


def area_by_colour(count: int) -> dict[str, int | None]:
    mono = (count - count // 4) * LETTER_AREA
    return {"paperAreaMonochrome": mono, "paperAreaColor": count // 4 * LETTER_AREA}


def categories(count: int) -> dict[str, int | None]:
    return {
        "monochromeLines": (count - count // 4) * LETTER_AREA,
        "colorLines": 0,
        "lowDensityImages": count // 4 * LETTER_AREA,
        "highDensityImages": None,
        "specialMediaPlots": None,
    }


def length(count: int) -> dict[str, int | None]:
    return {"paperLength": count * LENGTH}


SETS = {
    "colour": colour,
    "size": size,
    "area": area,
    "area_by_colour": area_by_colour,
    "categories": categories,
    "length": length,
}
every_set = pytest.mark.parametrize("counters", SETS.values(), ids=SETS.keys())
every_month = pytest.mark.parametrize("first", [date(2026, 10, 19), MONTH_END])


def cell(counters: dict[str, int | None], **values: Any) -> Cell:
    return {"c": "C", "s": "S-1", "a": "A-1", "counters": counters, **values}


def series(counts: list[int], counters: Any = colour, **values: Any) -> list[list[Cell]]:
    return [[cell(counters(count), **values)] for count in counts]


def silent(counts: list[int], first: date, frozen: set[int], counters: Any) -> list[list[Cell]]:
    """A series in which the answers of some nights repeat the last one, last-seen included."""
    rows_by_night: list[list[Cell]] = []
    for number, count in enumerate(counts):
        day = first + timedelta(days=number)
        one = cell(counters(count), seen=f"{day}T23:11:00Z")
        rows_by_night.append(rows_by_night[-1] if number in frozen else [one])
    return rows_by_night
