"""``make field``: fleets of several seeds, a table of each, and 1 when a goal is not met.

``make field SEEDS=1 PRINTERS=500 NIGHTS=12 ARGS='--first 7 --worst 20'``.
"""

import argparse
import tempfile
import time
from pathlib import Path

from tests.field.fleet import Size
from tests.field.product import Product
from tests.field.report import Report, table
from tests.field.run import run


def main() -> int:
    """0 when every seed meets every goal."""
    arguments = _parser().parse_args()
    size = Size(arguments.printers, arguments.customers, arguments.nights, arguments.every_kind)
    missed = False
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            product = Product(f"sqlite:///{Path(folder) / 'releaf.db'}")
            result = run(seed, size, product)
        print(f"seed {seed}: {size.printers:,} printers, {size.nights} nights, ", end="")
        print(f"{time.monotonic() - began:.0f} s", flush=True)
        _show(result, arguments.worst)
        for failure, times in product.failures.items():
            print(f"  failed {times} times: {failure}")
        missed = missed or bool(result.failures())
    return 1 if missed else 0


def _show(result: Report, worst: int) -> None:
    for line in table(result):
        print(line)
    for pages, case in result.worst[:worst]:
        print(f"  {pages:>12,.0f} {case.kind}: {case.name}, from night {case.start}", end="")
        print(f" for {case.length}, {case.machine.serial}, customer {case.machine.customer}")
    for failure in result.failures():
        print(f"  goal missed: {failure}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tests.field", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="how many")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--printers", type=int, default=5_000)
    parser.add_argument("--customers", type=int, default=100)
    parser.add_argument("--nights", type=int, default=25)
    parser.add_argument("--every-kind", action="store_true", help="each at least once")
    parser.add_argument("--worst", type=int, default=0, help="list so many of the worst cases")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
