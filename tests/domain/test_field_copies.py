"""Copies: another updated row of one serial number with a disagreeing count."""

from datetime import UTC, datetime, time, timedelta

import pytest

from tests.domain.field import (
    COLOUR,
    FIRST_NIGHT,
    MONO,
    NEW_YORK,
    SIZE,
    Service,
    cell,
    history,
    notes,
    row_of,
    run,
    totals,
)
from webapp.domain.metering.identity import agree
from webapp.domain.metering.run import Context


@pytest.mark.parametrize(
    ("apart", "nights", "verdict"),
    [
        (5, 3, None),
        (5, 4, "copy"),
        (-5, 4, "copy"),
        (6, 2, None),
        (6, 3, "two_machines"),
        (-6, 3, "two_machines"),
    ],
)
def test_rows_that_disagree_are_compared_by_how_they_move(
    apart: int, nights: int, verdict: str | None
) -> None:
    cells = [
        [
            cell(10_000 + 100 * n),
            cell(90_000 + (100 + apart) * n, a="A-2"),
        ]
        for n in range(nights)
    ]

    service = run(cells, twice=True)

    assert totals(service) == [100 * (nights - 1)]
    verdicts = [kind for kind, _ in notes(service, "copy", "two_machines")]
    assert verdicts == ([verdict] if verdict else [])
    assert len(notes(service, "disputed")) == 1


def test_a_separated_machine_counts_from_when_it_was_first_seen() -> None:
    cells = [[cell(10_000 + 100 * n), cell(90_000 + 7 * n, a="A-2")] for n in range(6)]

    service = run(cells, twice=True)

    assert totals(service) == [500, 35]
    assert service.state(2).initial == 90_000
    assert service.state(2).serial is None


def test_nights_on_which_neither_row_moves_decide_nothing() -> None:
    cells = [[cell(10_000), cell(90_000, a="A-2")] for _ in range(8)]

    service = run(cells)

    assert notes(service, "copy", "two_machines") == []
    assert totals(service) == [0]


def test_a_copy_stays_dropped_whatever_its_later_counts() -> None:
    cells = [[cell(10_000 + 100 * n), cell(90_000 + 100 * n, a="A-2")] for n in range(5)]
    cells += [[cell(10_500 + 100 * n), cell(97_000 + 9 * n, a="A-2")] for n in range(4)]

    service = run(cells)

    assert notes(service, "copy", "two_machines") == [("copy", FIRST_NIGHT + timedelta(days=3))]
    assert totals(service) == [800]


@pytest.mark.parametrize(("apart", "expected"), [(500, True), (501, False), (-500, True)])
def test_two_rows_agree_within_what_is_printed_between_two_polls(
    apart: int, expected: bool
) -> None:
    one, other = (row_of(cell(count), FIRST_NIGHT) for count in (10_000, 10_000 + apart))
    now = datetime.combine(FIRST_NIGHT + timedelta(days=1), time(6), UTC)
    context = Context(FIRST_NIGHT, now, NEW_YORK, frozenset(), 1, FIRST_NIGHT)

    assert agree(one, other, context) == expected


