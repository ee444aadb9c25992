"""What a count is worth, in variants (K1, K3, K7, K8)."""

from datetime import date
from typing import Any

import pytest

from tests.domain.field import COLOUR, MONO, run
from tests.domain.variants import area, cell, colour, every_month, every_set, length, series, size

pytestmark = pytest.mark.slow

# K1: a lifetime total is never deposited.


@every_set
@every_month
def test_a_lifetime_count_after_zeros_is_a_baseline(counters: Any, first: date) -> None:
    service = run(series([0, 0, 120_000, 120_100, 120_200], counters), first=first, twice=True)

    assert 199 <= service.total() <= 201


def test_a_lifetime_count_after_nulls_is_a_baseline() -> None:
    nothing: dict[str, int | None] = {MONO: None, COLOUR: None}
    nights = [[cell(nothing)], [cell(nothing)], *series([9_000, 9_100, 9_200])]

    assert run(nights, twice=True).total() == 200


@every_set
def test_a_new_machine_counts_from_zero(counters: Any) -> None:
    service = run(series([0, 300, 700, 700, 900], counters), twice=True)

    assert 898 <= service.total() <= 901
    assert not service.held()


def test_a_first_count_beyond_a_new_machine_is_held_and_not_counted() -> None:
    nights = run(series([0, 4_000, 4_100, 4_200, 4_300]))

    assert nights.total() == 300
    assert not nights.held()


def test_a_first_count_is_accepted_when_the_next_days_resemble_it() -> None:
    assert run(series([0, 2_000, 3_500, 5_000, 6_000])).total() == 6_000


@pytest.mark.parametrize("lifetime", [4_000, 400, 400_000])
@pytest.mark.parametrize("before", [None, 0])
def test_a_new_counter_has_its_own_baseline(lifetime: int, before: int | None) -> None:
    nights = [
        [cell({MONO: 50_000 + 100 * n, COLOUR: before if n < 3 else lifetime})] for n in range(7)
    ]

    service = run(nights, twice=True)

    # A counter known at 0 counts what a new machine can have printed.
    printed = lifetime if before == 0 and lifetime <= 500 else 0
    assert service.total() == 600 + printed


@every_set
@every_month
def test_a_count_ten_times_too_high_is_withdrawn(counters: Any, first: date) -> None:
    counts = [10_000, 10_100, 102_000, 10_300, 10_400]
    service = run(series(counts, counters), first=first, twice=True)

    assert 399 <= service.total() <= 401
    assert not service.held()


def test_a_jump_near_the_lifetime_of_a_young_device_is_held() -> None:
    service = run(series([100, 200, 150_000, 150_100, 150_200]))

    assert service.total() <= 400
    assert not service.for_person()


# K3: no value stops anything.


@pytest.mark.parametrize(
    "value",
    [2**63 - 1, 2**63, 2**64 - 1, 2**31 - 1, 2**32 - 1, -1, -(2**70), 10**30, 999_999, None],
)
@every_set
def test_no_value_of_a_counter_stops_the_collection_of_a_customer(
    value: int | None, counters: Any
) -> None:
    nights = series([10_000 + 100 * n for n in range(6)], counters)
    for name in nights[2][0]["counters"]:
        nights[2][0]["counters"][name] = value
    for n, night in enumerate(nights):
        night.append(cell(colour(500 + 100 * n), s="S-2", a="A-2"))

    service = run(nights, twice=True)

    assert 999 <= service.total() <= 1_001


def test_a_sum_beyond_63_bits_is_ignored() -> None:
    nights = series([10_000, 10_100, 10_200, 10_300])
    nights[1][0]["counters"] = {MONO: 2**63 - 2, COLOUR: 2**63 - 2}

    assert run(nights, twice=True).total() == 300


# K7: a spike up and back.


@every_set
@every_month
@pytest.mark.parametrize("spike", [30, 900, 4_000, 30_000, 900_000, 40_000_000])
@pytest.mark.parametrize("nights", [1, 2, 3])
def test_a_spike_of_one_night_is_withdrawn(
    counters: Any, first: date, spike: int, nights: int
) -> None:
    counts = [10_000 + 100 * n for n in range(10)]
    for n in range(4, 4 + nights):
        counts[n] += spike + 100 * nights

    service = run(series(counts, counters), first=first, twice=True)

    assert 898 <= service.total() <= 902
    assert not service.for_person()


def test_while_a_fall_is_pending_the_rise_is_under_review() -> None:
    service = run(series([10_000, 10_100, 11_100, 10_300]))

    assert service.total() == 100
    assert sum(delta.pages for delta in service.held()) == 1_000


@pytest.mark.parametrize("low", [0, 40, 9_000, 10_150])
@pytest.mark.parametrize("zeros", [1, 2])
def test_a_low_count_of_one_night_loses_no_page(low: int, zeros: int) -> None:
    lows = [low] * (zeros if low == 0 else 1)

    assert run(series([10_000, 10_100, 10_200, *lows, 10_400, 10_500]), twice=True).total() == 500


def test_a_reset_adds_no_pages_and_continues() -> None:
    service = run(series([90_000, 90_100, 40, 120, 200]), twice=True)

    assert service.total() == 260


def test_a_reset_to_zero_continues() -> None:
    service = run(series([80_000, 80_100, 80_200, 0, 90, 180]), twice=True)

    assert service.total() == 380


def test_a_restored_reset_loses_no_page() -> None:
    service = run(series([80_000, 80_100, 50, 120, 200, 80_500, 80_600]), twice=True)

    assert service.total() == 600


# K8: a counter set is missing for a night.


@every_set
@pytest.mark.parametrize("other", [size, area, length, lambda count: {MONO: None}])
@pytest.mark.parametrize("missing", [{2}, {2, 3}, {1, 3}])
def test_a_counter_set_missing_for_some_nights_loses_no_page(
    counters: Any, other: Any, missing: set[int]
) -> None:
    nights = series([10_000 + 100 * n for n in range(6)], counters)
    for n in missing:
        nights[n] = [cell(other(90_000 + 50 * n))] if other is not counters else nights[n]

    assert 499 <= run(nights, twice=True).total() <= 501


def test_a_counter_set_missing_permanently_is_replaced_from_its_first_night() -> None:
    nights = series([10_000 + 100 * n for n in range(3)])
    nights += series([70_000 + 100 * n for n in range(12)], size)

    service = run(nights, twice=True)

    assert service.total() == 200 + 1_100


def test_a_counter_that_is_null_once_loses_no_page() -> None:
    nights = [[cell({MONO: 10_000 + 80 * n, COLOUR: 3_000 + 20 * n})] for n in range(5)]
    nights[2][0]["counters"][COLOUR] = None

    service = run(nights, twice=True)

    assert service.total() == 400
    assert len(service.incomplete) == 2  # collected twice
