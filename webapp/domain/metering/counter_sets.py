"""Counter sets: which of a printer's counters meter it, and the pages they state."""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from webapp.domain.paper import pages_of_area, pages_of_length

CounterSet = Literal["colour", "size", "area", "area_by_colour", "categories", "length"]

#: In the order of preference. Sets are views of the same paper and are never added up.
MEMBERS: Mapping[CounterSet, tuple[str, ...]] = {
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
COUNTER_SETS: tuple[CounterSet, ...] = get_args(CounterSet)
COUNTERS = frozenset(name for names in MEMBERS.values() for name in names)

LARGEST = 2**63 - 1
#: The largest value of each counter. More clicks are no lifetime count, and sums of pages over all
#: devices stay within 63 bits; areas and lengths are divided.
_MOST = {
    name: 10**12 if counter_set in ("colour", "size") else LARGEST
    for counter_set, names in MEMBERS.items()
    for name in names
}
_NO_VALUE = frozenset({2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1})
_FEWEST_NINES = 6


def usable_values(counters: Mapping[str, int | None]) -> dict[str, int]:
    """Return the values of known counters, without values that no counter can have."""
    return {
        name: value
        for name, value in counters.items()
        if value is not None and value <= _MOST.get(name, -1) and is_value(value)
    }


def is_value(value: int) -> bool:
    """Whether a counter can have this value: not negative, within 63 bits, no marker for "none"."""
    if not 0 <= value <= LARGEST or value in _NO_VALUE:
        return False
    digits = str(value)
    return len(digits) < _FEWEST_NINES or digits.strip("9") != ""


def select_counter_set(values: Mapping[str, int]) -> CounterSet | None:
    """Return the first set with pages, or else the first that is present; None without any.

    Printers entered by hand have 0 in unused counters, so pages take precedence over presence.
    """
    present = [name for name in COUNTER_SETS if any(member in values for member in MEMBERS[name])]
    used = [name for name in present if any(values.get(member) for member in MEMBERS[name])]
    return next(iter(used or present), None)


def values_of_set(values: Mapping[str, int], counter_set: CounterSet) -> dict[str, int]:
    """Return the values of one set's members."""
    return {name: values[name] for name in MEMBERS[counter_set] if name in values}


def pages_of(counter_set: CounterSet, values: Iterable[int], roll_width_mm: int) -> int:
    """Return the lifetime pages of a set's values: the sum is divided once, and floored."""
    total = sum(values)
    if counter_set == "length":
        return pages_of_length(total, roll_width_mm)
    if counter_set in ("area", "area_by_colour", "categories"):
        return pages_of_area(total)
    return total
