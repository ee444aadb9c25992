"""A person's decisions, connecting again, and beginning anew."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.domain.field import HOLIDAYS, NEW_YORK, Service, row_of, run
from webapp.domain.metering.events import DeltaChanged, Result
from webapp.domain.metering.review import decide, deposited, reopen
from webapp.domain.metering.run import Context
from webapp.domain.metering.state import Delta

LAST = date(2026, 10, 27)


def context(day: date = LAST) -> Context:
    now = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
    return Context(day, now, NEW_YORK, HOLIDAYS, 1, date(2026, 10, 19))


def held() -> tuple[Service, Delta]:
    """A jump of 40,000 pages, on a Monday after a weekend, that only a person can decide."""
    counts = [10_000 + 200 * n for n in range(5)]
    jump = [50_800 + 200 * n for n in range(5)]
    cells = [[{"c": "C", "s": "S-1", "a": "A", "n": n}] for n in (*counts, *jump)]
    service = run(cells)
    [delta] = service.for_person()
    return service, delta


def changed(result: Result) -> Delta:
    [event] = result.events
    assert isinstance(event, DeltaChanged)
    assert event.by == "person"
    return event.delta


def test_a_jump_beyond_the_confirmable_waits_for_a_person() -> None:
    service, delta = held()

    assert delta.pages == 40_000
    assert service.total() == 800 + 800
    assert delta.evidence


def test_accepting_counts_all_pages_on_the_days_chosen_then() -> None:
    service, delta = held()
    service.store(1, decide(service.state(1), delta, "accepted", context()), LAST)

    service.check()
    assert service.total() == 1_600 + 40_000


@pytest.mark.parametrize("pages", [0, 1, 777, 40_000])
def test_adjusting_counts_so_many_pages(pages: int) -> None:
    service, delta = held()
    result = decide(service.state(1), delta, "adjusted", context(), pages=pages)
    service.store(1, result, LAST)

    service.check()
    assert service.total() == 1_600 + pages
    assert {day for day, _ in deposited(changed(result))} <= {day for day, _ in delta.allocation}


def test_reopening_takes_the_pages_out_again() -> None:
    service, delta = held()
    before = service.state(1)
    for decision in ("accepted", "rejected", "reset"):
        result = decide(service.state(1), service.deltas[1, delta.number], decision, context())
        service.store(1, result, LAST)
        again = reopen(service.state(1), changed(result), context())
        service.store(1, again, LAST)
        service.check()

    assert service.total() == 1_600
    assert service.state(1).initial == before.initial
    assert service.state(1).life == before.life


def test_what_readings_decided_can_be_reopened() -> None:
    cells = [[{"c": "C", "s": "S-1", "a": "A", "n": n}] for n in (10_000, 10_100, 11_100, 10_300)]
    service = run([*cells, cells[-1]])
    cells.append([{"c": "C", "s": "S-1", "a": "A", "n": 10_400}])
    service = run(cells)
    [withdrawn] = [delta for delta in service.deltas.values() if delta.state == "withdrawn"]

    service.store(1, reopen(service.state(1), withdrawn, context()), LAST)
    service.check()

    assert service.total() == 400
    assert [delta.pages for delta in service.for_person()] == [1_000]


def test_a_decision_is_taken_once() -> None:
    service, delta = held()
    result = decide(service.state(1), delta, "accepted", context())

    with pytest.raises(ValueError, match="not held"):
        decide(result.state, changed(result), "rejected", context())
    with pytest.raises(ValueError, match="no decision"):
        reopen(service.state(1), delta, context())
    with pytest.raises(ValueError, match="pages are given"):
        decide(service.state(1), delta, "accepted", context(), pages=3)


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
def test_a_pause_is_counted_or_not(anew: bool) -> None:
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


def test_the_days_of_an_allocation_outlive_a_change_of_calendar() -> None:
    service, delta = held()
    other = replace(context(), holidays=frozenset({day for day, _ in delta.allocation}))

    result = decide(service.state(1), delta, "accepted", other)

    assert changed(result).allocation == delta.allocation


@pytest.mark.parametrize("state", ["held", "counted"])
def test_what_was_never_decided_cannot_be_reopened(state: str) -> None:
    service, _ = held()
    delta = next(one for one in service.deltas.values() if one.state == state)

    with pytest.raises(ValueError, match="no decision"):
        reopen(service.state(1), delta, context())
