"""Which of several rows of one machine is read, and at the limits of that choice."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.domain.field import FIRST_NIGHT, Service, cell, history, row_of, run, totals
from webapp.domain.metering.days import allocate

SECOND = FIRST_NIGHT + timedelta(days=1)
EARLIER_POLL = f"{SECOND}T15:00:00Z"
FROZEN = f"{FIRST_NIGHT}T23:11:00Z"


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("known", "other"),
    [
        ({"count": 10_100, "seen": EARLIER_POLL}, {"count": 10_150}),
        ({"count": 10_150}, {"count": 10_100, "seen": EARLIER_POLL}),
    ],
)
def test_of_two_rows_that_agree_the_newest_is_read(
    known: dict[str, Any], other: dict[str, Any], reverse: bool
) -> None:
    cells = [[cell(10_000), cell(10_000, a="A-2")], [cell(**known), cell(a="A-2", **other)]]

    assert totals(run(cells, twice=True, reverse=reverse)) == [150]


@pytest.mark.parametrize(("counts", "pages"), [((10_100,), 100), ((10_000, 10_050), 50)])
def test_a_machine_without_a_last_seen_continues_where_it_is_listed_with_a_new_count(
    counts: tuple[int, ...], pages: int
) -> None:
    cells = [[cell(10_000, seen=None)]]
    cells += [[cell(count, c="D", a="A-9", seen=None)] for count in counts]

    service = run(cells, twice=True)

    assert totals(service) == [pages]
    assert service.total(service.feeds["ID-D"]) == pages


@pytest.mark.parametrize(
    ("increase", "pages"), [(0, 0), (1, 1), (100, 100), (5_000, 5_000), (5_001, 0)]
)
def test_another_row_without_a_last_seen_is_the_machine_if_its_count_continues(
    increase: int, pages: int
) -> None:
    cells = [[cell(10_000)]]
    cells += [[cell(10_000, seen=FROZEN), cell(10_000 + increase, c="D", a="A-9", seen=None)]]

    service = run(cells, twice=True)

    assert totals(service) == [pages]
    assert service.total(service.feeds["ID-D"]) == pages


def test_a_separated_machine_is_not_read_for_the_one_that_is_missing() -> None:
    cells = [[cell(10_000 + 100 * n), cell(90_000 + 7 * n, a="A-2")] for n in range(6)]
    cells += [[cell(90_000 + 7 * n, a="A-2")] for n in range(6, 9)]

    service = run(cells, twice=True)

    assert totals(service) == [500, 56]
    assert history(service, "missing") == [("missing", FIRST_NIGHT + timedelta(days=6), {})]


@pytest.mark.parametrize(("count", "pages"), [(15_000, [5_000]), (15_001, [0, 0])])
def test_a_serial_number_that_becomes_known_is_that_of_a_count_within_the_limit(
    count: int, pages: list[int]
) -> None:
    service = run([[cell(10_000, s=None)], [cell(count)]], twice=True)

    assert totals(service) == pages


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (None, {20: 30, 21: 30, 22: 30}),
        (date(2026, 10, 20), {20: 30, 21: 30, 22: 30}),
        (date(2026, 10, 21), {21: 45, 22: 45}),
        (date(2026, 10, 22), {22: 90}),
        (date(2026, 10, 23), {23: 90}),
    ],
)
def test_pages_are_allocated_from_the_first_day_of_the_feed_on(
    first: date | None, expected: dict[int, int]
) -> None:
    days = allocate(90, FIRST_NIGHT, date(2026, 10, 22), first, frozenset())

    assert {day.day: pages for day, pages in days} == expected


def test_pages_of_a_gap_that_began_at_a_former_feed_are_those_of_the_new_ones_days() -> None:
    service = Service()
    service.connect("ID-C")
    silent = [FIRST_NIGHT + timedelta(days=n) for n in range(3)]
    for day in silent:
        service.collect([row_of(cell(10_000, seen=FROZEN), day)], day)
    again = silent[-1] + timedelta(days=1)
    feed = service.connect("ID-C", again)

    service.collect([row_of(cell(10_090), again)], again)
    service.check()

    assert service.deposits() == {(feed, again): 90}
