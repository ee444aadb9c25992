"""``make bench``: ratios of two things measured in this run, and the server time of pages.

``make bench ARGS=--quick`` takes smaller fleets.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.fleet import prepared
from tests.environment.postgresql import NoPostgreSQL, running_postgresql

DEVICES = 20
TOURS = 3
#: Milliseconds of processor time of our process for a customer of DEVICES devices.
CUSTOMER_LIMIT_MS = 20
CERTIFICATE_LIMIT = 1.3
#: The least rate of a worker, as a part of that of bare WeasyPrint.
JOBS_RATE = 0.7
MEMORY_LIMIT_MB = 300


@dataclass(frozen=True, slots=True)
class Night:
    """The measurement of a night: seconds of our code and of the floors.

    ``own``: the processor time of our process, in seconds, without that of the database.
    """

    ours: float
    own: float
    floor: float
    at_once: float
    again: float
    again_rows: int
    peak_mb: float


def measured(module: str, *arguments: object) -> dict[str, Any]:
    """Run a measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}", *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def night(customers: int, database: str) -> Night:
    """Nights on one database: the floors and ours take turns, and the best of each counts."""
    ours: list[float] = []
    own: list[float] = []
    floors: dict[str, list[float]] = {"floor": [], "floor-at-once": []}
    again: list[dict[str, Any]] = []
    peak = 0.0
    with prepared(customers, DEVICES) as printerpoint:
        for tour in range(TOURS):
            for what, seconds in floors.items():
                _baseline(printerpoint, database)
                printerpoint.answers_night(1)
                seconds.append(measured("nights", what, printerpoint.url, database, 1)["seconds"])
            _baseline(printerpoint, database)
            printerpoint.answers_night(1)
            result = measured("nights", "ours", printerpoint.url, database, 1)
            ours.append(result["seconds"])
            own.append(result["own_seconds"])
            peak = max(peak, result["peak_mb"])
            again.append(measured("nights", "ours", printerpoint.url, database, 1))
            print(f"  tour {tour + 1} of {TOURS}", file=sys.stderr, flush=True)
    return Night(
        min(ours),
        min(own),
        min(floors["floor"]),
        min(floors["floor-at-once"]),
        min(result["seconds"] for result in again),
        max(result["rows"] for result in again),
        peak,
    )


def _baseline(printerpoint: Any, database: str) -> None:
    printerpoint.answers_night(0)
    measured("nights", "prepare", printerpoint.url, database, 0)
    measured("nights", "ours", printerpoint.url, database, 0)


def once(customers: int, database: str) -> dict[str, Any]:
    """One night of ours, once."""
    with prepared(customers, DEVICES) as printerpoint:
        _baseline(printerpoint, database)
        printerpoint.answers_night(1)
        return measured("nights", "ours", printerpoint.url, database, 1)


def collection(name: str, customers: int, database: str) -> bool:
    """Print the table of a database; return whether its ratios are within their limits."""
    print(f"\nCollection, {customers:,} customers x {DEVICES} devices, one night, on {name}")
    result = night(customers, database)
    ratio = result.ours / result.floor
    print(f"  ours                              {result.ours:8.2f} s")
    print(f"  floor, a transaction a customer   {result.floor:8.2f} s   ratio {ratio:.2f}")
    print(
        f"  floor, one transaction            {result.at_once:8.2f} s   "
        f"ratio {result.ours / result.at_once:.2f}"
    )
    print(f"  the same night again              {result.again:8.2f} s   rows {result.again_rows}")
    own = result.own / customers * 1_000
    print(
        f"  per customer                      {result.ours / customers * 1_000:8.2f} ms, "
        f"of it our process {own:.2f} ms"
    )
    print(f"  peak memory                       {result.peak_mb:8.0f} MB")
    return own <= CUSTOMER_LIMIT_MS and result.again_rows == 0 and result.peak_mb <= MEMORY_LIMIT_MB


def growth(sizes: list[int], database: str) -> bool:
    """Print how cost and memory grow with the number of customers, and the fit."""
    print("\nGrowth on SQLite (seconds of one night)")
    points = []
    for size in sizes:
        result = once(size, database)
        points.append((size, result["seconds"]))
        print(
            f"  {size:6,} customers {result['seconds']:8.2f} s "
            f"{result['seconds'] / size * 1_000:6.2f} ms each, {result['peak_mb']:5.0f} MB",
            flush=True,
        )
        if result["peak_mb"] > MEMORY_LIMIT_MB:
            return False
    slope, intercept, fit = _line(points)
    print(f"  seconds = {intercept:.3f} + {slope * 1_000:.2f} ms x customers, R2 = {fit:.5f}")
    return True


def _line(points: list[tuple[int, float]]) -> tuple[float, float, float]:
    """Least squares: slope, intercept and R2."""
    n = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    intercept = mean_y - slope * mean_x
    missed = sum((y - intercept - slope * x) ** 2 for x, y in points)
    return slope, intercept, 1 - missed / sum((y - mean_y) ** 2 for _, y in points)


def certificates(count: int, database: str) -> bool:
    """Print the table of certificates."""
    print(f"\nCertificates, {count} in one process against bare WeasyPrint on the same HTML")
    result = measured("certificates", count)
    ratio = result["ours_ms"] / result["bare_ms"]
    print(f"  ours   {result['ours_ms']:8.1f} ms   ratio {ratio:.2f}")
    print(f"  bare   {result['bare_ms']:8.1f} ms")
    print(f"  memory {result['early_mb']:8.0f} MB after 20, {result['late_mb']:.0f} MB at the end")
    jobs = measured("documents", count, database)
    rate = result["bare_ms"] / jobs["ms"]
    print(f"  jobs   {jobs['ms']:8.1f} ms   {rate:.2f} of the bare rate, by one worker")
    return bool(ratio <= CERTIFICATE_LIMIT and rate >= JOBS_RATE and jobs["rendered"] == count)


def pages(database: str) -> None:
    """Print the server time of the console's pages on a large database."""
    print("\nPages, 10,000 feeds, 200,000 devices, two years (goal: p95 of 50 ms)")
    measured("pages", "build", database)
    found: Any = measured("pages", "measure", database)
    for one in found:
        print(
            f"  {one['name']:28} {one['rows']:4} rows {one['queries']:3} queries "
            f"p50 {one['p50_ms']:7.1f} ms p95 {one['p95_ms']:7.1f} ms {one['kilobytes']:5.0f} KB"
        )


def main() -> int:
    """Measure everything; 1 when a ratio exceeds its limit."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller fleets, fewer certificates")
    quick: bool = parser.parse_args().quick
    customers, drawn = (200, 60) if quick else (1_000, 500)
    sizes = [100, 300, 1_000] if quick else [100, 1_000, 3_000, 10_000]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="releaf-bench-")))
        os.environ["RELEAF_INSTANCE"] = str(folder / "instance")
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        sqlite = f"sqlite:///{folder / 'bench.db'}"
        within = [collection("SQLite", customers, sqlite)]
        try:
            postgresql = stack.enter_context(running_postgresql())
        except NoPostgreSQL as error:
            print(f"\nCollection on PostgreSQL was not measured: {error}")
            within.append(False)
        else:
            within.append(collection("PostgreSQL", customers, postgresql))
            if not quick:
                pages(postgresql)
        documents = f"sqlite:///{folder / 'documents.db'}"
        within += [certificates(drawn, documents), growth(sizes, sqlite)]
    print("\nall ratios are within their limits" if all(within) else "\na ratio exceeds its limit")
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
