"""One short seed of the fault test. ``make soak`` runs whole ones, and more of them."""

from pathlib import Path

from tests.environment.redis_server import RedisServer
from tests.printerpoint.hostile_answers import MALFORMED
from tests.soak.__main__ import kills_of, reported
from tests.soak.plan import FULL, SHORT, counted, plan

#: Every kind of fault but kills.
KINDS = {f"malformed: {how}" for how in MALFORMED} | {
    "429",
    "500",
    "agent silent",
    "database locked",
    "down",
    "page dropped",
    "redis flushed",
    "redis restarted",
    "refused",
    "timed out",
}


def test_a_plan_depends_on_its_seed_only() -> None:
    assert plan(1, FULL) == plan(1, FULL)
    assert plan(1, FULL) != plan(2, FULL)


def test_a_full_plan_has_every_fault_and_two_short_ones_have_them_together() -> None:
    assert set(counted(plan(1, FULL))) == KINDS
    assert set(counted(plan(1, SHORT))) | set(counted(plan(2, SHORT))) == KINDS


def test_no_fault_loses_or_invents_a_page(
    faketime_library: Path, redis_of_the_run: RedisServer
) -> None:
    report = reported(1, "--short")

    assert report["wrong"] == []
    assert report["differing"] == 0
    assert report["printed"] > 100_000
    assert report["certificates"] >= 9
    assert kills_of(report) >= 5
    assert set(report["faults"]) == set(counted(plan(1, SHORT)))
