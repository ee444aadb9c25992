"""The fleet: machines of many customers, and the rows that are listed of them, night by night."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.field import noise
from tests.field.cases import Case, Places
from tests.field.machines import Machine, Row
from tests.field.noise import CustomerKind, Kind
from tests.field.subject import Company

FIRST_DAY = date(2026, 10, 5)
WITHOUT_FEED = 3
#: No noise of a machine begins on an earlier night.
_FIRST_START = 4


@dataclass(frozen=True, slots=True)
class Size:
    """How large a run is. ``every_kind``: each kind of noise at least once, whatever its rate."""

    printers: int = 5_000
    customers: int = 100
    nights: int = 25
    every_kind: bool = False


@dataclass(slots=True)
class CustomerNoise:
    """What happens to a customer, and when."""

    kind: CustomerKind
    start: int
    length: int
    frozen: list[tuple[Case, Row]] = field(default_factory=list)

    def lasts(self, night: int) -> bool:
        """Whether it is at work."""
        return self.start <= night < self.start + self.length


@dataclass(frozen=True, slots=True)
class Night:
    """A night: what is listed, whether the list was fetched, how often it was collected.

    ``unlinked``: customers whose new name no feed has yet. ``relinked``: those that a user
    connects before the collection, with their names.
    """

    number: int
    day: date
    listed: list[tuple[Case, Row]]
    fetched: bool
    collections: int
    unlinked: frozenset[int]
    relinked: dict[str, str]


class Fleet:
    """A fleet of a seed."""

    def __init__(self, seed: int, size: Size) -> None:
        self.size = size
        self._seed = seed
        self.places = Places(size.customers, WITHOUT_FEED)
        self.customer_noise = self._draw_customer_noise()
        self.companies = [self._company(number) for number in range(size.customers)]
        rng = self._rng("customers")
        self._weights = [rng.paretovariate(1.6) for _ in range(size.customers)]
        self.cases = self._draw_cases()
        self._known: set[str] = set()

    def nights(self) -> Iterator[Night]:
        """The nights, in order; to be gone through once."""
        rng = self._rng("nights")
        for number in range(self.size.nights):
            listed = self._listed(number)
            rng.shuffle(listed)
            first = number == 0
            yield Night(
                number,
                FIRST_DAY + timedelta(days=number),
                listed,
                fetched=first or rng.random() >= noise.NIGHTS.failed,
                collections=2 if rng.random() < noise.NIGHTS.repeated else 1,
                unlinked=self._unlinked(number),
                relinked=self._relinked(number),
            )
            if first:
                for case, _ in self.cases:
                    _forget_printed(case)

    def rows(self, night: Night) -> list[dict[str, Any]]:
        """What Printerpoint lists on a night."""
        labels = {
            number: self._label(number, night.number)
            for number in range(self.size.customers + WITHOUT_FEED)
        }
        return [row.as_json(*labels[row.customer]) for _, row in night.listed]

    def key(self, customer: int) -> str:
        """The name by which a customer is known to the run, whatever it is called."""
        return f"C{customer:03}"

    def _listed(self, number: int) -> list[tuple[Case, Row]]:
        day = FIRST_DAY + timedelta(days=number)
        by_customer: dict[int, list[tuple[Case, Row]]] = {}
        for case, behaviour in self.cases:
            for machine in case.machines:
                machine.print_day(day)
            rows = behaviour.behaviour(case, number)
            if not rows and case.name not in self._known:
                _forget_printed(case)  # not listed yet
            for row in rows:
                self._known.add(case.name)
                by_customer.setdefault(row.customer, []).append((case, row))
        for customer, happening in self.customer_noise.items():
            of_customer = by_customer.get(customer, [])
            by_customer[customer] = _of_customer(happening, number, of_customer)
        return [pair for pairs in by_customer.values() for pair in pairs]

    def _draw_cases(self) -> list[tuple[Case, Kind]]:
        drawn: list[tuple[Case, Kind]] = []
        for kind in noise.KINDS:
            fits = self.size.nights - kind.settles - kind.nights[1] >= _FIRST_START
            rate = kind.per_mille / 1_000 if fits else 0
            wanted = self._number_of(kind.name, rate * self.size.printers)
            drawn += [(self._case(kind, number), kind) for number in range(wanted)]
        ordinary = max(0, self.size.printers - len(drawn))
        drawn += [(self._case(noise.PLAIN, number), noise.PLAIN) for number in range(ordinary)]
        return drawn

    def _number_of(self, name: str, expected: float) -> int:
        """How many there are of a kind: what is expected, rounded by chance."""
        number = math.floor(expected + self._rng(f"number of {name}").random())
        return max(1, number) if self.size.every_kind else number

    def _case(self, kind: Kind, number: int) -> Case:
        rng = self._rng(f"{kind.name} {number}")
        index = noise.KINDS.index(kind) if kind in noise.KINDS else len(noise.KINDS)
        customer = rng.choices(range(self.size.customers), self._weights)[0]
        machine = Machine.make(f"{index:02}{number:04}", customer, rng)
        length = rng.randint(*kind.nights)
        latest = max(_FIRST_START, self.size.nights - kind.settles - length)
        label = kind.name
        if kind is noise.PLAIN and customer in self.customer_noise:
            label = self.customer_noise[customer].kind.name
        start = rng.randint(_FIRST_START, latest)
        return Case(
            label, number, machine.name, machine, self.places, rng, FIRST_DAY, start, length
        )

    def _draw_customer_noise(self) -> dict[int, CustomerNoise]:
        rng = self._rng("customer noise")
        free = list(range(self.size.customers))
        rng.shuffle(free)
        drawn: dict[int, CustomerNoise] = {}
        for kind in noise.CUSTOMER_KINDS:
            for _ in range(self._number_of(kind.name, kind.per_cent * self.size.customers / 100)):
                length = min(rng.randint(*kind.nights), max(1, self.size.nights // 4))
                start = rng.randint(3, max(3, self.size.nights - 4 - length))
                drawn[free.pop()] = CustomerNoise(kind, start, length)
        return {customer: drawn[customer] for customer in sorted(drawn)}

    def _company(self, number: int) -> Company:
        name, customer_id = self._label(number, -1)
        return Company(self.key(number), name, customer_id)

    def _label(self, customer: int, night: int) -> tuple[str, str | None]:
        """Name and ID by which a customer's rows are listed."""
        name, customer_id = f"Customer {customer:03}, LLC", f"ID{customer:03}"
        happening = self.customer_noise.get(customer)
        if happening is None:
            return name, customer_id
        if happening.kind is noise.RENAMED_WITHOUT_ID:
            return (name if night < happening.start else f"New {name}"), None
        if happening.kind is noise.CUSTOMER_RENAMED and night >= happening.start:
            return f"New {name}", customer_id
        return name, customer_id

    def _unlinked(self, night: int) -> frozenset[int]:
        return frozenset(
            customer
            for customer, happening in self.customer_noise.items()
            if happening.kind is noise.RENAMED_WITHOUT_ID and happening.lasts(night)
        )

    def _relinked(self, night: int) -> dict[str, str]:
        return {
            self.key(customer): self._label(customer, night)[0]
            for customer, happening in self.customer_noise.items()
            if happening.kind is noise.RENAMED_WITHOUT_ID
            and night == happening.start + happening.length
        }

    def _rng(self, name: str) -> Random:
        return Random(f"{self._seed} {name}")


def _forget_printed(case: Case) -> None:
    """Nothing before the first reading can be known."""
    for machine in case.machines:
        machine.printed.clear()


def _of_customer(
    happening: CustomerNoise, night: int, rows: list[tuple[Case, Row]]
) -> list[tuple[Case, Row]]:
    if happening.kind is noise.CUSTOMER_MISSING and happening.lasts(night):
        return []
    if happening.kind is noise.AGENT_OFFLINE:
        if happening.lasts(night):
            return list(happening.frozen)
        happening.frozen = rows
    return rows
