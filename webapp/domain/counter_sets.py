"""Counter sets: which of a printer's lifetime counters are added up, and to how many pages."""

from collections.abc import Mapping
from typing import Literal

from webapp.domain.paper import pages_of_area, pages_of_length

CounterSet = Literal["colour", "size", "area", "area_by_colour", "categories", "length"]

# In order of preference. The sets are views of the same paper and are never added up.
_COUNTERS_BY_SET: dict[CounterSet, tuple[str, ...]] = {
    "colour": ("coloredPagesByMonochrome", "coloredPagesByColor"),
    "size": ("coloredPagesBySizeMonochromeTotal", "coloredPagesBySizeColorTotal"),
    "area": ("paperAreaTotal",),
    "area_by_colour": ("paperAreaMonochrome", "paperAreaColor"),
    "categories": (
        "monochromeLines",
        "colorLines",
        "lowDensityImages",
        "highDensityImages",
        "specialMediaPlots",
    ),
    "length": ("paperLength",),
}
COUNTER_SETS: tuple[CounterSet, ...] = tuple(_COUNTERS_BY_SET)
COUNTERS = frozenset(name for names in _COUNTERS_BY_SET.values() for name in names)


def select_counter_set(
    counters: Mapping[str, int], current: CounterSet | None
) -> CounterSet | None:
    """Return the set by which a device is metered; None when no counter counts pages.

    The current set is kept as long as the printer sends it. Manually entered printers have
    their unused meters at 0, so a set with pages is preferred to an empty one.
    """
    present = [
        one for one in COUNTER_SETS if any(name in counters for name in _COUNTERS_BY_SET[one])
    ]
    if current in present:
        return current
    used = [one for one in present if any(counters.get(name) for name in _COUNTERS_BY_SET[one])]
    return next(iter(used or present), None)


def life_count(counters: Mapping[str, int], counter_set: CounterSet, roll_width_mm: int) -> int:
    """Return the lifetime count in whole pages, by one set. A missing counter counts as 0."""
    total = sum(counters.get(name, 0) for name in _COUNTERS_BY_SET[counter_set])
    if counter_set == "length":
        return pages_of_length(total, roll_width_mm)
    if counter_set in ("area", "area_by_colour", "categories"):
        return pages_of_area(total)
    return total
