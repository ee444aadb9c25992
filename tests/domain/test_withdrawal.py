"""Deltas that a later reading contradicts, and pages credited after a reset."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.domain.field import NEW_YORK
from webapp.domain.metering.events import DeltaChanged
from webapp.domain.metering.run import Context, Count, Run
from webapp.domain.metering.state import BeforeReset, Delta, DeltaState, DeviceState

DAY = date(2026, 10, 21)
CONTEXT = Context(
    DAY, datetime(2026, 10, 22, 5, 30, tzinfo=UTC), NEW_YORK, frozenset(), 1, date(2026, 10, 1)
)
FALLEN = Count(9_000, DAY, 1, date(2026, 10, 1))


def delta(number: int, state: DeltaState, **fields: Any) -> Delta:
    """A delta of 10 pages, all of which are deposited if they are counted."""
    counted = 10 if state == "counted" else 0
    before = 9_990 + 10 * number
    made = Delta(
        number,
        1,
        DAY - timedelta(days=1),
        DAY,
        before,
        before + 10,
        10,
        1,
        "ordinary",
        state,
        counted,
        ((DAY, 10),),
        0,
    )
    return replace(made, **fields)


def run_with(*deltas: Delta, **fields: Any) -> Run:
    """A device with these deltas."""
    state = DeviceState("S-1", "A-1", "C", 1, date(2026, 10, 1), deltas=deltas)
    life = sum(known.counted for known in deltas)
    return Run(replace(state, initial=10_000, life=life, **fields), CONTEXT)


def states(run: Run) -> list[DeltaState]:
    """The states of the deltas, in order of number."""
    return [known.state for known in run.state.deltas]


@pytest.mark.parametrize("final", ["dropped", "withdrawn", "rejected", "reset"])
def test_deltas_after_a_final_one_are_withdrawn(final: DeltaState) -> None:
    run = run_with(delta(1, final), delta(2, "counted"), delta(3, "held"))

    run.withdraw_after(0, FALLEN)

    assert states(run) == [final, "withdrawn", "dropped"]
    assert run.state.life == 0


@pytest.mark.parametrize(
    ("after", "up_to", "expected"),
    [
        (0, None, ["withdrawn", "withdrawn", "withdrawn"]),
        (1, None, ["counted", "withdrawn", "withdrawn"]),
        (1, 2, ["counted", "withdrawn", "counted"]),
        (3, None, ["counted", "counted", "counted"]),
    ],
)
def test_only_deltas_in_the_range_are_withdrawn(
    after: int, up_to: int | None, expected: list[DeltaState]
) -> None:
    run = run_with(*(delta(number, "counted") for number in (1, 2, 3)))

    run.withdraw_after(after, FALLEN, up_to)

    assert states(run) == expected
    assert run.state.life == 10 * expected.count("counted")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"pages": 1, "counted": 1}, "withdrawn", id="one page"),
        pytest.param({"counted": 0}, "dropped", id="no page"),
        pytest.param({"counted": 0, "resumes": "counted"}, "withdrawn", id="counted before"),
    ],
)
def test_delta_that_was_counted_is_withdrawn(fields: dict[str, Any], expected: DeltaState) -> None:
    run = run_with(delta(1, "held", **fields))

    run.withdraw_after(0, FALLEN)

    assert states(run) == [expected]
    assert run.state.deltas[0].resumes is None


@pytest.mark.parametrize(("pages", "initial"), [(9_000, 1_000), (10_000, 0), (10_001, 0)])
def test_start_meter_is_the_one_before_a_withdrawn_baseline(pages: int, initial: int) -> None:
    run = run_with(delta(1, "baseline", pages=pages))

    run.withdraw_after(0, FALLEN)

    assert run.state.initial == initial


def test_contradicting_reading_is_the_last_of_five_in_the_evidence() -> None:
    earlier = tuple((DAY - timedelta(days=days), 10_000) for days in range(5, 0, -1))
    run = run_with(delta(1, "held", evidence=earlier))

    run.withdraw_after(0, FALLEN)

    (changed,) = run.events
    assert isinstance(changed, DeltaChanged)
    assert changed.by == "readings"
    assert changed.evidence == (*earlier[1:], (DAY, 9_000))


@pytest.mark.parametrize(("number", "deposited"), [(2, 0), (3, 0), (4, 50)])
def test_pages_of_deltas_after_a_reset_are_deposited_since(number: int, deposited: int) -> None:
    run = run_with(before_reset=BeforeReset(10_000, DAY, 10, number=3))

    run.credit(number, 50)

    assert run.state.before_reset == BeforeReset(10_000, DAY, 10, number=3, deposited=deposited)
    assert run.state.life == 50
