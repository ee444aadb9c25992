"""What a fall was, to the page: small, a glitch, a spike, a reset, a roll-over, or restored."""

from datetime import timedelta
from typing import Any

import pytest

from tests.domain.field import COLOUR, FIRST_NIGHT, MONO, Service, run


def series(*counts: int, **values: Any) -> Service:
    """One device of one counter through nights in a row, from a Monday on; each night twice."""
    one = {"c": "C", "s": "S-1", "a": "A-1"} | values
    cells = [[one | {"counters": {MONO: count, COLOUR: 0}}] for count in counts]
    return run(cells, twice=True)


def kinds(service: Service) -> list[str]:
    """The notes of the device after its baseline."""
    return [note.kind for _, note in service.notes if note.kind not in ("listed", "baseline")]


def baseline(service: Service) -> int:
    """What stands on the counter and was not deposited."""
    state = service.state(1)
    assert state.life == service.total()
    return state.initial


@pytest.mark.parametrize(
    ("counts", "total", "initial", "noted"),
    [
        ((1_000, 980, 985), 5, 980, "small_fall"),
        ((1_000, 979, 979), 0, 979, "reset"),
        ((1_000, 1_100, 1_080, 1_090, 1_190), 210, 980, "small_fall"),
        ((1_000, 1_100, 1_079, 1_090, 1_190), 190, 1_000, "spike"),
        ((10, 2, 4), 2, 2, "small_fall"),
    ],
)
def test_a_fall_of_twenty_pages_withdraws_nothing(
    counts: tuple[int, ...], total: int, initial: int, noted: str
) -> None:
    service = series(*counts)

    assert (service.total(), baseline(service)) == (total, initial)
    assert kinds(service) == ["fall_pending", noted]


@pytest.mark.parametrize(
    ("counts", "total"),
    [
        ((1_000, 1_100, 400, 1_100, 1_130), 130),
        ((1_000, 1_100, 400, 1_101), 101),
        ((1_000, 1_100, 0, 0, 0, 1_200), 200),
    ],
)
def test_a_count_that_returns_was_a_glitch(counts: tuple[int, ...], total: int) -> None:
    service = series(*counts)

    assert (service.total(), baseline(service)) == (total, 1_000)
    assert kinds(service)[-1] == "glitch"
    assert service.state(1).era == 0


@pytest.mark.parametrize(
    ("counts", "total", "initial"),
    [
        ((1_000, 1_100, 400, 900), 100 + 500, 400),
        ((1_000, 1_100, 400, 405, 385, 390), 100 + 5 + 5, 380),
        ((1_000, 1_100, 0, 0, 5, 9), 109, 0),
        ((1_000, 1_100, 400, 401, 390, 391), 102, 389),
    ],
)
def test_a_confirmed_fall_is_a_reset_without_pages(
    counts: tuple[int, ...], total: int, initial: int
) -> None:
    service = series(*counts)

    assert (service.total(), baseline(service)) == (total, initial)
    assert "reset" in kinds(service)
    assert service.state(1).era == 1
    assert not service.held()


@pytest.mark.parametrize("back", [10_100, 10_150, 10_299])
def test_a_spike_returns_to_the_latest_count_remembered_below_it(back: int) -> None:
    service = series(10_000, 10_100, 10_300, 11_500, back, back + 40, back + 90)

    assert service.total() == back + 90 - 10_000
    assert baseline(service) == 10_000
    assert [delta.state for delta in service.deltas.values()][:1] == ["counted"]
    assert sorted(
        delta.pages for delta in service.deltas.values() if delta.state == "withdrawn"
    ) == [200, 1_200]


def test_a_withdrawn_spike_is_removed_from_the_history() -> None:
    service = series(10_000, 10_100, 10_200, 10_300, 10_400, 10_500, 15_400, 10_620, 10_720)

    history = service.state(1).history
    assert (history.deltas, history.busiest, history.pages) == (7, 120, 720)


def test_counts_before_the_six_remembered_are_no_spike() -> None:
    counts = [10_000 + 100 * n for n in range(9)]
    service = series(*counts, 10_150, 10_160)

    assert "reset" in kinds(service)
    assert service.total() == 800 + 10


@pytest.mark.parametrize(
    ("counts", "pages"),
    [
        ((999_850, 999_950, 40, 130), 90),
        ((999_850, 999_950, 250, 300), 300),
        ((99_850, 99_950, 20, 50), 70),
        ((9_999_000, 9_999_900, 40, 50), 140),
        ((65_400, 65_500, 10, 20), 46),
        ((2**32 - 200, 2**32 - 100, 10, 20), 110),
    ],
)
def test_pages_of_a_roll_over_are_held(counts: tuple[int, ...], pages: int) -> None:
    service = series(*counts)

    [delta] = service.for_person()
    assert (delta.kind, delta.pages, delta.before, delta.top) == (
        "roll_over",
        pages,
        counts[1],
        counts[2],
    )
    assert service.total() == counts[1] - counts[0] + counts[3] - counts[2]


@pytest.mark.parametrize(
    "counts",
    [(999_850, 999_950, 251, 300), (899_850, 899_950, 40, 130), (1_000_800, 1_000_900, 20, 30)],
)
def test_a_fall_from_below_the_end_of_the_range_is_a_reset(counts: tuple[int, ...]) -> None:
    service = series(*counts)

    assert not service.held()
    assert service.total() == 100 + counts[3] - counts[2]


