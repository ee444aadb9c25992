"""Which device of an asset ID a row without a serial number is."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.domain.field import COLOUR, MONO, NEW_YORK, SIZE
from webapp.domain.metering.identity import Row, group_fleet
from webapp.domain.metering.limits import DEFAULT_LIMITS
from webapp.domain.metering.matching import match_feed
from webapp.domain.metering.run import Context
from webapp.domain.metering.state import DeviceState

#: A Wednesday.
DAY = date(2026, 10, 21)
SEEN = datetime(2026, 10, 21, 23, 11, tzinfo=UTC)
CONTEXT = Context(DAY, SEEN + timedelta(hours=6), NEW_YORK, frozenset(), 1, date(2026, 10, 1))


def device(**fields: Any) -> DeviceState:
    """A device of feed 1 with asset ID A-1 and 10,000 pages the day before."""
    state = DeviceState(
        None,
        "A-1",
        "C",
        1,
        date(2026, 9, 1),
        counter_set="colour",
        latest=10_000,
        latest_on=DAY - timedelta(days=1),
    )
    return replace(state, **fields)


def row(**counters: int | None) -> Row:
    """A row of feed 1 with asset ID A-1 and without a serial number."""
    return Row("C", 1, "A-1", None, SEEN, counters)


def matched(
    rows: list[Row], devices: Mapping[int, DeviceState]
) -> dict[int | None, tuple[Mapping[str, int | None], bool]]:
    """The counters of each device's row, and whether they continue its count.

    The order of rows changes nothing.
    """
    found = [
        match_feed(group_fleet(listed), "C", devices, CONTEXT) for listed in (rows, rows[::-1])
    ]
    assert found[0].matches == found[1].matches
    return {
        match.key: (match.observation.row.counters, not match.observation.does_not_continue)
        for match in found[0].matches
    }


def test_row_is_of_the_device_whose_count_it_continues_not_of_one_without_a_count() -> None:
    devices = {1: device(counter_set=None, latest=0, latest_on=None), 2: device()}

    found = matched([row(**{MONO: 10_050}), row(**{MONO: None})], devices)

    assert found == {1: ({MONO: None}, True), 2: ({MONO: 10_050}, True)}


def test_row_is_of_the_device_with_the_nearest_count() -> None:
    devices = {1: device(latest=10_000), 2: device(latest=10_090)}

    found = matched([row(**{MONO: 10_095}), row(**{MONO: 10_020})], devices)

    assert found == {1: ({MONO: 10_020}, True), 2: ({MONO: 10_095}, True)}


@pytest.mark.parametrize(
    ("counters", "continues"),
    [
        pytest.param({MONO: 90_000, COLOUR: 0, SIZE: 10_050}, True, id="its counter set"),
        pytest.param({MONO: 10_050, COLOUR: 0, SIZE: 90_000}, False, id="another counter set"),
    ],
)
def test_count_continues_by_the_counter_set_of_the_device(
    counters: dict[str, int], continues: bool
) -> None:
    known = device(serial="SN-1", counter_set="size")

    assert matched([row(**counters)], {1: known}) == {1: (counters, continues)}


@pytest.mark.parametrize(("beyond", "continues"), [(0, True), (1, False)])
def test_count_continues_within_the_limit_since_the_last_reading(
    beyond: int, continues: bool
) -> None:
    counters = {MONO: 10_000 + DEFAULT_LIMITS.per_day + beyond}

    assert matched([row(**counters)], {1: device(serial="SN-1")}) == {1: (counters, continues)}
