"""Cases: machines to which one kind of noise happens, and what they need for it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from tests.field.machines import Machine, Row, is_business_day


@dataclass(slots=True)
class Places:
    """Customers by number: those with a feed first, then those without."""

    connected: int
    others: int

    def another(self, than: int, rng: Random) -> int:
        """Another customer with a feed."""
        return (than + rng.randrange(1, self.connected)) % self.connected

    def without_feed(self, rng: Random) -> int:
        """A customer without a feed."""
        return self.connected + rng.randrange(self.others)


@dataclass(slots=True)
class Case:
    """One case of a kind, the ``ordinal``-th of it: the noise begins on the night ``start``."""

    kind: str
    ordinal: int
    name: str
    machine: Machine
    places: Places
    rng: Random
    first_day: date
    start: int
    length: int
    others: list[Machine] = field(default_factory=list)
    held_back: list[Row] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def machines(self) -> list[Machine]:
        """All of them."""
        return [self.machine, *self.others]

    def day(self, night: int) -> date:
        """The day a night closes."""
        return self.first_day + timedelta(days=night)

    def begins(self, night: int) -> bool:
        """Whether the noise begins on this night."""
        return night == self.start

    def lasts(self, night: int) -> bool:
        """Whether it is at work."""
        return self.start <= night < self.start + self.length

    def row(self, night: int) -> Row:
        """The true row of the machine."""
        return self.machine.row(self.day(night))

    def number(self, name: str, low: int, high: int) -> int:
        """A number of this case, drawn once."""
        if name not in self.numbers:
            self.numbers[name] = self.rng.randint(low, high)
        return self.numbers[name]

    def is_open(self, night: int) -> bool:
        """Whether the night closes a business day."""
        return is_business_day(self.day(night))


#: What is listed of a case on a night; its machines have printed already.
Behaviour = Callable[[Case, int], list[Row]]


def untrue(row: Row, counters: dict[str, int | None]) -> Row:
    """The row with false counters."""
    return replace(row, counters=counters, truth={})


def shown(row: Row, pages: int, machine: Machine) -> Row:
    """The row with a total that is not true: its first counter makes the difference."""
    counters: dict[str, int | None] = dict(row.counters)
    first = machine.counters.members[0]
    others = sum(value or 0 for name, value in counters.items() if name != first)
    counters[first] = max(0, round(pages * machine.counters.unit) - others)
    return untrue(row, counters)


def zeros(row: Row) -> Row:
    """The row of a printer whose counters were not read: all of them 0."""
    return untrue(row, dict.fromkeys(row.counters, 0))


def nulls(row: Row) -> Row:
    """The row of a printer whose counters were not read: all of them null."""
    return untrue(row, dict.fromkeys(row.counters))


def plain(case: Case, night: int) -> list[Row]:
    """No noise."""
    return [case.row(night)]