def test_a_restored_counter_deposits_its_increase_less_earlier_deposits() -> None:
    service = series(119_900, 120_000, 0, 50, 90, 120_500, 120_530)

    assert service.total() == 630
    assert [delta.pages for delta in service.deltas.values()] == [100, 50, 40, 410, 30]
    assert not service.held()


@pytest.mark.parametrize(("readings", "is_restored"), [(10, True), (11, False)])
def test_a_reset_is_restored_within_ten_readings(readings: int, is_restored: bool) -> None:
    since = [10 * n for n in range(1, readings)]
    service = series(119_900, 120_000, 0, *since, 120_300)

    assert ("restored" in kinds(service)) == is_restored
    assert service.total() == (400 if is_restored else 100 + since[-1])


def test_a_restored_count_with_less_than_was_deposited_withdraws_deposits() -> None:
    service = series(100_000, 100_100, 0, 400, 800, 100_300, 100_350)

    assert service.total() == 350
    assert not service.held()
    assert [delta.state for delta in service.deltas.values()].count("withdrawn") == 2


def test_a_restoration_below_the_old_count_withdraws_the_spike_before_the_reset() -> None:
    service = series(10_000, 10_100, 15_000, 0, 30, 10_300, 10_350)

    assert service.total() == 350
    assert [delta.pages for delta in service.deltas.values() if delta.state == "withdrawn"] == [
        4_900
    ]


@pytest.mark.parametrize(("count", "is_restored"), [(99_980, True), (99_979, False)])
def test_a_restored_count_may_lack_twenty_pages(count: int, is_restored: bool) -> None:
    # No count below the old one is remembered.
    service = series(100_000, 10, 20, count)

    assert ("restored" in kinds(service)) == is_restored


@pytest.mark.parametrize("back", [1_050, 1_099, 1_101])
def test_a_glitch_that_returns_slightly_lower_loses_no_page(back: int) -> None:
    assert series(1_000, 1_100, 400, back, back + 10).total() == back + 10 - 1_000


def test_a_device_that_prints_past_its_old_count_is_not_restored() -> None:
    service = series(1_000, 1_500, 0, 400, 800, 1_200, 1_600, 2_000)

    assert "restored" not in kinds(service)
    assert service.total() == 500 + 2_000


def test_pages_held_when_a_counter_is_reset_are_accepted_if_they_were_confirmed() -> None:
    service = series(10_000, 10_100, 20_100, 20_200, 5, 10)

    assert not service.held()
    assert service.total() == 100 + 10_000 + 100 + 5


def test_pages_held_when_a_counter_is_reset_wait_for_a_decision_if_they_were_not() -> None:
    service = series(10_000, 10_100, 20_100, 5, 10)

    [delta] = service.for_person()
    assert delta.pages == 10_000
    assert service.total() == 105


def test_a_held_count_is_dropped_at_once_by_one_below_it() -> None:
    service = series(10_000, 10_100, 20_100, 20_150, 10_180, 10_200)

    assert service.total() == 200
    assert [delta.state for delta in service.deltas.values()] == [
        "counted",
        "dropped",
        "withdrawn",
        "counted",
        "counted",
    ]


def test_while_a_fall_is_pending_nothing_that_it_contradicts_is_deposited() -> None:
    pending = series(10_000, 10_100, 11_500, 10_200)
    resumed = series(10_000, 10_100, 11_500, 10_200, 11_560)

    assert (pending.total(), [delta.pages for delta in pending.held()]) == (100, [1_400])
    assert (resumed.total(), resumed.held()) == (1_560, [])


def test_a_small_fall_ends_the_gap_before_it() -> None:
    one = {"c": "C", "s": "S-1", "a": "A-1"}
    cells = [[one | {"n": n}] if n else [] for n in (1_000, 990, 992, 0, 1_010)]

    service = run(cells)

    assert sorted(service.deposits().items()) == [
        ((1, FIRST_NIGHT + timedelta(days=2)), 2),
        ((1, FIRST_NIGHT + timedelta(days=3)), 9),
        ((1, FIRST_NIGHT + timedelta(days=4)), 9),
    ]


def test_a_small_fall_of_a_machine_that_counts_from_zero_leaves_no_negative_baseline() -> None:
    service = series(0, 30, 25, 28)

    assert (service.total(), service.state(1).initial) == (33, 0)


def test_deltas_held_since_a_reset_are_dropped_when_the_counter_is_restored() -> None:
    service = series(100_000, 100_100, 10, 20, 9_020, 100_300)

    assert service.total() == 300
    assert [delta.state for delta in service.deltas.values()] == [
        "counted",
        "counted",
        "dropped",
        "counted",
    ]


def test_deltas_held_before_a_reset_stay_held_when_the_counter_is_restored() -> None:
    service = series(100_000, 100_100, 108_100, 10, 20, 108_200)

    assert [delta.pages for delta in service.for_person()] == [8_000]
    assert service.total() == 200


def test_a_restored_count_below_the_deposits_adds_no_pages() -> None:
    assert series(100_000, 10, 20, 99_980).total() == 0


def test_counts_before_a_reset_can_be_returned_to_after_the_restoration() -> None:
    service = series(10_000, 10_100, 15_000, 0, 30, 10_300, 10_150, 10_160)

    assert service.total() == 160
