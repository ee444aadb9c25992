"""Which machine a row is, in variants (K2, K4, K6, K9, K14)."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.domain.field import run
from tests.domain.variants import Cell, cell, colour, every_set, series

pytestmark = pytest.mark.slow

# K2: one machine is counted once.


@pytest.mark.parametrize("other", ["s-1", " S-1 ", "S -1", "S\u00a0-1", "\u200bS-1", "S-1\t"])
def test_letter_case_and_blanks_do_not_make_another_machine(other: str) -> None:
    nights = [[cell(colour(10_000 + 100 * n), s=other if n % 2 else "S-1")] for n in range(5)]

    service = run(nights, twice=True)

    assert service.total() == 400
    assert len(service.devices) == 1


@every_set
@pytest.mark.parametrize("blank", [None, "", "N/A", "XXXXXXX", "0000000000", "Unknown"])
def test_a_serial_number_missing_on_some_nights(counters: Any, blank: str | None) -> None:
    nights = [
        [cell(counters(10_000 + 100 * n), s=blank if n in (1, 3) else "S-1")] for n in range(5)
    ]

    service = run(nights, twice=True)

    assert 399 <= service.total() <= 401
    assert len(service.devices) == 1


def test_a_serial_number_that_becomes_known() -> None:
    nights = [[cell(colour(10_000 + 100 * n), s="S-1" if n > 2 else None)] for n in range(5)]

    service = run(nights, twice=True)

    assert service.total() == 400
    assert len(service.devices) == 1


@pytest.mark.parametrize("asset", ["A-1", None, "A-2"])
@pytest.mark.parametrize("reverse", [False, True])
def test_one_machine_listed_twice(asset: str | None, reverse: bool) -> None:
    nights = [
        [cell(colour(10_000 + 100 * n)), cell(colour(10_000 + 100 * n), a=asset)] for n in range(5)
    ]

    assert run(nights, twice=True, reverse=reverse).total() == 400


@pytest.mark.parametrize("apart", [-40, 0, 7, 90])
@pytest.mark.parametrize("minutes", [-9, 0, 9])
@pytest.mark.parametrize("reverse", [False, True])
def test_one_machine_at_two_customers(apart: int, minutes: int, reverse: bool) -> None:
    def night(n: int) -> list[Cell]:
        day = date(2026, 10, 19) + timedelta(days=n)
        seen = f"{day}T23:{20 + minutes}:00Z"
        count = 10_000 + 300 * n
        return [
            cell(colour(count), seen=f"{day}T23:20:00Z"),
            cell(colour(count + apart), c="D", seen=seen),
        ]

    service = run([night(n) for n in range(5)], twice=True, reverse=reverse)

    assert 1_100 <= service.total() <= 1_300
    assert not service.for_person()


def test_two_machines_with_one_serial_number_are_distinguished() -> None:
    nights = [
        [
            cell(colour(10_000 + 100 * n)),
            cell(colour(40_000 + 250 * n), a="A-9"),
        ]
        for n in range(8)
    ]

    service = run(nights, twice=True)

    assert service.total() == 700 + 7 * 250
    assert not service.held()


def test_a_copy_with_another_count_that_moves_alike_is_dropped() -> None:
    nights = [
        [cell(colour(10_000 + 100 * n)), cell(colour(40_000 + 100 * n), a="A-9")] for n in range(8)
    ]

    assert run(nights, twice=True).total() == 700


def test_rows_without_any_identity_are_one_machine_at_most() -> None:
    one = [[cell(colour(10_000 + 100 * n), s=None, a=None)] for n in range(5)]
    two = [night * 2 for night in one]
    different = [
        [*night, cell(colour(77_000 + 10 * n), s="N/A", a=None)] for n, night in enumerate(one)
    ]

    assert run(one, twice=True).total() == 400
    assert run(two, twice=True).total() == 400
    assert run(different).total() == 0
    assert len(run(different).unmatched) == 10


# K4: a placeholder is no serial number.


@pytest.mark.parametrize("serial", ["N/A", "XXXXXXXXXX", "0000000000", "To be filled by O.E.M."])
def test_machines_that_share_a_placeholder(serial: str) -> None:
    def at(customer: str, count: int, asset: str) -> Cell:
        return cell(colour(count), c=customer, s=serial, a=asset)

    nights = [
        [at("C", 10_000 + 100 * n, "A-1"), at("C", 80_000 + 10 * n, "A-2"), at("D", 5 + n, "A-1")]
        for n in range(5)
    ]

    service = run(nights, twice=True)

    assert service.total() == 400 + 40 + 4
    assert len(service.devices) == 3


# K6: the old row stays.


@every_set
@pytest.mark.parametrize("asset", ["A-1", "A-7", None])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_machine_moves_and_its_old_row_stays(
    counters: Any, asset: str | None, reverse: bool
) -> None:
    frozen = cell(counters(10_000), seen="2026-10-19T22:00:00Z")
    later = [[frozen, cell(counters(14_100 + 100 * n), c="D", a=asset)] for n in range(4)]

    service = run([[frozen], *later], twice=True, reverse=reverse)

    assert 4_399 <= service.total() <= 4_401
    assert service.total(service.feeds["ID-D"]) >= 4_399


def test_a_machine_moves_and_comes_back() -> None:
    here = [[cell(colour(10_000 + 100 * n))] for n in range(2)]
    there = [[cell(colour(10_200 + 100 * n), c="D")] for n in range(3)]
    again = [[cell(colour(10_500 + 100 * n))] for n in range(2)]

    service = run([*here, *there, *again], twice=True)

    assert service.total() == 600
    assert service.total(service.feeds["ID-D"]) == 300


# K9: exact duplicates.


@every_set
@pytest.mark.parametrize("times", [2, 5])
@pytest.mark.parametrize("serial", ["S-1", None])
def test_exact_duplicates(counters: Any, times: int, serial: str | None) -> None:
    nights = [
        night * times for night in series([10_000 + 100 * n for n in range(5)], counters, s=serial)
    ]

    assert 399 <= run(nights, twice=True).total() <= 401


# K14: on loan.


@pytest.mark.parametrize("old_row_stays", [False, True])
def test_pages_printed_on_loan_are_not_counted(old_row_stays: bool) -> None:
    home = [[cell(colour(10_000 + 100 * n))] for n in range(2)]
    frozen = cell(colour(10_100), seen="2026-10-20T22:00:00Z")
    loan = [[cell(colour(10_200 + 100 * n), c="X")] for n in range(10)]
    if old_row_stays:
        loan = [[*night, frozen] for night in loan]
    back = [[cell(colour(11_200 + 100 * n))] for n in range(3)]

    service = run([*home, *loan, *back], without_feed={"ID-X"}, twice=True)

    assert service.total() == 100 + 300
