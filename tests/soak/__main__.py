"""``make soak``: many seeds, a table, and 1 when a page is lost or made.

``make soak SEEDS=3`` run fewer; ``make soak ARGS='--first 7 --seeds 1 --log soak.log'`` one.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.environment.postgresql import NoPostgreSQL
from tests.environment.processes import with_us
from tests.environment.programs import NoFaketime
from tests.soak.plan import FULL, SHORT
from tests.soak.processes import VICTIMS
from tests.soak.run import run

#: Kills a seed has to reach on the average, or the run proves too little.
KILLS = 50
_COLUMNS = (
    f"{'seed':>5}{'seconds':>9}{'faults':>8}{'kills':>7}{'at work':>9}{'mid-coll.':>11}"
    f"{'printed':>12}{'certified':>12}{'late':>9}{'held':>6}{'differing':>11}"
)


def main() -> int:
    """0 when every page is where it belongs and enough was killed."""
    arguments = _parser().parse_args()
    if arguments.one is not None:
        return _one(arguments)
    began = time.monotonic()
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    print(_COLUMNS, flush=True)
    with ThreadPoolExecutor(arguments.at_once) as crew:
        reports = list(crew.map(lambda seed: _reported(seed, arguments), seeds))
    return _sums_up(reports, time.monotonic() - began, 0 if arguments.short else KILLS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--at-once", type=int, default=os.cpu_count() or 1, help="side by side")
    parser.add_argument("--short", action="store_true", help="the size the test suite run")
    parser.add_argument("--postgresql", action="store_true", help="and restart it, too")
    parser.add_argument("--one", type=int, metavar="SEED", help="one, printed as JSON")
    parser.add_argument("--log", type=Path, help="add what the processes say to this file")
    return parser


def _one(arguments: argparse.Namespace) -> int:
    try:
        report = run(
            arguments.one,
            SHORT if arguments.short else FULL,
            arguments.log,
            postgresql=arguments.postgresql,
        )
    except (NoFaketime, NoPostgreSQL) as error:
        print(f"soak: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report.as_json()))
    return 1 if report.wrong else 0


def reported(seed: int, *flags: str) -> dict[str, Any]:
    """Run a seed in a process of its own; its report. Raises AssertionError when it ends early."""
    done = subprocess.run(
        with_us("INT", sys.executable, "-m", "tests.soak", "--one", str(seed), *flags),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1) or not done.stdout:
        raise AssertionError(f"seed {seed} did not come to its end:\n{done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _reported(seed: int, arguments: argparse.Namespace) -> dict[str, Any]:
    flags = ["--short"] if arguments.short else []
    flags += ["--postgresql"] if arguments.postgresql else []
    flags += ["--log", str(arguments.log)] if arguments.log else []
    try:
        report = reported(seed, *flags)
    except AssertionError as error:
        report = {"seed": seed, "wrong": [str(error)]}
    if "kills" in report:
        print(
            f"{seed:>5}{report['seconds']:>9.0f}{sum(report['faults'].values()):>8}"
            f"{kills_of(report):>7}{report['struck']['at work']:>9}"
            f"{report['struck']['in mid-collection']:>11}{report['printed']:>12,}"
            f"{report['certified']:>12,}{report['in_other_months']:>9,}{report['held']:>6,}"
            f"{report['differing'] + report['differing_from_reference']:>11,}",
            flush=True,
        )
    for line in report["wrong"]:
        print(f"      seed {seed}: {line}", flush=True)
    return report


def kills_of(report: dict[str, Any]) -> int:
    """How many processes were killed."""
    return sum(report["kills"].values())


def _sums_up(reports: Sequence[dict[str, Any]], seconds: float, kills: int) -> int:
    whole = [report for report in reports if "kills" in report]
    faults: Counter[str] = Counter()
    killed: Counter[str] = Counter()
    for report in whole:
        faults.update(report["faults"])
        killed.update(report["kills"])
    print("\nfaults: " + ", ".join(f"{kind} {times}" for kind, times in sorted(faults.items())))
    print("killed: " + ", ".join(f"{victim} {killed[victim]}" for victim in VICTIMS))
    differing = sum(one["differing"] + one["differing_from_reference"] for one in whole)
    print(
        f"{len(whole)} seeds in {seconds / 60:.1f} minutes: {sum(faults.values())} faults, "
        f"{killed.total()} kills, {sum(one['printed'] for one in whole):,} pages printed, "
        f"{differing:,} pages differing"
    )
    if killed.total() < kills * len(reports):
        print(f"fewer kills than {kills} a seed")
        return 1
    return 1 if any(report["wrong"] for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
