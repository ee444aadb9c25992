"""Decisions of users, connecting again, and restarts of the count."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.domain.field import FIRST_NIGHT, Service, cell, row_of, run
from webapp.domain.metering.events import DeltaChanged, Result
from webapp.domain.metering.review import Decision, decide, deposited, reopen
from webapp.domain.metering.state import Delta

LAST = date(2026, 10, 27)


def held() -> tuple[Service, Delta]:
    """A jump of 40,000 pages, on a Monday after a weekend, that only a user can decide."""
    counts = [10_000 + 200 * n for n in range(5)]
    jump = [50_800 + 200 * n for n in range(5)]
    cells = [[{"c": "C", "s": "S-1", "a": "A", "n": n}] for n in (*counts, *jump)]
    service = run(cells)
    [delta] = service.for_person()
    return service, delta


def read(*counts: int) -> Service:
    """A device with a count on each of consecutive nights."""
    return run([[cell(count)] for count in counts])


def changed(result: Result) -> Delta:
    [event] = result.events
    assert isinstance(event, DeltaChanged)
    assert event.by == "user"
    return event.delta


def test_a_jump_that_readings_cannot_confirm_needs_a_decision() -> None:
    service, delta = held()

    assert delta.pages == 40_000
    assert service.total() == 800 + 800
    assert delta.evidence


def test_accepting_counts_all_pages_on_the_stored_allocation() -> None:
    service, delta = held()
    service.store(1, decide(service.state(1), delta, "accepted"), LAST)

    service.check()
    assert service.total() == 1_600 + 40_000


@pytest.mark.parametrize("pages", [0, 1, 777, 40_000])
def test_adjusting_counts_the_given_number_of_pages(pages: int) -> None:
    service, delta = held()
    result = decide(service.state(1), delta, "adjusted", pages=pages)
    service.store(1, result, LAST)

    service.check()
    assert service.total() == 1_600 + pages
    assert {day for day, _ in deposited(changed(result))} <= {day for day, _ in delta.allocation}


def test_reopening_withdraws_the_pages() -> None:
    service, delta = held()
    before = service.state(1)
    for decision in ("accepted", "rejected", "reset"):
        result = decide(service.state(1), service.deltas[1, delta.number], decision)
        service.store(1, result, LAST)
        again = reopen(service.state(1), changed(result))
        service.store(1, again, LAST)
        service.check()

    assert service.total() == 1_600
    assert service.state(1).initial == before.initial
    assert service.state(1).life == before.life


def test_a_decision_by_readings_can_be_reopened() -> None:
    cells = [[{"c": "C", "s": "S-1", "a": "A", "n": n}] for n in (10_000, 10_100, 11_100, 10_300)]
    service = run([*cells, cells[-1]])
    cells.append([{"c": "C", "s": "S-1", "a": "A", "n": 10_400}])
    service = run(cells)
    [withdrawn] = [delta for delta in service.deltas.values() if delta.state == "withdrawn"]

    service.store(1, reopen(service.state(1), withdrawn), LAST)
    service.check()

    assert service.total() == 400
    assert [delta.pages for delta in service.for_person()] == [1_000]


def test_a_delta_is_decided_once() -> None:
    service, delta = held()
    result = decide(service.state(1), delta, "accepted")

    with pytest.raises(ValueError, match="not held"):
        decide(result.state, changed(result), "rejected")
    with pytest.raises(ValueError, match="no decision"):
        reopen(service.state(1), delta)
    with pytest.raises(ValueError, match="pages are given"):
        decide(service.state(1), delta, "accepted", pages=3)


@pytest.mark.parametrize("serial", ["S-1", None])
def test_a_feed_connected_again_the_next_day_continues(serial: str | None) -> None:
    service = Service()
    service.connect("ID-C")
    for number in range(4):
        day = date(2026, 10, 19) + timedelta(days=number)
        if number == 2:
            service.connect("ID-C", day)
        row = row_of({"c": "C", "s": serial, "a": "A", "n": 10_000 + 100 * number}, day)
        service.collect([row], day)
        service.check()

    assert service.total() == 300
    assert service.total(2) == 200


@pytest.mark.parametrize("anew", [False, True])
def test_pages_of_a_pause_are_counted_by_choice(anew: bool) -> None:
    service = Service()
    service.connect("ID-C")
    for number in (0, 1, 7, 8):
        day = date(2026, 10, 19) + timedelta(days=number)
        if number == 7 and anew:
            service.store(1, Result(replace(service.state(1), begin_anew=True)), day)
        row = row_of({"c": "C", "s": "S-1", "a": "A", "n": 10_000 + 100 * number}, day)
        service.collect([row], day)
        service.check()

    assert service.total() == (200 if anew else 800)


@pytest.mark.parametrize("state", ["held", "counted"])
def test_a_delta_that_was_never_decided_cannot_be_reopened(state: str) -> None:
    service, _ = held()
    delta = next(one for one in service.deltas.values() if one.state == state)

    with pytest.raises(ValueError, match="no decision"):
        reopen(service.state(1), delta)


@pytest.mark.parametrize(
    ("decision", "pages", "counted"),
    [("accepted", None, 40_000), ("adjusted", 777, 777), ("rejected", None, 0), ("reset", None, 0)],
)
def test_pages_that_a_decision_does_not_count_are_added_to_the_initial_count(
    decision: Decision, pages: int | None, counted: int
) -> None:
    service, delta = held()
    before = service.state(1)

    decided = decide(before, delta, decision, pages=pages)
    again = reopen(decided.state, changed(decided))

    assert decided.state.life - before.life == counted
    assert decided.state.initial - before.initial == 40_000 * (decision != "accepted") - counted * (
        decision == "adjusted"
    )
    assert (again.state.life, again.state.initial) == (before.life, before.initial)


def test_reopening_a_new_baseline_that_readings_set_lowers_the_initial_count() -> None:
    service = read(10_000, 10_100, 80_100, 80_200, 80_300)
    [delta] = [delta for delta in service.deltas.values() if delta.state == "baseline"]

    again = reopen(service.state(1), delta)

    assert (service.state(1).initial, again.state.initial) == (80_000, 10_000)


def test_a_machine_that_counts_from_zero_does_so_again_when_a_decision_is_reopened() -> None:
    service = read(0, 12_000)
    [delta] = service.held()

    rejected = decide(service.state(1), delta, "rejected")
    again = reopen(rejected.state, changed(rejected))

    assert (rejected.state.initial, again.state.initial) == (12_000, 0)


@pytest.mark.parametrize(
    "counts", [(10_000, 10_100, 20_100, 5, 10), (999_850, 999_950, 40, 130)], ids=["reset", "end"]
)
def test_a_decision_about_pages_before_a_reset_leaves_the_initial_count(
    counts: tuple[int, ...],
) -> None:
    service = read(*counts)
    [delta] = service.for_person()

    decided = decide(service.state(1), delta, "rejected")

    assert decided.state.initial == counts[3 if len(counts) == 5 else 2]


def test_a_decision_has_the_readings_since_the_pages_were_held() -> None:
    service = read(10_000, 10_100, 20_100, 20_150)
    [stored] = service.held()
    assert not stored.evidence

    decided = decide(service.state(1), stored, "rejected")

    assert changed(decided).evidence == ((date(2026, 10, 22), 20_150),)


def test_a_delta_that_the_state_no_longer_has_can_be_reopened() -> None:
    service = read(*(10_000 + 100 * n for n in range(3)), *(20_200 + 100 * n for n in range(12)))
    [delta] = [delta for delta in service.deltas.values() if delta.state == "accepted"]
    assert service.state(1).delta(delta.number) is None

    again = reopen(service.state(1), delta)

    assert service.state(1).life - again.state.life == delta.pages


def test_pages_rejected_while_a_fall_is_pending_stay_rejected_when_it_was_a_glitch() -> None:
    service = read(10_000, 10_100, 11_500, 10_200)
    [delta] = service.held()
    service.store(1, decide(service.state(1), delta, "rejected"), LAST)

    day = FIRST_NIGHT + timedelta(days=4)
    service.collect([row_of(cell(11_560), day)], day)
    service.check()

    assert service.total() == 100 + 60
    assert not service.held()


def test_only_pages_that_a_delta_has_can_be_adjusted() -> None:
    service, delta = held()

    for pages in (-1, 40_001):
        with pytest.raises(ValueError, match="not between 0 and 40000"):
            decide(service.state(1), delta, "adjusted", pages=pages)
