"""One seed, from its empty database to the verdict."""

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.database import engine
from tests.environment.postgresql import PostgreSQLServer, running_server
from tests.environment.programs import find_faketime
from tests.soak import reference_run
from tests.soak.clock import MovedClock, remove_leftovers
from tests.soak.database import Postgres, Sqlite
from tests.soak.fault_scenario import FaultScenario
from tests.soak.fleet import Fleet
from tests.soak.plan import Scale, Visit, plan
from tests.soak.processes import VICTIMS, controlled_processes, redis_by
from tests.soak.verdict import Report, compare
from webapp import settings as configuration
from webapp.db import db
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.database import upgrade

#: How often a database that can is restarted in a run.
RESTARTS = 5


def run(seed: int, scale: Scale, log: Path | None = None, *, postgresql: bool = False) -> Report:
    """Run a seed and check it. ``log``: the output of the processes is appended to this file.

    Raises NotFinished when nights do not end without a fault, NoFaketime, NoPostgreSQL
    and ValkeyServerError where the machine lacks something.
    """
    report = Report(seed)
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="releaf-soak-")))
        stack.callback(remove_leftovers)
        server = stack.enter_context(running_server()) if postgresql else None
        if server is not None:
            scale = replace(
                scale, disruptions={**scale.disruptions, "database restarted": RESTARTS}
            )
        visits = plan(seed, scale)
        fleet, scenario = _live(stack, folder, seed, scale, log or folder / "log", server)
        scenario.run(visits)
        reference = _fleet(stack, folder / "reference", seed, scale)
        reference_run.repeat(reference, visits, fleet.happened)
        compare(report, fleet, reference)
        for one in (fleet, reference):
            engine(one.config.database_url).dispose()
            with one.app.app_context():
                db.engine.dispose()
        _fill_report(report, scenario, visits)
    report.seconds = round(time.monotonic() - began, 1)
    return report


def _live(
    stack: ExitStack,
    folder: Path,
    seed: int,
    scale: Scale,
    log: Path,
    server: PostgreSQLServer | None,
) -> tuple[Fleet, FaultScenario]:
    clock = MovedClock(folder, find_faketime())
    redis = stack.enter_context(redis_by(clock))
    changes = {"REDIS_URL": redis.url} | ({"DATABASE_URL": server.url} if server else {})
    fleet = _fleet(stack, folder / "live", seed, scale, **changes)
    processes = stack.enter_context(controlled_processes(fleet.config, redis, clock, log))
    database = Postgres(server) if server else Sqlite(fleet.config.instance / "releaf.db")
    return fleet, FaultScenario(fleet, processes, clock, database, seed)


def _fleet(stack: ExitStack, instance: Path, seed: int, scale: Scale, **changes: str) -> Fleet:
    printerpoint = stack.enter_context(Sandbox())
    config = configuration.load(
        {"RELEAF_INSTANCE": str(instance), "PRINTERPOINT_URL": printerpoint.url, **changes}
    )
    upgrade(config.database_url)
    return Fleet(config, printerpoint, seed, scale.size)


def _fill_report(report: Report, scenario: FaultScenario, visits: list[Visit]) -> None:
    report.visits = len(visits)
    report.unfinished = scenario.unfinished
    report.faults = dict(sorted(scenario.faults.items()))
    report.kills = {victim: scenario.processes.kills[victim] for victim in VICTIMS}
    report.struck = {
        what: scenario.processes.struck[what] for what in ("at work", "in mid-collection")
    }
    report.ended = dict(scenario.processes.ended)
    report.events = dict(Counter(event.verb for event in scenario.fleet.happened))
