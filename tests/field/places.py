"""Noise of places and clocks: machines that move or are silent, last-seen that cannot be true."""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.field.cases import Case
from tests.field.machines import Row


def moved(case: Case, night: int) -> list[Row]:
    """The machine moves to another customer; its old row is gone."""
    if case.begins(night):
        case.machine.customer = case.places.another(case.machine.customer, case.rng)
    return [case.row(night)]


def moved_row_stays(case: Case, night: int) -> list[Row]:
    """The machine moves to another customer; its old row stays listed, frozen."""
    if night == case.start - 1:
        case.held_back = [case.row(night)]
        return list(case.held_back)
    return moved(case, night) + (case.held_back if night >= case.start else [])


def moved_and_back(case: Case, night: int) -> list[Row]:
    """The machine stands at another customer for some nights and returns."""
    if case.begins(night):
        case.number("home", case.machine.customer, case.machine.customer)
        case.machine.customer = case.places.another(case.machine.customer, case.rng)
    if night == case.start + case.length:
        case.machine.customer = case.numbers["home"]
    return [case.row(night)]


def on_loan(case: Case, night: int) -> list[Row]:
    """The machine stands at a customer without a feed for some nights and returns."""
    if case.begins(night):
        case.number("home", case.machine.customer, case.machine.customer)
        case.machine.customer = case.places.without_feed(case.rng)
    if night == case.start + case.length:
        case.machine.customer = case.numbers["home"]
    return [case.row(night)]


def silent(case: Case, night: int) -> list[Row]:
    """The machine prints, but is not reached for some nights: its row is frozen."""
    if case.lasts(night) and case.held_back:
        return list(case.held_back)
    case.held_back = [case.row(night)]
    return list(case.held_back)


def switched_off(case: Case, night: int) -> list[Row]:
    """The machine is off for some nights and prints nothing: its row is frozen."""
    if case.begins(night):
        case.number("mean", int(case.machine.mean), int(case.machine.mean))
        case.machine.mean = 0
    if night == case.start + case.length:
        case.machine.mean = case.numbers["mean"]
    return silent(case, night)


def not_listed(case: Case, night: int) -> list[Row]:
    """The row is missing for some nights."""
    return [] if case.lasts(night) else [case.row(night)]


def retired(case: Case, night: int) -> list[Row]:
    """The machine is taken out of the list for good."""
    if night < case.start:
        return [case.row(night)]
    case.machine.mean = 0
    return []


def seen_in_future(case: Case, night: int) -> list[Row]:
    """A clock ahead: the last-seen lies days in the future."""
    ahead = timedelta(days=case.number("days", 1, 400))
    return [_seen(case.row(night), ahead) if case.lasts(night) else case.row(night)]


def seen_years_behind(case: Case, night: int) -> list[Row]:
    """A clock years behind, which runs."""
    behind = timedelta(days=-case.number("days", 300, 6_000))
    return [_seen(case.row(night), behind)]


def seen_goes_back(case: Case, night: int) -> list[Row]:
    """The last-seen is set back by days although the counters increase."""
    behind = timedelta(days=-case.number("days", 2, 40))
    return [_seen(case.row(night), behind) if case.lasts(night) else case.row(night)]


def seen_stands_still(case: Case, night: int) -> list[Row]:
    """The last-seen is the same every night although the counters increase."""
    if not case.held_back:
        case.held_back = [case.row(night)]
    return [replace(case.row(night), seen=case.held_back[0].seen)]


def seen_never(case: Case, night: int) -> list[Row]:
    """There is no last-seen on any night; the counters increase."""
    return [replace(case.row(night), seen=None)]


def silent_since_long(case: Case, night: int) -> list[Row]:
    """Silent since long before the first night, then back with the pages of that time."""
    days = case.number("days", 20, 70)
    if not case.held_back:
        case.machine.mean = min(case.machine.mean, 150)
        case.held_back = [_seen(case.row(night), timedelta(days=-days))]
    if case.begins(night):
        case.machine.print_pages(int(case.machine.mean * days * 0.6))
    return list(case.held_back) if night < case.start else [case.row(night)]


def _seen(row: Row, by: timedelta) -> Row:
    seen: datetime | None = row.seen and row.seen + by
    return replace(row, seen=seen)
