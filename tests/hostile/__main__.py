"""``make hostile``: hostile requests; 1 if one is answered with 500 or takes too long.

``make hostile ARGS='--requests 2000 --seed 7'`` sends others, or fewer.
"""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.environment.postgresql import NoPostgreSQL, running_postgresql
from tests.environment.redis_server import running_redis
from tests.hostile.application import CopyDatabase, Tenant, postgresql_copies, sqlite_copies
from tests.hostile.senders import LIMIT_SECONDS, Report, in_process, through_gunicorn

IN_PROCESS, THROUGH_GUNICORN = 25_000, 2_000


def main() -> int:
    """Send all requests; return 1 if an answer is wrong, 2 without PostgreSQL."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--requests", type=int, default=IN_PROCESS, help="to each database")
    parser.add_argument("--gunicorn", type=int, default=THROUGH_GUNICORN, help="to gunicorn")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    reports = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="releaf-hostile-")))
        redis_url = stack.enter_context(running_redis()).url
        databases: dict[str, tuple[Tenant, CopyDatabase]] = {"SQLite": sqlite_copies(folder)}
        try:
            server_url = stack.enter_context(running_postgresql())
        except NoPostgreSQL as error:
            print(f"hostile: {error}", file=sys.stderr)
            return 2
        databases["PostgreSQL"] = postgresql_copies(server_url)
        for name, (tenant, copy) in databases.items():
            where = f"in process, on {name}"
            report = in_process(
                tenant, copy, folder, redis_url, arguments.requests, arguments.seed, _progress
            )
            reports.append(_printed(where, report))
        tenant, copy = databases["PostgreSQL"]
        report = through_gunicorn(
            tenant, copy, folder, redis_url, arguments.gunicorn, arguments.seed
        )
        reports.append(_printed("through gunicorn, on PostgreSQL", report))
    return 1 if any(report.failed or report.slow for report in reports) else 0


def _progress(sent: int) -> None:
    print(f"  {sent:,} requests", file=sys.stderr, flush=True)


def _printed(where: str, report: Report) -> Report:
    print(f"\n{sum(report.statuses.values()):,} requests {where}")
    statuses = ", ".join(f"{status}: {n:,}" for status, n in sorted(report.statuses.items()))
    print(f"  {statuses}")
    print(f"  {len(report.failed)} failed; slowest {report.slowest:.2f} s; ", end="")
    print(f"{len(report.delayed)} above {LIMIT_SECONDS:.0f} s, ", end="")
    print(f"{len(report.slow)} of them whenever they were sent", flush=True)
    for line in (*report.failed[:20], *report.slow[:20]):
        print(f"  {line}")
    return report


if __name__ == "__main__":
    sys.exit(main())
