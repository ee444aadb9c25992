"""First counts of machines and counters that were at 0, and held pages that others resemble."""

from datetime import timedelta

import pytest

from tests.domain.field import COLOUR, FIRST_NIGHT, MONO, Service, cell, run
from webapp.domain.metering.state import History


def counts(*pairs: tuple[int, int] | None) -> Service:
    """Monochrome and colour counts on consecutive nights; None: not listed."""
    return run(
        [
            [] if pair is None else [cell(0, counters={MONO: pair[0], COLOUR: pair[1]})]
            for pair in pairs
        ],
        twice=True,
    )


def deltas(service: Service) -> list[tuple[str, str, int]]:
    """Kind, state and pages of the deltas."""
    return [(delta.kind, delta.state, delta.pages) for delta in service.deltas.values()]


@pytest.mark.parametrize(
    ("pages", "delta", "initial", "history"),
    [
        (1_000, ("ordinary", "counted", 1_000), 0, History(1, 500, 1_000, 2)),
        (1_001, ("first_count", "held", 1_001), 0, History()),
        (30_000, ("first_count", "held", 30_000), 0, History()),
        (30_001, ("first_count", "baseline", 30_001), 30_001, History()),
    ],
)
def test_the_first_count_after_two_business_days_at_zero(
    pages: int, delta: tuple[str, str, int], initial: int, history: History
) -> None:
    service = counts((0, 0), None, (pages, 0))

    state = service.state(1)
    assert deltas(service) == [delta]
    assert (state.initial, state.history) == (initial, history)


@pytest.mark.parametrize(
    ("colour", "delta", "initial"),
    [
        (501, ("first_count", "held", 501), 10_000),
        (15_000, ("first_count", "held", 15_000), 10_000),
        (15_001, ("first_count", "baseline", 15_001), 25_001),
    ],
)
def test_the_first_count_of_a_counter_that_was_at_zero(
    colour: int, delta: tuple[str, str, int], initial: int
) -> None:
    service = counts((10_000, 0), (10_100, colour))

    state = service.state(1)
    assert deltas(service) == [("ordinary", "counted", 100), delta]
    assert (state.initial, state.latest) == (initial, 10_100 + colour)
    assert state.history == History(1, 100, 100, 1)


def test_a_first_count_at_a_customer_without_a_feed_is_no_part_of_the_history() -> None:
    cells = [[cell(0)], [cell(300, id="ID-LOAN")], [cell(340)]]

    service = run(cells, without_feed={"ID-LOAN"})

    assert service.total() == 40
    assert service.state(1).initial == 300
    assert service.state(1).history.deltas == 1


@pytest.mark.parametrize(("second", "state"), [(36_000, "accepted"), (36_001, "held")])
def test_held_pages_within_the_limit_of_accepted_ones_are_accepted_with_them(
    second: int, state: str
) -> None:
    service = counts(
        (1_000_000, 0),
        (1_000_100, 0),
        (1_012_100, 0),
        (1_012_100 + second, 0),
        (1_024_100 + second, 0),
    )

    assert deltas(service) == [
        ("ordinary", "counted", 100),
        ("limit", "accepted", 12_000),
        ("limit", state, second),
        ("ordinary", "counted", 12_000),
    ]
    learned = [100, 12_000, 12_000] + [second] * (state == "accepted")
    assert service.state(1).history.pages == sum(learned)


def test_a_held_first_count_is_not_accepted_with_the_pages_of_another_counter() -> None:
    service = counts((1_000_000, 0), (1_012_000, 0), (1_024_000, 6_000), (1_036_000, 6_000))

    assert deltas(service) == [
        ("limit", "accepted", 12_000),
        ("limit", "accepted", 12_000),
        ("first_count", "held", 6_000),
        ("ordinary", "counted", 12_000),
    ]


# Restored counters and small falls: days and histories.


def test_a_restored_counter_that_increased_as_deposited_changes_no_deposit() -> None:
    service = counts(*((count, 0) for count in (119_900, 120_000, 0, 50, 90, 120_090, 120_120)))

    assert deltas(service) == [("ordinary", "counted", pages) for pages in (100, 50, 40, 30)]


def test_pages_of_a_restored_counter_have_their_own_kind_and_note() -> None:
    service = counts(*((count, 0) for count in (119_900, 120_000, 0, 50, 120_250)))

    assert deltas(service)[-1] == ("restored", "counted", 200)
    [note] = [note for _, note in service.notes if note.kind == "restored"]
    assert note.day == FIRST_NIGHT + timedelta(days=4)
    assert note.details == {"old": 120_000, "count": 120_250, "pages": 200}


def test_a_counter_restored_below_its_old_count_is_restored_once() -> None:
    values = (10_000, 10_100, 15_000, 0, 30, 10_300, 15_000)

    assert counts(*((count, 0) for count in values)).total() == 5_000


def test_a_count_six_readings_back_is_remembered_across_a_restoration() -> None:
    values = (10_000, 10_100, 15_000, 0, 30, 10_300, 10_310, 10_320, 10_330, 10_050, 10_060)

    assert counts(*((count, 0) for count in values)).total() == 60


def test_pages_after_a_small_fall_are_allocated_from_its_day() -> None:
    service = counts((1_000, 0), (984, 0), None, (994, 0))

    days = [FIRST_NIGHT + timedelta(days=number) for number in (2, 3)]
    assert service.deposits() == {(1, day): 5 for day in days}
    [note] = [note for _, note in service.notes if note.kind == "small_fall"]
    assert note.day == FIRST_NIGHT + timedelta(days=1)
    assert note.details == {"before": 1_000, "count": 984}
