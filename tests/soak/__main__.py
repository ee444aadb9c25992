"""``make soak``: many seeds, a table, and 1 when a page is lost or made."""

import argparse
import json
import sys
from pathlib import Path

from tests.soak.plan import FULL, SHORT
from tests.soak.run import run


def main() -> int:
    """0 when every page is where it belongs."""
    parser = argparse.ArgumentParser(prog="tests.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--log", type=Path)
    arguments = parser.parse_args()
    report = run(arguments.seed, SHORT if arguments.short else FULL, arguments.log)
    print(json.dumps(report.as_json(), indent=1))
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