def test_a_copy_that_is_updated_later_than_the_machine_is_not_another_machine() -> None:
    cells = [[cell(10_000 + 100 * n), cell(90_000 + 400 * (n // 4), a="A-2")] for n in range(13)]

    service = run(cells, twice=True)

    assert notes(service, "copy", "two_machines") == [("copy", FIRST_NIGHT + timedelta(days=12))]
    assert totals(service) == [1_200]


def test_a_second_machine_that_prints_nothing_is_not_a_copy_of_one_that_prints_little() -> None:
    cells = [[cell(10_000 + 3 * n), cell(90_000, a="A-2")] for n in range(8)]
    cells += [[cell(10_024 + 3 * n), cell(90_050 + 50 * n, a="A-2")] for n in range(3)]

    service = run(cells, twice=True)

    assert notes(service, "copy", "two_machines") == [
        ("two_machines", FIRST_NIGHT + timedelta(days=9))
    ]
    assert totals(service) == [30, 150]


def test_a_second_collection_of_a_night_is_not_a_second_night() -> None:
    days = [FIRST_NIGHT + timedelta(days=number) for number in range(3)]
    service = Service()
    service.connect("ID-C")

    for number, (day, seen) in enumerate(zip([days[0], days[2], days[2]], days, strict=True)):
        seen_at = f"{seen}T18:00:00Z"
        cells = [
            cell(10_000 + 100 * number, seen=seen_at),
            cell(90_000 + 7 * number, a="A-2", seen=seen_at),
        ]
        service.collect([row_of(one, day) for one in cells], day)

    assert totals(service) == [200]
    assert notes(service, "two_machines") == []


def test_rows_are_compared_by_the_counters_that_meter_the_machine() -> None:
    def copy(number: int) -> dict[str, int]:
        # Its other counter, which this machine does not have, is updated more rarely.
        return {MONO: 30_000 + 400 * (number // 3), COLOUR: 0, SIZE: 90_000 + 100 * number}

    cells = [
        [cell(0, counters={SIZE: 10_000 + 100 * n}), cell(0, a="A-2", counters=copy(n))]
        for n in range(4)
    ]

    service = run(cells, twice=True)

    assert notes(service, "copy", "two_machines") == [("copy", FIRST_NIGHT + timedelta(days=3))]


def test_a_row_without_the_counters_that_meter_the_machine_is_not_compared() -> None:
    cells = [
        [cell(10_000 + 100 * n), cell(0, a="A-2", counters={SIZE: 90_000 + 7 * n})]
        for n in range(6)
    ]

    service = run(cells, twice=True)

    assert totals(service) == [500]
    assert notes(service, "disputed", "two_machines") == []


def test_a_copy_whose_counters_are_replaced_with_those_of_the_machine_stays_uncounted() -> None:
    cells = [[cell(10_000 + 100 * n), cell(90_000 + 100 * n, a="A-2")] for n in range(2)]
    cells += [
        [
            cell(0, counters={SIZE: 10_200 + 100 * n}),
            cell(0, a="A-2", counters={SIZE: 90_200 + 100 * n}),
        ]
        for n in range(10)
    ]

    service = run(cells, twice=True)

    assert totals(service) == [100 + 900]


@pytest.mark.parametrize(("moved", "verdict"), [(100, "copy"), (7, "two_machines")])
def test_the_history_shows_which_row_disagreed_and_what_it_was(moved: int, verdict: str) -> None:
    cells = [[cell(10_000 + 100 * n), cell(90_000 + moved * n, a="A-2")] for n in range(4)]

    service = run(cells)

    row = {"customer": "ID-C", "asset": "A-2"}
    day = FIRST_NIGHT + timedelta(days=3 if verdict == "copy" else 2)
    assert history(service, "disputed", "copy", "two_machines") == [
        ("disputed", FIRST_NIGHT, row | {"count": 90_000}),
        (verdict, day, row),
    ]


# Rows without a serial number that repeat one that has it.


@pytest.mark.parametrize(("apart", "devices"), [(40, 1), (500, 1), (501, 2)])
def test_a_row_without_a_serial_number_repeats_the_machine_of_its_asset_id(
    apart: int, devices: int
) -> None:
    cells = [[cell(10_000 + 9 * n), cell(10_000 + apart + 9 * n, s=None)] for n in range(4)]

    service = run(cells, twice=True)

    assert totals(service) == [27] * devices


@pytest.mark.parametrize(("apart", "devices"), [(0, 1), (40, 2)])
def test_a_row_without_any_identity_repeats_a_machine_with_equal_values(
    apart: int, devices: int
) -> None:
    cells = [[cell(10_000 + 9 * n), cell(10_000 + apart + 9 * n, s=None, a=None)] for n in range(4)]

    service = run(cells, twice=True)

    assert totals(service) == [27] * devices


def test_a_row_of_another_asset_id_without_a_serial_number_is_a_machine() -> None:
    cells = [[cell(10_000 + 9 * n), cell(10_040 + 9 * n, s=None, a="A-2")] for n in range(4)]

    service = run(cells, twice=True)

    assert totals(service) == [27, 27]


def test_a_second_machine_is_counted_though_the_first_one_never_prints() -> None:
    cells = [[cell(10_000), cell(90_000 + 40 * n, a="A-2")] for n in range(8)]

    service = run(cells, twice=True)

    assert notes(service, "copy", "two_machines") == [
        ("two_machines", FIRST_NIGHT + timedelta(days=5))
    ]
    assert totals(service) == [0, 280]


def test_a_copy_that_catches_up_with_an_idle_machine_is_not_another_machine() -> None:
    counts = [9_000, 9_400, 9_800, 9_900, 10_000, 10_000, 10_000, 10_000, 10_000]
    cells = [[cell(10_000), cell(count, a="A-2")] for count in counts]

    service = run(cells, twice=True)

    assert notes(service, "copy", "two_machines") == []
    assert totals(service) == [0]


def test_nights_on_which_one_row_moved_alone_count_only_without_one_of_the_other() -> None:
    cells = [[cell(10_000), cell(90_000 + 40 * n, a="A-2")] for n in range(5)]
    cells += [[cell(10_100), cell(90_260, a="A-2")]]  # both moved: one different night
    cells += [[cell(10_100), cell(90_260 + 40 * n, a="A-2")] for n in range(1, 5)]

    service = run(cells, twice=True)

    assert notes(service, "copy", "two_machines") == []
    assert totals(service) == [100]
