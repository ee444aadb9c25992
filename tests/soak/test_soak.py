"""Two seeds of the fault test; together they have every fault there is. ``make soak`` has more."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.environment.redis_server import RedisServer
from tests.soak.__main__ import kills_of, reported
from tests.soak.plan import FULL, plan
from webapp.printerpoint.sandbox.faults import MALFORMED

SEEDS = (1, 2)


def test_a_plan_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert plan(1, FULL) == plan(1, FULL)
    assert plan(1, FULL) != plan(2, FULL)


def test_no_page_is_lost_or_made_whatever_fails(
    faketime_library: Path, redis_of_the_run: RedisServer
) -> None:
    with ThreadPoolExecutor(len(SEEDS)) as crew:
        reports = list(crew.map(lambda seed: reported(seed, "--short"), SEEDS))

    assert [report["wrong"] for report in reports] == [[], []]
    assert [report["differing"] for report in reports] == [0, 0]
    assert all(report["printed"] > 100_000 for report in reports)
    assert all(report["certificates"] >= 9 for report in reports)
    assert all(kills_of(report) >= 5 for report in reports)
    kinds = set(reports[0]["faults"]) | set(reports[1]["faults"])
    assert kinds >= {f"malformed: {how}" for how in MALFORMED} | {
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
