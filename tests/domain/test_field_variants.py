"""Every kind of trouble in the field, in variants: other counters, orders, months, customers."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.domain.field import COLOUR, MONO, Service, row_of, run
from webapp.domain.paper import LETTER_AREA

Cell = dict[str, Any]
MONTH_END = date(2026, 10, 29)
SIZE_MONO, SIZE_COLOUR = "coloredPagesBySizeMonochromeTotal", "coloredPagesBySizeColorTotal"
LENGTH = LETTER_AREA * 10_000 // (914 * 1_000) + 1


def colour(count: int) -> dict[str, int | None]:
    return {MONO: count - count // 4, COLOUR: count // 4}


def size(count: int) -> dict[str, int | None]:
    return {SIZE_MONO: count - count // 4, SIZE_COLOUR: count // 4}


def area(count: int) -> dict[str, int | None]:
    return {"paperAreaTotal": count * LETTER_AREA}


def area_by_colour(count: int) -> dict[str, int | None]:
    mono = (count - count // 4) * LETTER_AREA
    return {"paperAreaMonochrome": mono, "paperAreaColor": count // 4 * LETTER_AREA}


def categories(count: int) -> dict[str, int | None]:
    return {
        "monochromeLines": (count - count // 4) * LETTER_AREA,
        "colorLines": 0,
        "lowDensityImages": count // 4 * LETTER_AREA,
        "highDensityImages": None,
        "specialMediaPlots": None,
    }


def length(count: int) -> dict[str, int | None]:
    return {"paperLength": count * LENGTH}


SETS = {
    "colour": colour,
    "size": size,
    "area": area,
    "area_by_colour": area_by_colour,
    "categories": categories,
    "length": length,
}
every_set = pytest.mark.parametrize("counters", SETS.values(), ids=SETS.keys())
every_month = pytest.mark.parametrize("first", [date(2026, 10, 19), MONTH_END])


def cell(counters: dict[str, int | None], **values: Any) -> Cell:
    return {"c": "C", "s": "S-1", "a": "A-1", "counters": counters, **values}


def series(counts: list[int], counters: Any = colour, **values: Any) -> list[list[Cell]]:
    return [[cell(counters(count), **values)] for count in counts]


def silent(counts: list[int], first: date, frozen: set[int], counters: Any) -> list[list[Cell]]:
    """A series in which the answers of some nights repeat the last one, last-seen included."""
    rows_by_night: list[list[Cell]] = []
    for number, count in enumerate(counts):
        day = first + timedelta(days=number)
        one = cell(counters(count), seen=f"{day}T23:11:00Z")
        rows_by_night.append(rows_by_night[-1] if number in frozen else [one])
    return rows_by_night


# K1: a lifetime total is never deposited.


@every_set
@every_month
def test_a_lifetime_after_zeros_is_a_baseline(counters: Any, first: date) -> None:
    service = run(series([0, 0, 120_000, 120_100, 120_200], counters), first=first, twice=True)

    assert 199 <= service.total() <= 201


def test_a_lifetime_after_nulls_is_a_baseline() -> None:
    nothing: dict[str, int | None] = {MONO: None, COLOUR: None}
    nights = [[cell(nothing)], [cell(nothing)], *series([9_000, 9_100, 9_200])]

    assert run(nights, twice=True).total() == 200


@every_set
def test_a_new_machine_counts_from_zero(counters: Any) -> None:
    service = run(series([0, 300, 700, 700, 900], counters), twice=True)

    assert 898 <= service.total() <= 901
    assert not service.held()


def test_a_first_count_beyond_a_new_machine_waits_and_is_not_counted() -> None:
    nights = run(series([0, 4_000, 4_100, 4_200, 4_300]))

    assert nights.total() == 300
    assert not nights.held()


def test_a_first_count_is_accepted_when_the_next_days_resemble_it() -> None:
    assert run(series([0, 2_000, 3_500, 5_000, 6_000])).total() == 6_000


@pytest.mark.parametrize("lifetime", [4_000, 400, 400_000])
@pytest.mark.parametrize("before", [None, 0])
def test_a_counter_that_appears_brings_its_own_baseline(lifetime: int, before: int | None) -> None:
    nights = [
        [cell({MONO: 50_000 + 100 * n, COLOUR: before if n < 3 else lifetime})] for n in range(7)
    ]

    service = run(nights, twice=True)

    # A counter known at 0 counts what a new machine can have printed.
    printed = lifetime if before == 0 and lifetime <= 500 else 0
    assert service.total() == 600 + printed


@every_set
@every_month
def test_a_count_ten_times_too_high_is_taken_back(counters: Any, first: date) -> None:
    counts = [10_000, 10_100, 102_000, 10_300, 10_400]
    service = run(series(counts, counters), first=first, twice=True)

    assert 399 <= service.total() <= 401
    assert not service.held()


def test_a_young_device_that_jumps_near_its_lifetime_waits() -> None:
    service = run(series([100, 200, 150_000, 150_100, 150_200]))

    assert service.total() <= 400
    assert not service.for_person()


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


def test_two_machines_with_one_serial_number_are_told_apart() -> None:
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


def test_rows_without_any_identity() -> None:
    one = [[cell(colour(10_000 + 100 * n), s=None, a=None)] for n in range(5)]
    two = [night * 2 for night in one]
    different = [
        [*night, cell(colour(77_000 + 10 * n), s="N/A", a=None)] for n, night in enumerate(one)
    ]

    assert run(one, twice=True).total() == 400
    assert run(two, twice=True).total() == 400
    assert run(different).total() == 0
    assert len(run(different).unmatched) == 10


# K3: no value stops anything.


@pytest.mark.parametrize(
    "value",
    [2**63 - 1, 2**63, 2**64 - 1, 2**31 - 1, 2**32 - 1, -1, -(2**70), 10**30, 999_999, None],
)
@every_set
def test_no_value_stops_a_customer(value: int | None, counters: Any) -> None:
    nights = series([10_000 + 100 * n for n in range(6)], counters)
    for name in nights[2][0]["counters"]:
        nights[2][0]["counters"][name] = value
    for n, night in enumerate(nights):
        night.append(cell(colour(500 + 100 * n), s="S-2", a="A-2"))

    service = run(nights, twice=True)

    assert 999 <= service.total() <= 1_001


def test_a_sum_past_63_bits_is_no_value() -> None:
    nights = series([10_000, 10_100, 10_200, 10_300])
    nights[1][0]["counters"] = {MONO: 2**63 - 2, COLOUR: 2**63 - 2}

    assert run(nights, twice=True).total() == 300


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


# K5: days that cannot be.


def test_a_clock_years_behind_or_ahead_dates_on_the_day_being_closed() -> None:
    for year in ("2019", "2041"):
        nights = series([10_000 + 100 * n for n in range(5)])
        for n, night in enumerate(nights):
            night[0]["seen"] = f"{year}-05-{n + 1:02}T10:00:00Z"

        service = run(nights, twice=True)

        assert service.total() == 400
        assert set(service.deposits()) == {(1, date(2026, 10, 20 + n)) for n in range(4)}


def test_a_last_seen_that_goes_back_loses_nothing() -> None:
    nights = series([10_000 + 100 * n for n in range(6)])
    for n in (2, 3):
        nights[n][0]["seen"] = f"2024-01-0{n}T10:00:00Z"

    service = run(nights, twice=True)

    assert service.total() == 500
    assert min(day for _, day in service.deposits()) == date(2026, 10, 20)


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


# K7: a spike up and back.


@every_set
@every_month
@pytest.mark.parametrize("spike", [30, 900, 4_000, 30_000, 900_000, 40_000_000])
@pytest.mark.parametrize("nights", [1, 2, 3])
def test_a_spike_is_taken_back(counters: Any, first: date, spike: int, nights: int) -> None:
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
def test_a_glitch_down_loses_nothing(low: int, zeros: int) -> None:
    lows = [low] * (zeros if low == 0 else 1)

    assert run(series([10_000, 10_100, 10_200, *lows, 10_400, 10_500]), twice=True).total() == 500


def test_a_reset_gains_nothing_and_goes_on() -> None:
    service = run(series([90_000, 90_100, 40, 120, 200]), twice=True)

    assert service.total() == 260


def test_a_reset_to_zero_goes_on() -> None:
    service = run(series([80_000, 80_100, 80_200, 0, 90, 180]), twice=True)

    assert service.total() == 380


def test_a_reset_that_is_restored_is_exact() -> None:
    service = run(series([80_000, 80_100, 50, 120, 200, 80_500, 80_600]), twice=True)

    assert service.total() == 600


# K8: a counter set is missing for a night.


@every_set
@pytest.mark.parametrize("other", [size, area, length, lambda count: {MONO: None}])
@pytest.mark.parametrize("missing", [{2}, {2, 3}, {1, 3}])
def test_a_set_missing_for_some_nights(counters: Any, other: Any, missing: set[int]) -> None:
    nights = series([10_000 + 100 * n for n in range(6)], counters)
    for n in missing:
        nights[n] = [cell(other(90_000 + 50 * n))] if other is not counters else nights[n]

    assert 499 <= run(nights, twice=True).total() <= 501


def test_a_set_missing_for_good_is_replaced_from_its_first_night() -> None:
    nights = series([10_000 + 100 * n for n in range(3)])
    nights += series([70_000 + 100 * n for n in range(12)], size)

    service = run(nights, twice=True)

    assert service.total() == 200 + 1_100


def test_a_null_member_once() -> None:
    nights = [[cell({MONO: 10_000 + 80 * n, COLOUR: 3_000 + 20 * n})] for n in range(5)]
    nights[2][0]["counters"][COLOUR] = None

    service = run(nights, twice=True)

    assert service.total() == 400
    assert len(service.incomplete) == 2  # collected twice


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
def test_pages_on_loan_are_nobodys(old_row_stays: bool) -> None:
    home = [[cell(colour(10_000 + 100 * n))] for n in range(2)]
    frozen = cell(colour(10_100), seen="2026-10-20T22:00:00Z")
    loan = [[cell(colour(10_200 + 100 * n), c="X")] for n in range(10)]
    if old_row_stays:
        loan = [[*night, frozen] for night in loan]
    back = [[cell(colour(11_200 + 100 * n))] for n in range(3)]

    service = run([*home, *loan, *back], without_feed={"ID-X"}, twice=True)

    assert service.total() == 100 + 300


# Silent gaps, month ends, several at once.


@every_set
@every_month
def test_a_silent_gap_is_allocated_over_its_business_days(counters: Any, first: date) -> None:
    counts = [10_000 + 100 * n for n in range(9)]

    service = run(silent(counts, first, {2, 3, 4, 5}, counters), first=first, twice=True)

    assert 799 <= service.total() <= 801
    gap = {first + timedelta(days=number) for number in (2, 3, 4, 5, 6)}
    weekdays = {day for day in gap if day.weekday() < 5}
    assert {day for _, day in service.deposits()} & gap == weekdays


@every_set
def test_a_spike_before_and_after_a_silent_gap(counters: Any) -> None:
    first = date(2026, 10, 19)
    counts = [10_000 + 100 * n for n in range(12)]
    counts[2] += 3_000
    nights = silent(counts, first, {3, 4, 5}, counters)

    assert 1_099 <= run(nights, twice=True).total() <= 1_101


def test_several_kinds_at_once_at_several_customers() -> None:
    def night(n: int) -> list[Cell]:
        rows = [
            cell(colour(10_000 + 100 * n + (900 if n == 2 else 0)), s="S-1"),
            cell(size(20_000 + 10 * n), s="S-2" if n % 2 else None, a="A-2"),
            cell(area(0 if n == 0 else 5_000_000 + 7 * n), s="S-3", a="A-3"),
            cell(colour(60_000 + n), c="D", s="N/A", a="A-1"),
            cell(colour(2**63 - 1 if n == 3 else 700 + n), c="D", s="S-5", a="A-5"),
        ]
        return [*rows, rows[0]]

    service = run([night(n) for n in range(8)], twice=True, reverse=True)

    assert service.total() == 700 + 70 + 42 + 7 + 7


def test_an_honest_burst_is_held_and_confirmed_by_two_business_days() -> None:
    ordinary = [10_000 + 200 * n for n in range(8)]
    burst = [11_400 + 12_000 + 200 * n for n in range(3)]

    waiting = run(series(ordinary + burst[:2]))
    decided = run(series(ordinary + burst))

    assert waiting.total() == 1_600
    assert sum(delta.pages for delta in waiting.held()) == 12_000
    assert decided.total() == 1_400 + 12_000 + 400
    assert not decided.held()


def test_a_production_press_is_known_after_two_business_days() -> None:
    counts = [3_000_000 + 14_000 * n for n in range(5)]

    waiting, decided = run(series(counts[:3])), run(series(counts[:4]))

    assert waiting.total() == 0
    assert decided.total() == 3 * 14_000
    assert not decided.held()


def test_a_second_collection_of_a_day_neither_loses_nor_doubles() -> None:
    service = Service()
    service.connect("ID-C")
    for n in range(5):
        day = date(2026, 10, 19) + timedelta(days=n)
        midnight = row_of(cell(colour(10_000 + 100 * n)), day)
        noon = row_of(
            cell(colour(10_050 + 100 * n), seen=f"{day + timedelta(days=1)}T16:00:00Z"), day
        )
        service.collect([midnight], day)
        service.collect([noon], day)
        service.check()

    assert service.total() == 400
