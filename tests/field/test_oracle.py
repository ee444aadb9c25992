"""The fleet, the oracle that watches it, and the report."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pytest

from tests.field import noise
from tests.field.fleet import FIRST_DAY, Fleet, Size
from tests.field.oracle import Oracle
from tests.field.report import Report, report
from tests.field.subject import Company, OpenCase
from tests.field.waiting import Watch

SMALL = Size(printers=90, customers=6, nights=25, every_kind=True)
LAST = FIRST_DAY + timedelta(days=SMALL.nights - 1)


class Known:
    """A subject that deposits what it is given, by customer, serial number and asset ID."""

    def __init__(self, pages: dict[tuple[str, str, str], int]) -> None:
        self.pages = pages

    def connect(self, companies: Sequence[Company], first_day: date) -> None:
        """Nothing is to be connected."""

    def night(self, day: date, rows: object, fetched: bool = True) -> None:
        """Nothing is to be collected."""

    def relink(self, customer: str, name: str) -> None:
        """Nothing is to be connected."""

    def deposits(self) -> Mapping[tuple[str, date], int]:
        """All of it on the first day."""
        found: dict[tuple[str, date], int] = {}
        for (customer, _, _), pages in self.pages.items():
            found[customer, FIRST_DAY] = found.get((customer, FIRST_DAY), 0) + pages
        return found

    def per_device(self) -> Mapping[tuple[str, str, str], int]:
        """What it was given."""
        return self.pages

    def held(self) -> Sequence[OpenCase]:
        """Nothing waits."""
        return ()


@pytest.fixture(scope="module")
def watched() -> tuple[Fleet, Oracle]:
    """A small fleet with every kind of noise, all its nights watched."""
    fleet = Fleet(1, SMALL)
    oracle = Oracle(fleet)
    for night in fleet.nights():
        oracle.observe(night)
    return fleet, oracle


def truth_of(fleet: Fleet, oracle: Oracle) -> dict[tuple[str, str, str], int]:
    """What is to be deposited, by customer and device."""
    pages: dict[tuple[str, str, str], int] = {}
    for case, _ in fleet.cases:
        for customer, countable in oracle.truth(case).countable.items():
            asset = next(machine.asset or "" for machine in case.machines)
            pages[fleet.key(customer), "", asset] = round(countable)
    return pages


def reported(fleet: Fleet, oracle: Oracle, pages: dict[tuple[str, str, str], int]) -> Report:
    """The report of a subject that deposited these pages."""
    return report(fleet, oracle, Known(pages), Watch(oracle), LAST)


def test_a_seed_produces_the_same_rows() -> None:
    size = Size(printers=30, customers=4, nights=6)
    one, other = Fleet(5, size), Fleet(5, size)

    assert [one.rows(night) for night in one.nights()] == [
        other.rows(night) for night in other.nights()
    ]


def test_every_kind_of_noise_occurs_where_requested(watched: tuple[Fleet, Oracle]) -> None:
    fleet, _ = watched

    assert {kind.name for kind in noise.KINDS} <= {case.kind for case, _ in fleet.cases}


def test_no_more_is_countable_than_was_printed(watched: tuple[Fleet, Oracle]) -> None:
    fleet, oracle = watched

    for case, _ in fleet.cases:
        truth = oracle.truth(case)
        assert truth.total + truth.optional + truth.away <= truth.printed + 1, case.kind


def test_a_reset_leaves_the_pages_of_its_day_apart(watched: tuple[Fleet, Oracle]) -> None:
    fleet, oracle = watched
    resets = [case for case, kind in fleet.cases if kind.name == "counter reset"]

    for case in resets:
        assert 0 <= oracle.truth(case).not_bracketed <= case.machine.busiest


def test_the_oracle_meets_every_goal(watched: tuple[Fleet, Oracle]) -> None:
    fleet, oracle = watched

    result = reported(fleet, oracle, truth_of(fleet, oracle))

    assert result.failures() == []
    assert result.total.too_many < SMALL.printers
    assert result.total.other_feed < SMALL.printers


def test_pages_too_many_too_few_and_elsewhere_are_distinguished(
    watched: tuple[Fleet, Oracle],
) -> None:
    fleet, oracle = watched
    pages = truth_of(fleet, oracle)
    first, second, third = [key for key, value in pages.items() if value > 500][:3]
    elsewhere = next(key for key in ("C000", "C001") if key != third[0])
    pages[first] += 10_000
    pages[second] -= 400
    pages[elsewhere, third[1], third[2]] = pages.pop(third)

    result = reported(fleet, oracle, pages)

    assert result.total.too_many == pytest.approx(10_000, abs=SMALL.printers)
    assert result.total.too_few == pytest.approx(400, abs=SMALL.printers)
    assert result.total.other_feed >= pages[elsewhere, third[1], third[2]] - SMALL.printers
    assert any(failure.startswith("pages too many") for failure in result.failures())
