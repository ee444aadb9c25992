"""Laws of metering, over random mixes of faults on several devices and customers."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.field import COLOUR, FIRST_NIGHT, MONO, Service, row_of, run
from webapp.domain.metering.codec import from_json, to_json
from webapp.domain.metering.identity import Row

pytestmark = pytest.mark.slow

Cell = dict[str, Any]
NIGHTS = 12

TROUBLES = ["zero", "spike", "low", "null", "huge", "absent", "frozen", "twice"]
#: A device is either moved or loses its serial number: both at once cannot be followed. Each night
#: with a fault is followed by one without, as readings only decide what a next reading confirms.
troubles = st.sampled_from(["no serial", "elsewhere"]).flatmap(
    lambda other: st.lists(
        st.sampled_from(["none"] * 3 + [*TROUBLES, other]).map(lambda trouble: [trouble, "none"]),
        min_size=(NIGHTS - 4) // 2,
        max_size=(NIGHTS - 4) // 2,
    ).map(lambda pairs: [trouble for pair in pairs for trouble in pair])
)
#: The printing of a device by night, and what goes wrong on it; the last nights are quiet.
device = st.tuples(
    st.integers(1_000, 400_000),
    st.lists(st.integers(0, 400), min_size=NIGHTS, max_size=NIGHTS),
    troubles,
    st.integers(421, 60_000),
)


def _cells(number: int, night: int, plan: tuple[int, list[int], list[str], int]) -> list[Cell]:
    start, printed, troubles, size = plan
    count = start + sum(printed[1 : night + 1])
    trouble = troubles[night - 1] if 0 < night <= len(troubles) else "none"
    one: Cell = {"c": "C", "s": f"S-{number}", "a": f"A-{number}", "n": count}
    day = FIRST_NIGHT + timedelta(days=night - 1)
    changed: dict[str, list[Cell]] = {
        "zero": [one | {"n": 0}],
        "spike": [one | {"n": count + size}],
        "low": [one | {"n": count // 3}],
        "null": [one | {"counters": {MONO: None, COLOUR: 3}}],
        "huge": [one | {"counters": {MONO: 2**63 - 1, COLOUR: 2**62}}],
        "no serial": [one | {"s": "N/A"}],
        "absent": [],
        "frozen": [one | {"n": count - printed[night], "seen": f"{day}T23:11:00Z"}],
        "twice": [one, one | {"a": None}, one],
        "elsewhere": [one | {"c": "D"}],
    }
    return changed.get(trouble, [one])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(device, min_size=1, max_size=3), st.booleans())
def test_pages_counted_are_what_the_counters_gained(
    plans: list[tuple[int, list[int], list[str], int]], reverse: bool
) -> None:
    cells = [
        [cell for number, plan in enumerate(plans) for cell in _cells(number, night, plan)]
        for night in range(NIGHTS)
    ]

    service = run(cells, twice=True, reverse=reverse)

    for device_id in service.devices:
        state = service.state(device_id)
        number = int((state.serial or "S-0").removeprefix("S-"))
        start, printed, _, _ = plans[number]
        gained = sum(printed[1:])
        counted = sum(
            delta.counted for (owner, _), delta in service.deltas.items() if owner == device_id
        )
        waiting = sum(delta.pages for delta in service.held())
        # A confirmed reset loses the pages of its days, which no two readings bracket.
        unbracketed = sum(note.kind == "reset" for _, note in service.notes)
        assert counted <= gained
        assert unbracketed or counted + waiting >= gained
        assert state.latest == start + gained
    assert len(service.devices) == len(plans)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.lists(device, min_size=1, max_size=3))
def test_the_order_of_rows_and_feeds_changes_nothing(
    plans: list[tuple[int, list[int], list[str], int]],
) -> None:
    cells = [
        [cell for number, plan in enumerate(plans) for cell in _cells(number, night, plan)]
        for night in range(NIGHTS)
    ]

    one, other = run(cells), run(cells, reverse=True)

    def by_customer(service: Service) -> dict[tuple[str, date], int]:
        names = {feed_id: name for name, feed_id in service.feeds.items()}
        return {(names[feed], day): pages for (feed, day), pages in service.deposits().items()}

    assert by_customer(one) == by_customer(other)


anything = st.one_of(
    st.none(), st.integers(), st.integers(0, 10**6), st.integers(2**31 - 2, 2**64), st.just(0)
)
texts = st.one_of(st.none(), st.text(max_size=6), st.sampled_from(["A", "a ", "N/A", "XX", "B"]))
moments = st.one_of(
    st.none(),
    st.datetimes(
        datetime.combine(date(1990, 1, 1), time()),
        datetime.combine(date(2060, 1, 1), time()),
        timezones=st.just(UTC),
    ),
    st.datetimes(
        datetime.combine(date(2026, 10, 18), time()),
        datetime.combine(date(2026, 10, 26), time()),
        timezones=st.just(UTC),
    ),
)
names = st.sampled_from(
    [MONO, COLOUR, "paperAreaTotal", "paperLength", "monochromeLines", "unknown"]
)
rows = st.builds(
    Row,
    customer=st.sampled_from(["C", "D", "X"]),
    feed_id=st.none(),
    asset_id=texts,
    serial_number=texts,
    last_seen=moments,
    counters=st.dictionaries(names, anything, max_size=4),
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.lists(rows, max_size=6), min_size=1, max_size=8))
def test_no_row_raises_an_error_or_is_counted_twice(nights: list[list[Row]]) -> None:
    service = Service()
    service.connect("C")
    service.connect("D")

    for number, answer in enumerate(nights):
        day = FIRST_NIGHT + timedelta(days=number)
        service.collect(answer, day)
        once = dict(service.deltas)
        service.collect(answer[::-1], day)
        service.check()
        assert sum(delta.counted for delta in once.values()) == service.total()

    assert all(pages > 0 for pages in service.deposits().values())


def test_a_state_is_the_same_after_json() -> None:
    cells = [[{"c": "C", "s": "S-1", "a": "A", "n": n}] for n in (10, 900, 90_000, 1_000, 0, 0, 30)]
    service = run(cells)

    for device_id in service.devices:
        state = service.state(device_id)
        assert from_json(json.loads(json.dumps(to_json(state)))) == state


def test_processing_does_not_change_the_given_state() -> None:
    service = Service()
    service.connect("ID-C")
    row = row_of({"c": "C", "s": "S-1", "a": "A", "n": 1_000}, FIRST_NIGHT)
    service.collect([row], FIRST_NIGHT)
    stored = service.devices[1]
    later = datetime.combine(FIRST_NIGHT + timedelta(days=1), time(20), UTC)

    service.collect([replace(row, last_seen=later)], FIRST_NIGHT)

    assert service.devices[1] == stored
