"""Noise of the hardware: boards, replaced machines, machines listed before they were read."""

from dataclasses import replace

from tests.field.cases import Case, nulls, untrue, zeros
from tests.field.machines import MONOCHROME, Machine, Row


def counter_reset(case: Case, night: int) -> list[Row]:
    """NVRAM or board replaced: the counters start again, part of the day is on them."""
    if case.begins(night):
        case.machine.new_board(int(case.machine.today * case.rng.random()))
    return [case.row(night)]


def used_board(case: Case, night: int) -> list[Row]:
    """A board out of another machine, with a lower count than the one before."""
    if case.begins(night):
        case.machine.new_board(int(case.machine.count * case.rng.uniform(0.05, 0.8)))
    return [case.row(night)]


def used_board_higher(case: Case, night: int) -> list[Row]:
    """A board out of another machine, with a far higher count than the one before."""
    if case.begins(night):
        case.machine.new_board(case.machine.count + case.rng.randint(120_000, 900_000))
    return [case.row(night)]


def counter_restored(case: Case, night: int) -> list[Row]:
    """The counters start again, and some nights later a technician enters the old count again.

    What is entered includes the pages printed in between: the counter continues.
    """
    machine = case.machine
    if case.begins(night):
        case.number("lost", machine.count - machine.today // 2, machine.count - machine.today // 2)
    row = case.row(night)
    if not case.lasts(night):
        return [row]
    first = machine.counters.members[0]
    counters: dict[str, int | None] = dict.fromkeys(row.counters, 0)
    since = machine.count - case.numbers["lost"]
    counters[first] = round(since * machine.counters.unit)
    return [replace(row, counters=counters)]


def _replaced(case: Case, night: int, age_pages: int) -> list[Row]:
    old = case.machine
    if case.begins(night):
        new = _successor(case, old)
        new.set_count(age_pages)
        old.mean = 0
        case.others.append(old)
        case.machine = new
    return [case.row(night)]


def _successor(case: Case, old: Machine) -> Machine:
    new = Machine.make(f"{old.name}b", old.customer, case.rng)
    new.asset, new.mean, new.counters = old.asset, old.mean, old.counters
    if old.serial is None:
        new.serial = None
    return new


def swapped(case: Case, night: int) -> list[Row]:
    """Another used machine under the same asset ID, with a serial number of its own."""
    return _replaced(case, night, case.number("age", 2_000, 400_000))


def swapped_zero_first(case: Case, night: int) -> list[Row]:
    """A replacing machine that shows 0 until it is read, then its lifetime."""
    [row] = _replaced(case, night, case.number("age", 40_000, 400_000))
    return [zeros(row) if case.start <= night < case.start + 2 else row]


def swapped_unnamed(case: Case, night: int) -> list[Row]:
    """A machine without a serial number, replaced by another of them under its asset ID."""
    case.machine.serial = None
    lower = int(case.machine.count * case.rng.uniform(0.1, 0.7))
    return _replaced(case, night, lower)


def new_machine(case: Case, night: int) -> list[Row]:
    """A machine out of the box: at 0 when it is listed first, then it prints."""
    if night < case.start:
        return []
    if case.begins(night):
        case.machine.set_count(0)
    return [case.row(night)]


def zeros_first(case: Case, night: int) -> list[Row]:
    """Listed before it is read: 0 on the first nights, then its lifetime."""
    if night < case.start:
        return []
    row = case.row(night)
    return [zeros(row) if case.lasts(night) else row]


def nulls_first(case: Case, night: int) -> list[Row]:
    """Listed before it is read: no values on the first nights, then its lifetime."""
    if night < case.start:
        return []
    row = case.row(night)
    return [nulls(row) if case.lasts(night) else row]


def rolls_over(case: Case, night: int) -> list[Row]:
    """A counter of five or six digits that begins at 0 again."""
    machine = case.machine
    limit = 10 ** (5 + case.ordinal % 2)
    if "ready" not in case.numbers:
        case.number("ready", 1, 1)
        machine.counters = MONOCHROME
        machine.mean = min(machine.mean, 800)
        machine.set_count(int(limit - machine.mean * 0.7 * (case.start + 0.5)))
    row = case.row(night)
    first = machine.counters.members[0]
    return [replace(row, counters={first: machine.values[first] % limit})]


def swapped_both_listed(case: Case, night: int) -> list[Row]:
    """A replaced machine that stays listed beside its successor, its row frozen."""
    if night == case.start - 1:
        case.held_back = [case.row(night)]
        return list(case.held_back)
    rows = _replaced(case, night, case.number("age", 2_000, 400_000))
    return rows if night < case.start else [*rows, *case.held_back]


def late_counter(case: Case, night: int) -> list[Row]:
    """A counter of the set is sent for the first time on a later night, with its lifetime."""
    row = case.row(night)
    late = case.machine.counters.members[-1]
    if night >= case.start or len(case.machine.counters.members) == 1:
        return [row]
    truth = {name: value for name, value in row.truth.items() if name != late}
    return [replace(row, counters=row.counters | {late: None}, truth=truth)]


def member_missing(case: Case, night: int) -> list[Row]:
    """A counter of the set is null on some nights."""
    row = case.row(night)
    if not case.lasts(night) or len(row.counters) == 1:
        return [row]
    late = case.machine.counters.members[case.ordinal % 2]
    return [untrue(row, row.counters | {late: None})]
