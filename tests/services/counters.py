"""Rows of printers with counters of every set, and the variants of tests of the field."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from webapp.domain.paper import LETTER_AREA

Row = dict[str, Any]
Counters = Callable[[int], Mapping[str, int | None]]

MONO, COLOUR = "coloredPagesByMonochromeInClicks", "coloredPagesByColorInClicks"
_SIZE = ("coloredPagesBySizeMonochromeTotalInClicks", "coloredPagesBySizeColorTotalInClicks")
_AREA = "InHundredthsOfASquareMillimeter"
#: Micrometers of a roll of 914 mm that are one page.
_LENGTH = LETTER_AREA * 10_000 // (914 * 1_000) + 1


def by_colour(pages: int) -> Mapping[str, int | None]:
    """A lifetime count in counters by colour."""
    return {MONO: pages - pages // 4, COLOUR: pages // 4}


def by_size(pages: int) -> Mapping[str, int | None]:
    """A lifetime count in counters by size."""
    return {_SIZE[0]: pages - pages // 4, _SIZE[1]: pages // 4}


def by_area(pages: int) -> Mapping[str, int | None]:
    """A lifetime count in an area of paper."""
    return {f"paperAreaTotal{_AREA}": pages * LETTER_AREA}


def by_area_and_colour(pages: int) -> Mapping[str, int | None]:
    """A lifetime count in areas by colour."""
    mono = pages - pages // 4
    return {
        f"paperAreaMonochrome{_AREA}": mono * LETTER_AREA,
        f"paperAreaColor{_AREA}": pages // 4 * LETTER_AREA,
    }


def by_category(pages: int) -> Mapping[str, int | None]:
    """A lifetime count in the categories of a plotter, one of which it does not send."""
    mono = pages - pages // 4
    return {
        f"monochromeLines{_AREA}": mono * LETTER_AREA,
        f"lowDensityImages{_AREA}": pages // 4 * LETTER_AREA,
        f"specialMediaPlots{_AREA}": None,
    }


def by_length(pages: int) -> Mapping[str, int | None]:
    """A lifetime count in a length of paper."""
    return {"paperLengthInMicrometers": pages * _LENGTH}


COUNTER_SETS: Mapping[str, Counters] = {
    "colour": by_colour,
    "size": by_size,
    "area": by_area,
    "area_by_colour": by_area_and_colour,
    "categories": by_category,
    "length": by_length,
}

MONDAY = date(2026, 10, 19)
#: A Friday: the third night closes Sunday, 1 November, and October closes on the day after.
MONTH_END = date(2026, 10, 30)

every_set = pytest.mark.parametrize("counters", COUNTER_SETS.values(), ids=COUNTER_SETS.keys())
every_month = pytest.mark.parametrize("first", [MONDAY, MONTH_END], ids=["open", "closed"])
every_order = pytest.mark.parametrize("backwards", [False, True], ids=["in_order", "backwards"])
#: Every counter set, half of them over a month end.
every_set_in_a_month = pytest.mark.parametrize(
    ("counters", "first"),
    [
        pytest.param(counters, (MONDAY, MONTH_END)[number % 2], id=name)
        for number, (name, counters) in enumerate(COUNTER_SETS.items())
    ],
)


def row(customer: str, serial: str | None, pages: int, day: date, **values: Any) -> Row:
    """A printer as the fleet lists it on the night that closes a day.

    ``counters``: of one of ``COUNTER_SETS``, or as they are. ``asset``, ``seen``, ``id`` (of the
    customer; None: it has none).
    """
    counters = values.get("counters", by_colour)
    return {
        "customerCompanyName": customer,
        "customerCompanyId": values.get("id", f"ID-{customer}"),
        "assetId": values.get("asset", f"A-{serial}"),
        "serialNumber": serial,
        "lastSeen": values.get("seen", f"{day}T19:11:00.0000000Z"),
        "counters": dict(counters(pages) if callable(counters) else counters),
    }
