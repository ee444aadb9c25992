"""Which deltas wait for a person, and with which proposal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.validation import (
    Flag,
    History,
    history,
    needs_history,
    pages_of_roll_over,
    validate,
)

CEILING = 150_000
OFFICE = History(deltas=40, busiest=300)


@pytest.mark.parametrize(
    ("before", "after", "pages"),
    [
        (999_950, 40, 90),
        (99_999, 0, 1),
        (9_990, 3, 13),
        (65_500, 20, 56),
        (16_777_000, 100, 316),
        (2**32 - 1, 0, 1),
        (10**18 - 5, 5, 10),
        (2**63 - 1, 9, 10),
        (1_019_990, 20_040, 50),  # a second counter beside the one that rolled over
        (95_000, 0, 5_000),
        (94_999, 0, None),
        (100_000, 0, None),
        (9_500, 0, 500),
        (9_499, 0, None),
        (950, 0, None),
        (16_380, 0, None),
        (32_760, 0, 8),
        (500_000, 12, None),
        (120_000, 119_000, None),
        (1, 0, None),
        (10**19 - 1, 0, None),
        (2**21 - 1, 0, None),
        (2**30 - 1, 0, None),
        (2**39 - 1, 0, None),
        (2**41 - 1, 0, None),
        (2**47 - 1, 0, None),
        (2**49 - 1, 0, None),
        *((2**bits - 1, 0, 1) for bits in (15, 16, 20, 24, 31, 32, 40, 48, 63)),
    ],
)
def test_a_fall_by_nearly_a_counters_range_may_be_a_roll_over(
    before: int, after: int, pages: int | None
) -> None:
    assert pages_of_roll_over(before, after) == pages


@given(st.integers(0, 2**40), st.integers(1, 2**40))
def test_the_pages_of_a_roll_over_are_few_for_its_range(after: int, fall: int) -> None:
    pages = pages_of_roll_over(after + fall, after)

    assert pages is None or (pages > 0 and pages * 20 <= pages + fall)


@pytest.mark.parametrize(
    ("pages", "days", "held"),
    [
        (150_000, 1, None),
        (150_001, 1, "ceiling"),
        (450_000, 3, None),
        (450_001, 3, "ceiling"),
    ],
)
def test_more_than_a_machine_can_print_is_held(pages: int, days: int, held: str | None) -> None:
    flag = validate(pages, days, CEILING, History())

    assert (flag.reason if flag else None) == held
    assert flag is None or flag.proposed is None


@pytest.mark.parametrize(
    ("pages", "days", "before", "held"),
    [
        (6_001, 1, OFFICE, True),
        (6_000, 1, OFFICE, False),
        (5_999, 1, OFFICE, False),
        (4_999, 1, History(3, 10), False),
        (12_000, 2, OFFICE, False),
        (12_001, 2, OFFICE, True),
        (5_001, 1, History(3, 250), True),
        (5_000, 1, History(3, 249), False),
        (5_001, 1, History(2, 1), False),
        (100_000, 1, History(), False),
    ],
)
def test_a_gain_far_above_the_devices_own_history_is_held(
    pages: int, days: int, before: History, held: bool
) -> None:
    flag = validate(pages, days, CEILING, before)

    assert flag == (Flag("history") if held else None)


@pytest.mark.parametrize(
    ("pages", "days", "held"),
    [(299, 1, False), (300, 1, False), (301, 1, True), (600, 2, False), (601, 2, True)],
)
def test_a_counter_passes_its_old_value_by_printing_or_by_being_restored(
    pages: int, days: int, held: bool
) -> None:
    flag = validate(pages, days, CEILING, OFFICE, counter_restored=12)

    assert flag == (Flag("restoration", 12) if held else None)


def test_a_restoration_above_the_ceiling_keeps_its_proposal() -> None:
    assert validate(900_000, 1, CEILING, OFFICE, counter_restored=0) == Flag("restoration", 0)


def test_a_roll_over_is_always_put_before_a_person() -> None:
    assert validate(9, 1, CEILING, OFFICE, rolled_over=True) == Flag("roll_over", 9)


@pytest.mark.parametrize(
    ("pages", "restored", "needed"),
    [(4_999, None, False), (5_000, None, False), (5_001, None, True), (1, 0, True)],
)
def test_most_gains_are_judged_without_a_look_at_the_history(
    pages: int, restored: int | None, needed: bool
) -> None:
    assert needs_history(pages, restored) is needed


@given(st.integers(1, 10**7), st.integers(1, 40), st.integers(0, 50), st.integers(0, 10**6))
def test_where_no_history_is_needed_it_changes_nothing(
    pages: int, days: int, deltas: int, busiest: int
) -> None:
    if not needs_history(pages, None):
        assert validate(pages, days, CEILING, History(deltas, busiest)) == validate(
            pages, days, CEILING, History()
        )


def test_a_gap_counts_by_its_mean_day_rounded_up() -> None:
    assert history([(10, 1), (31, 3), (5, 1)]) == History(deltas=3, busiest=11)
    assert history([(12, 3)]) == History(deltas=1, busiest=4)
    assert history([]) == History()
