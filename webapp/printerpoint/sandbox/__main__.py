"""``python -m webapp.printerpoint.sandbox``: a sandbox until Ctrl-C or SIGTERM."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from webapp.printerpoint.sandbox.sandbox import FIRST_DEALER, ProductionError, Sandbox


def main() -> int:
    """Run until a stop signal. Returns 0 after one, 2 if it cannot start."""
    arguments = _parser().parse_args()
    try:
        sandbox = _sandbox(arguments)
        with sandbox:
            print(f"Printerpoint sandbox: {sandbox.url}, tokens: {', '.join(arguments.token)}")
            sys.stdout.flush()
            _wait_for_stop()
    except (ProductionError, OSError, LookupError, TypeError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="webapp.printerpoint.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8900, help="on 127.0.0.1; 0: any free one")
    parser.add_argument(
        "--token", action="append", help="a dealer's API token; may be given several times"
    )
    parser.add_argument("--fleet", type=Path, help="JSON: customers and their printers")
    parser.add_argument("--state", type=Path, help="JSON: kept here and taken up again")
    parser.add_argument("--page-size", type=int, default=200, help="printers a page")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before an answer")
    parser.add_argument("--time-zone", type=_zone, default="UTC", help="of the working days")
    parser.add_argument("--seed", default="releaf", help="another one prints other pages")
    return parser


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise argparse.ArgumentTypeError(f"{name!r} is not a time zone") from None


def _sandbox(arguments: argparse.Namespace) -> Sandbox:
    arguments.token = arguments.token or [FIRST_DEALER]
    restored = arguments.state is not None and arguments.state.exists()
    sandbox = Sandbox(
        port=arguments.port,
        tokens=arguments.token,
        seed=arguments.seed,
        time_zone=arguments.time_zone,
        page_size=arguments.page_size,
        delay=arguments.delay,
        state=arguments.state,
    )
    for token in arguments.token:
        sandbox.add_dealer(token)
    if arguments.fleet is not None and not restored:
        sandbox.load_fleet(msgspec.json.decode(arguments.fleet.read_bytes(), type=dict))
    return sandbox


def _wait_for_stop() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


if __name__ == "__main__":
    sys.exit(main())
