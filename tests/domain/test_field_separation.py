"""Rows that turn out to be another machine, and counters that are replaced."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from tests.domain.field import (
    FIRST_NIGHT,
    MONO,
    NEW_YORK,
    SIZE,
    Service,
    cell,
    history,
    row_of,
    run,
    totals,
)
from webapp.domain.metering.absence import missing
from webapp.domain.metering.events import Note
from webapp.domain.metering.process import Observation, process
from webapp.domain.metering.run import Context

SIZE_COLOUR = "coloredPagesBySizeColorTotal"
SECOND_NIGHT = FIRST_NIGHT + timedelta(days=1)
#: Five business days after the second night.
DECIDED = FIRST_NIGHT + timedelta(days=8)


def with_other_machine(*counts: int, **values: Any) -> Service:
    """A machine read once, then another one without a serial number under its asset ID."""
    rows = [cell(count, s=None, **values) for count in counts]
    return run([[cell(10_000)], *[[row] for row in rows]])


def days(service: Service) -> list[date]:
    """Days with pages."""
    return sorted(day for _, day in service.deposits())


def test_a_separated_machine_is_listed_where_it_was_first_seen() -> None:
    # It has had no reading since: nothing of it has moved, and it has no last-seen.
    service = with_other_machine(*[500] * 8, seen=None)

    state = service.state(2)
    assert (state.asset, state.customer, state.feed_id) == ("A-1", "ID-C", 1)
    assert (state.listed_on, state.read_on, state.night) == (SECOND_NIGHT,) * 3


def test_an_idle_separated_machine_is_not_separated_again() -> None:
    service = with_other_machine(*[500] * 20, 560, seen=None)

    assert totals(service) == [0, 60]


def test_a_counter_that_joined_before_the_separation_has_its_own_baseline() -> None:
    alone = [[cell(0, s=None, counters={MONO: 500 + 10 * n})] for n in range(3)]
    both = [
        [cell(0, s=None, counters={MONO: 530 + 10 * n, "coloredPagesByColor": 2_000})]
        for n in range(7)
    ]

    service = run([[cell(10_000)], *alone, *both])

    assert totals(service) == [0, 90]
    assert not service.held()


def test_a_separated_large_format_machine_counts_pages() -> None:
    lengths = [{"paperLength": (800 + 20 * n) * 66_000} for n in range(10)]

    service = run([[cell(10_000)], *[[cell(0, s=None, counters=length)] for length in lengths]])

    assert service.state(2).initial == 800
    assert totals(service) == [0, 180]


def test_a_last_seen_before_the_first_night_of_a_separated_machine_dates_no_pages() -> None:
    service = with_other_machine(
        *[500 + 10 * n for n in range(10)], seen=f"{FIRST_NIGHT}T23:11:00Z"
    )

    assert totals(service) == [0, 90]
    assert min(days(service)) > SECOND_NIGHT


def test_deltas_of_a_separated_machine_are_numbered_after_those_of_the_other() -> None:
    rows = [[cell(500 + 10 * n, s=None)] for n in range(9)]

    service = run([[cell(10_000)], [cell(10_100)], *rows])

    assert sorted(service.deltas)[:2] == [(1, 1), (2, 2)]


def test_a_further_machine_is_separated_after_five_business_days_too() -> None:
    first = [[cell(500 + 10 * n, s=None)] for n in range(9)]
    both = [[cell(600 + 10 * n, s=None), cell(50, s=None)] for n in range(3)]

    service = run([[cell(10_000)], *first, *both])

    assert totals(service) == [0, 120]


def test_nights_before_a_machine_is_separated_are_incomplete() -> None:
    service = with_other_machine(*[500 + 10 * n for n in range(9)])

    assert [day for day, _ in service.incomplete] == [
        SECOND_NIGHT + timedelta(days=number) for number in range(7)
    ]


def test_the_history_has_both_nights_of_a_separation() -> None:
    service = with_other_machine(*[500 + 10 * n for n in range(9)])

    assert history(service, "does_not_continue", "two_machines", "missing") == [
        ("does_not_continue", SECOND_NIGHT, {"asset": "A-1"}),
        ("two_machines", DECIDED, {"asset": "A-1"}),
        ("missing", DECIDED, {}),
    ]


def test_the_history_has_the_nights_on_which_a_machine_was_missing() -> None:
    service = run([[cell(10_000)], [], [], [cell(10_100)]])

    assert history(service, "missing", "listed_again") == [
        ("missing", SECOND_NIGHT, {}),
        ("listed_again", SECOND_NIGHT + timedelta(days=2), {"since": SECOND_NIGHT.isoformat()}),
    ]


def test_a_machine_that_is_listed_again_in_the_same_night_is_not_missing() -> None:
    service = run([[cell(10_000)]])
    now = datetime.combine(SECOND_NIGHT, time(6), UTC)
    context = Context(FIRST_NIGHT, now, NEW_YORK, frozenset(), 1, FIRST_NIGHT)
    gone = missing(service.state(1), context).state
    row = row_of(cell(10_000), FIRST_NIGHT)

    result = process(gone, Observation(row, gone.serial, gone.asset), context)

    assert gone.missing_since == FIRST_NIGHT
    assert result.state == replace(gone, missing_since=None)
    assert [event.kind for event in result.events if isinstance(event, Note)] == ["listed_again"]


# Counters that are replaced for good.


def replaced(nights: int, **values: Any) -> Service:
    """A machine that sends another set from the second night on, of 20 pages a night."""
    other = [[cell(0, counters={SIZE: 80_000 + 20 * n}, **values)] for n in range(nights)]
    return run([[cell(10_000)], *other])


def test_a_counter_that_joined_before_the_switch_has_its_own_baseline() -> None:
    alone = [[cell(0, counters={SIZE: 80_000 + 20 * n})] for n in range(3)]
    both = [[cell(0, counters={SIZE: 80_060 + 20 * n, SIZE_COLOUR: 2_000})] for n in range(7)]

    service = run([[cell(10_000)], *alone, *both])

    assert totals(service) == [180]
    assert not service.held()


def test_a_last_seen_on_the_first_night_of_another_set_dates_no_pages() -> None:
    service = replaced(10, seen=f"{SECOND_NIGHT}T23:11:00Z")

    assert totals(service) == [180]
    assert min(days(service)) > SECOND_NIGHT


def test_pages_of_the_night_of_a_switch_end_on_the_day_of_the_last_seen() -> None:
    nights = [FIRST_NIGHT + timedelta(days=number) for number in range(8)]
    other = [
        [cell(0, counters={SIZE: 80_000 + 20 * n}, seen=f"{before}T23:11:00Z")]
        for n, before in enumerate(nights)
    ]

    service = run([[cell(10_000)], *other])

    assert totals(service) == [140]
    assert max(days(service)) == DECIDED - timedelta(days=1)


@pytest.mark.parametrize("nights", [7, 8])
def test_the_history_has_the_change_of_counter_set_once(nights: int) -> None:
    service = replaced(nights)

    switch = ("set_switched", SECOND_NIGHT, {"counter_set": "size", "count": 80_000})
    assert history(service, "set_switched", "complete_again") == [switch] * (nights == 8)
