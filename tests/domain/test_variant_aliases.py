"""One machine under several asset IDs, whose serial number is missing on some nights (K2)."""

from typing import Any

import pytest

from tests.domain.field import run
from tests.domain.variants import Cell, cell, colour, every_set

pytestmark = pytest.mark.slow


@every_set
@pytest.mark.parametrize("named", [{1, 3, 5, 7}, {0, 2, 4, 6}, {0, 1, 7}, {0}, {4, 5, 6, 7}])
@pytest.mark.parametrize("blank", [None, "N/A"])
@pytest.mark.parametrize("reverse", [False, True])
def test_a_serial_number_missing_in_one_of_two_rows(
    counters: Any, named: set[int], blank: str | None, reverse: bool
) -> None:
    def night(n: int) -> list[Cell]:
        values = counters(10_000 + 100 * n)
        here = [cell(values, s="S-1" if n in named else blank)]
        # Until it is known that both are one machine, the second row is not listed.
        return [*here, cell(values, a="A-2")] if n >= min(named) else here

    service = run([night(n) for n in range(8)], twice=True, reverse=reverse)

    assert 699 <= service.total() <= 701
    assert len(service.devices) == 1


def test_a_serial_number_missing_in_one_of_two_rows_at_first() -> None:
    nights = [
        [
            cell(colour(10_000 + 100 * n), s="S-1" if n % 2 else None),
            cell(colour(10_000 + 100 * n), a="A-2"),
        ]
        for n in range(8)
    ]

    assert run(nights, twice=True).total() == 700


def test_another_machine_under_the_other_asset_id_is_counted() -> None:
    nights = [
        [cell(colour(10_000 + 100 * n)), cell(colour(10_000 + 100 * n), a="A-2")] for n in range(3)
    ]
    nights += [
        [cell(colour(10_000 + 100 * n)), cell(colour(500 + 10 * n), a="A-2", s=None)]
        for n in range(3, 8)
    ]

    service = run(nights, twice=True)

    assert service.total() == 700 + 40
    assert len(service.devices) == 2


def test_another_asset_id_is_of_its_customer() -> None:
    here = [
        [cell(colour(10_000 + 100 * n)), cell(colour(10_000 + 100 * n), a="A-2")] for n in range(3)
    ]
    there = [
        [
            cell(colour(10_000 + 100 * n), c="D", a="A-9"),
            cell(colour(10_100 + 30 * n), c="D", a="A-2", s=None),
        ]
        for n in range(3, 8)
    ]

    service = run([*here, *there], twice=True)

    assert service.total() == 700 + 4 * 30
