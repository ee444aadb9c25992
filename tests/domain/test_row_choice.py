"""Which of several rows of one serial number ``choose`` returns, whatever their order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.domain.field import COLOUR, MONO, NEW_YORK, SIZE
from webapp.domain.metering.identity import Choice, Row, choose
from webapp.domain.metering.limits import DEFAULT_LIMITS
from webapp.domain.metering.run import Context
from webapp.domain.metering.state import DeviceState

DAY = date(2026, 10, 21)
SEEN = datetime(2026, 10, 21, 23, 11, tzinfo=UTC)
LAST_SEEN = SEEN - timedelta(days=1)
CONTEXT = Context(DAY, SEEN + timedelta(hours=6), NEW_YORK, frozenset(), 1, date(2026, 10, 1))
#: Within the time in which one poll may list a machine twice.
A_MINUTE_EARLIER = SEEN - timedelta(minutes=1)


def row_with(count: int | None = 10_000, **fields: Any) -> Row:
    """A row of customer C with a count by color, or without a value."""
    counters: Mapping[str, int | None] = {MONO: count, COLOUR: 0 if count else None}
    return replace(Row("C", 1, "A-1", "SN-1", SEEN, counters), **fields)


def chosen_of(first: Row, second: Row, state: DeviceState | None = None) -> Choice:
    """The choice of two rows, which is the same in either order."""
    choice = choose([first, second], state, CONTEXT)
    reverse = choose([second, first], state, CONTEXT)
    assert choice is not None
    assert choice == reverse
    return choice


@pytest.mark.parametrize(
    ("preferred", "other"),
    [
        pytest.param({"customer": "Z"}, {"customer": "C", "feed_id": None}, id="with a feed"),
        pytest.param({"customer": "B"}, {"customer": "C", "asset_id": "A-0"}, id="customer"),
        pytest.param({"asset_id": None}, {"asset_id": "A-1"}, id="without an asset ID"),
        pytest.param({"asset_id": "A-1"}, {"asset_id": "A-2", "count": 10_010}, id="asset ID"),
        pytest.param({}, {"last_seen": A_MINUTE_EARLIER, "count": 10_010}, id="newest"),
        pytest.param({"count": 10_010}, {"count": 10_000}, id="highest count"),
        pytest.param({"count": 1}, {"count": None}, id="with a count"),
        pytest.param({"serial_number": "SN 1"}, {"serial_number": "SN1"}, id="serial as reported"),
        pytest.param({"asset_id": "A -1"}, {"asset_id": "A-1"}, id="asset ID as reported"),
    ],
)
def test_of_the_rows_of_a_new_machine_the_newest_is_chosen(
    preferred: dict[str, Any], other: dict[str, Any]
) -> None:
    choice = chosen_of(row_with(**preferred), row_with(**other))

    assert choice == Choice(row_with(**preferred))


def test_row_of_a_new_machine_without_last_seen_is_not_preferred() -> None:
    choice = chosen_of(row_with(asset_id="A-0", last_seen=None), row_with())

    assert choice == Choice(row_with())


def known_machine(**fields: Any) -> DeviceState:
    """A machine that was read the night before at customer C, by size, with 10,000 pages."""
    state = DeviceState(
        "SN-1",
        "A-1",
        "C",
        1,
        date(2026, 10, 1),
        counter_set="size",
        latest=10_000,
        last_seen=LAST_SEEN,
        night=DAY - timedelta(days=1),
    )
    return replace(state, **fields)


def row_by_size(count: int, **fields: Any) -> Row:
    """A row with a count by size."""
    return replace(row_with(), **{"counters": {SIZE: count}, **fields})


FROZEN = row_by_size(10_000, last_seen=LAST_SEEN)


@pytest.mark.parametrize(
    ("counters", "continues"),
    [
        pytest.param({SIZE: 10_001}, True, id="one page more"),
        pytest.param({SIZE: 10_000}, False, id="the same count"),
        pytest.param({SIZE: 9_999}, False, id="one page fewer"),
        pytest.param({SIZE: 10_000 + DEFAULT_LIMITS.per_day}, True, id="a day's limit"),
        pytest.param({SIZE: 10_001 + DEFAULT_LIMITS.per_day}, False, id="above a day's limit"),
        pytest.param({MONO: 10_001, COLOUR: 0}, False, id="another counter set"),
        pytest.param({MONO: 90_000, COLOUR: 0, SIZE: 10_001}, True, id="its counter set"),
        pytest.param({MONO: 10_001, COLOUR: 0, SIZE: 90_000}, False, id="not its counter set"),
    ],
)
def test_row_without_last_seen_continues_a_frozen_one_by_its_count(
    counters: dict[str, int], continues: bool
) -> None:
    other = replace(row_with(), customer="D", feed_id=2, last_seen=None, counters=counters)

    choice = chosen_of(FROZEN, other, known_machine())

    assert choice == Choice(other if continues else FROZEN)


@pytest.mark.parametrize("counters", [{MONO: 10_050, COLOUR: 0}, {SIZE: None, MONO: 10_050}])
def test_updated_row_without_the_counters_of_the_machine_is_not_disputed(
    counters: dict[str, int | None],
) -> None:
    home = row_by_size(10_010)
    other = replace(row_with(), customer="D", feed_id=2, counters=counters)

    assert chosen_of(home, other, known_machine()) == Choice(home)


@pytest.mark.parametrize(
    ("fields", "is_read"),
    [
        pytest.param({"last_seen": SEEN}, True, id="seen since"),
        pytest.param({"last_seen": None}, True, id="a new count without last-seen"),
        pytest.param({"last_seen": LAST_SEEN}, False, id="not seen since"),
        pytest.param({"last_seen": None, "counters": {SIZE: 10_000}}, False, id="nothing new"),
        pytest.param({"last_seen": None, "counters": {SIZE: None}}, False, id="no count"),
    ],
)
@pytest.mark.parametrize("count", [9_000, 90_000])
def test_a_machine_listed_elsewhere_only_is_read_there(
    count: int, fields: dict[str, Any], is_read: bool
) -> None:
    row = row_by_size(count, customer="D", feed_id=2, **fields)

    assert choose([row], known_machine(), CONTEXT) == (Choice(row) if is_read else None)


def test_frozen_row_is_read_rather_than_one_whose_count_does_not_continue() -> None:
    other = row_by_size(9_000, customer="D", feed_id=2, last_seen=None)

    assert chosen_of(FROZEN, other, known_machine()) == Choice(FROZEN)


def test_frozen_row_has_nothing_new_in_another_counter_set() -> None:
    home = replace(FROZEN, counters={SIZE: 10_000, MONO: 90_000, COLOUR: 0})
    other = row_by_size(20_000, customer="D", feed_id=2)

    assert chosen_of(home, other, known_machine()) == Choice(other)
