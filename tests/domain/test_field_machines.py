"""Which machine a row is: other machines under an asset ID, counters that are replaced."""

from datetime import timedelta

import pytest

from tests.domain.field import COLOUR, FIRST_NIGHT, MONO, SIZE, cell, notes, run, totals
from webapp.domain.paper import LETTER_AREA

# Other machines: rows without a serial number that do not continue the machine of their asset ID.


@pytest.mark.parametrize(("nights", "devices"), [(5, 1), (8, 1), (9, 2)])
def test_a_row_that_does_not_continue_is_another_machine_after_five_business_days(
    nights: int, devices: int
) -> None:
    # Distinguished on Tuesday of the next week: five business days after its first night.
    cells = [[cell(10_000)]] + [[cell(500 + 10 * n, s=None)] for n in range(nights - 1)]

    service = run(cells, twice=True)

    assert len(service.devices) == devices
    assert totals(service)[0] == 0


def test_another_machine_counts_from_its_first_night_and_the_machine_continues() -> None:
    cells = [[cell(10_000)]] + [[cell(500 + 10 * n, s=None)] for n in range(10)]
    cells += [[cell(10_300), cell(600, s=None)], [cell(10_340), cell(615, s=None)]]

    service = run(cells, twice=True)

    assert totals(service) == [340, 115]
    assert service.state(2).initial == 500
    assert service.state(2).baseline_on == FIRST_NIGHT + timedelta(days=1)
    assert notes(service, "does_not_continue") == [
        ("does_not_continue", FIRST_NIGHT + timedelta(days=1))
    ]


def test_another_machine_that_disappears_is_dropped_when_the_machine_is_read_again() -> None:
    cells = [[cell(10_000)], *[[cell(500, s=None)]] * 4, [cell(10_050)]]
    cells += [[cell(700 + n, s=None)] for n in range(4)]

    service = run(cells)

    assert totals(service) == [50]
    assert len(notes(service, "does_not_continue")) == 2


# Counters that are replaced for good.


@pytest.mark.parametrize(("nights", "counter_set"), [(8, "colour"), (9, "size")])
def test_another_counter_set_replaces_the_first_after_five_business_days_without_it(
    nights: int, counter_set: str
) -> None:
    cells = [[cell(10_000)], *[[cell(0, counters={SIZE: 80_000 + 20 * n})] for n in range(8)]]

    service = run(cells[:nights], twice=True)

    state = service.state(1)
    assert state.counter_set == counter_set
    assert totals(service) == [140 if counter_set == "size" else 0]
    assert state.era == (counter_set == "size")
    if counter_set == "size":
        assert (state.initial, state.latest) == (80_000, 80_140)
        assert state.baseline_on == FIRST_NIGHT + timedelta(days=1)
        assert (state.incomplete_since, state.alternate) == (None, None)


def test_a_set_that_returns_in_time_counts_all_pages_and_restarts_the_days() -> None:
    size = [[cell(0, counters={SIZE: 80_000 + 20 * n})] for n in range(4)]
    cells = [[cell(10_000)], *size, [cell(10_100)], *size, [cell(10_200)]]

    service = run(cells, twice=True)

    assert totals(service) == [200]
    assert service.state(1).counter_set == "colour"
    assert len(notes(service, "complete_again")) == 2


def test_a_permanently_missing_counter_is_removed_from_its_set() -> None:
    both = {MONO: 10_000, COLOUR: 3_000}
    left = [[cell(0, counters={MONO: 10_000 + 30 * n, COLOUR: None})] for n in range(1, 11)]

    service = run([[cell(0, counters=both)], *left], twice=True)

    state = service.state(1)
    assert dict(state.members) == {MONO: 10_300}
    # From the first night without the other counter.
    assert totals(service) == [270]


def test_an_unchanged_answer_of_another_counter_set_decides_nothing() -> None:
    seen = f"{FIRST_NIGHT}T23:11:00Z"
    other = cell(0, counters={SIZE: 80_000}, seen=seen)

    service = run([[cell(10_000)], *[[other]] * 10])

    assert service.state(1).counter_set == "colour"
    assert len(service.incomplete) == 10


@pytest.mark.parametrize(
    ("name", "unit"), [("paperAreaTotal", LETTER_AREA), ("paperLength", 66_000)]
)
def test_a_set_in_units_of_paper_that_replaces_another_counts_pages(name: str, unit: int) -> None:
    other = [[cell(0, counters={name: (800 + 20 * n) * unit})] for n in range(10)]

    service = run([[cell(10_000)], *other], twice=True)

    state = service.state(1)
    assert (state.initial, state.latest, state.life) == (800, 980, 180)


def test_a_row_that_does_not_continue_without_values_is_an_incomplete_answer() -> None:
    null = cell(0, s=None, counters={MONO: None, COLOUR: None})

    service = run([[cell(10_000)], *[[null]] * 9, [cell(10_090)]])

    assert totals(service) == [90]
    assert len(service.incomplete) == 9
