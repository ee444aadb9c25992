"""Every kind of fault in the field, in variants: other counters, orders, months, customers."""

from datetime import date, timedelta
from typing import Any

from tests.domain.field import Service, row_of, run
from tests.domain.variants import (
    Cell,
    area,
    cell,
    colour,
    every_month,
    every_set,
    series,
    silent,
    size,
)

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


def test_a_large_job_is_held_and_confirmed_by_two_business_days() -> None:
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


def test_a_second_collection_of_a_day_neither_loses_nor_doubles_pages() -> None:
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
