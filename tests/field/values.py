"""Noise of the values: numbers that are not the counter's, sets that change, rows that repeat."""

from dataclasses import replace

from tests.field.cases import Case, nulls, shown, untrue, zeros
from tests.field.machines import BY_COLOUR, LENGTH, MONOCHROME, SIZE, Row

IMPOSSIBLE = (2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1, 99_999_999, 999_999)


def set_missing(case: Case, night: int) -> list[Row]:
    """All counters are null on some nights."""
    row = case.row(night)
    return [nulls(row) if case.lasts(night) else row]


def _by_size(case: Case, row: Row) -> Row:
    """The same paper in the counters by size; tabloid sheets make them differ a little."""
    total = case.machine.count + case.number("offset", 50, 4_000)
    values = {SIZE[0]: total - total // 7, SIZE[1]: total // 7}
    return replace(row, counters=dict(values), truth=values)


def set_replaced_once(case: Case, night: int) -> list[Row]:
    """By size instead of by colour on some nights."""
    _in_clicks(case)
    row = case.row(night)
    return [untrue(row, _by_size(case, row).counters) if case.lasts(night) else row]


def set_replaced(case: Case, night: int) -> list[Row]:
    """By size instead of by colour from a night on."""
    _in_clicks(case)
    row = case.row(night)
    return [_by_size(case, row) if night >= case.start else row]


def two_sets(case: Case, night: int) -> list[Row]:
    """Both views of the same paper, every night."""
    _in_clicks(case)
    row = case.row(night)
    return [replace(row, counters=row.counters | _by_size(case, row).counters)]


def _in_clicks(case: Case) -> None:
    if case.machine.counters is not BY_COLOUR:
        count = case.machine.count
        case.machine.counters = BY_COLOUR
        case.machine.set_count(count)


def _by_hand(case: Case, night: int, every: int) -> list[Row]:
    """The row of a printer whose count is read and typed every so many nights."""
    if not case.held_back:
        count = case.machine.count
        case.machine.counters = MONOCHROME
        case.machine.set_count(count)
    if not case.held_back or (night - case.start) % every == 0:
        case.held_back = [case.row(night)]
    return list(case.held_back)


def read_monthly(case: Case, night: int) -> list[Row]:
    """Read by hand after some weeks: no serial number or last-seen, an unchanged row in between."""
    [row] = _by_hand(case, night, case.number("every", 12, 20))
    return [replace(row, serial=None, seen=None)]


def read_weekly(case: Case, night: int) -> list[Row]:
    """Read by hand every week, with a serial number and the time of the reading."""
    return _by_hand(case, night, 7)


def typed_tenfold(case: Case, night: int) -> list[Row]:
    """Typed by hand every week; once with a digit too many."""
    [row] = _by_hand(case, night, 7)
    row = replace(row, serial=None, seen=None)
    wrong = case.start <= night < case.start + 7
    return [shown(row, sum(row.truth.values()) * 10, case.machine) if wrong else row]


def typed_short(case: Case, night: int) -> list[Row]:
    """Typed by hand every week; once without its last digit."""
    [row] = _by_hand(case, night, 7)
    row = replace(row, serial=None, seen=None)
    wrong = case.start <= night < case.start + 7
    return [shown(row, sum(row.truth.values()) // 10, case.machine) if wrong else row]


def typed_swapped(case: Case, night: int) -> list[Row]:
    """Typed by hand every week; once some thousand pages too high."""
    [row] = _by_hand(case, night, 7)
    row = replace(row, seen=None)
    wrong = case.start <= night < case.start + 7
    more = case.number("more", 9_000, 90_000)
    return [shown(row, sum(row.truth.values()) + more, case.machine) if wrong else row]


def impossible(case: Case, night: int) -> list[Row]:
    """A number that stands for "no value"."""
    row = case.row(night)
    if not case.lasts(night):
        return [row]
    value = IMPOSSIBLE[case.ordinal % len(IMPOSSIBLE)]
    return [untrue(row, row.counters | {case.machine.counters.members[0]: value})]


def negative(case: Case, night: int) -> list[Row]:
    """A number below 0."""
    row = case.row(night)
    if not case.lasts(night):
        return [row]
    return [untrue(row, row.counters | {case.machine.counters.members[0]: -1})]


def spike(case: Case, night: int) -> list[Row]:
    """A count too high on a night or two, right again afterwards."""
    row = case.row(night)
    if not case.lasts(night):
        return [row]
    return [shown(row, case.machine.count + case.number("more", 300, 60_000), case.machine)]


def spike_of_digits(case: Case, night: int) -> list[Row]:
    """A count many times too high on a night, right again afterwards."""
    row = case.row(night)
    if not case.lasts(night):
        return [row]
    return [shown(row, case.machine.count * case.number("times", 2, 100), case.machine)]


def zero_for_a_night(case: Case, night: int) -> list[Row]:
    """All counters 0 on some nights, right again afterwards."""
    row = case.row(night)
    return [zeros(row) if case.lasts(night) else row]


def burst(case: Case, night: int) -> list[Row]:
    """A print run: three to ten times what the busiest day brought so far."""
    machine = case.machine
    if case.lasts(night) and case.is_open(night):
        most = 20_000 if machine.counters is not LENGTH else 3_000
        machine.print_pages(min(most, int(machine.busiest * case.rng.uniform(3, 10))))
    return [case.row(night)]


def exact_duplicate(case: Case, night: int) -> list[Row]:
    """The same row twice, every night."""
    row = case.row(night)
    return [row, replace(row)]
