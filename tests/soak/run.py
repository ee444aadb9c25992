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
from tests.soak import calm
from tests.soak.clock import MovedClock, remove_leftovers
from tests.soak.database import Postgres, Sqlite
from tests.soak.fleet import Fleet
from tests.soak.house import VICTIMS, house, redis_by
from tests.soak.plan import Scale, Visit, plan
from tests.soak.quarter import Quarter
from tests.soak.verdict import Report, judge
from webapp import settings as configuration
from webapp.db import db
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.database import upgrade

#: How often a database that can is restarted in a run.
RESTARTS = 5


def run(seed: int, scale: Scale, log: Path | None = None, *, postgresql: bool = False) -> Report:
    """Run a seed and judge it. ``log``: what the processes say is added to this file.

    Raises Stuck when the nights do not end although nothing is wrong, NoFaketime, NoPostgreSQL
    and ValkeyServerError where the machine lacks something.
    """
    report = Report(seed)
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="releaf-soak-")))
        stack.callback(remove_leftovers)
        server = stack.enter_context(running_server()) if postgresql else None
        if server is not None:
            scale = replace(scale, blows={**scale.blows, "database restarted": RESTARTS})
        visits = plan(seed, scale)
        fleet, quarter = _live(stack, folder, seed, scale, log or folder / "log", server)
        quarter.runs(visits)
        quiet = _fleet(stack, folder / "calm", seed, scale)
        calm.repeats(quiet, visits, fleet.happened)
        judge(report, fleet, quiet)
        for one in (fleet, quiet):
            engine(one.config.database_url).dispose()
            with one.app.app_context():
                db.engine.dispose()
        _tell(report, quarter, visits)
    report.seconds = round(time.monotonic() - began, 1)
    return report


def _live(
    stack: ExitStack,
    folder: Path,
    seed: int,
    scale: Scale,
    log: Path,
    server: PostgreSQLServer | None,
) -> tuple[Fleet, Quarter]:
    clock = MovedClock(folder, find_faketime())
    redis = stack.enter_context(redis_by(clock))
    changes = {"REDIS_URL": redis.url} | ({"DATABASE_URL": server.url} if server else {})
    fleet = _fleet(stack, folder / "live", seed, scale, **changes)
    inhabited = stack.enter_context(house(fleet.config, redis, clock, log))
    database = Postgres(server) if server else Sqlite(fleet.config.instance / "releaf.db")
    return fleet, Quarter(fleet, inhabited, clock, database, seed)


def _fleet(stack: ExitStack, instance: Path, seed: int, scale: Scale, **changes: str) -> Fleet:
    printerpoint = stack.enter_context(Sandbox())
    config = configuration.load(
        {"RELEAF_INSTANCE": str(instance), "PRINTERPOINT_URL": printerpoint.url, **changes}
    )
    upgrade(config.database_url)
    return Fleet(config, printerpoint, seed, scale.size)


def _tell(report: Report, quarter: Quarter, visits: list[Visit]) -> None:
    report.visits = len(visits)
    report.unfinished = quarter.unfinished
    report.faults = dict(sorted(quarter.faults.items()))
    report.kills = {victim: quarter.house.kills[victim] for victim in VICTIMS}
    report.struck = {what: quarter.house.struck[what] for what in ("at work", "in mid-collection")}
    report.ended = dict(quarter.house.ended)
    report.events = dict(Counter(event.verb for event in quarter.fleet.happened))
