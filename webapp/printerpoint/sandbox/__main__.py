"""``python -m webapp.printerpoint.sandbox``: a sandbox until Ctrl-C or SIGTERM."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from webapp.printerpoint.sandbox.sandbox import ProductionError, Sandbox


def main() -> int:
    """Run until a stop signal. Returns 0 after one, 2 if it cannot start."""
    parser = argparse.ArgumentParser(prog="webapp.printerpoint.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8900, help="on 127.0.0.1; 0: any free one")
    parser.add_argument("--state", type=Path, help="JSON file, in which the state is saved")
    arguments = parser.parse_args()
    try:
        with Sandbox(port=arguments.port, state=arguments.state) as sandbox:
            print(f"Printerpoint sandbox: {sandbox.url}, token: {sandbox.token}", flush=True)
            _wait_for_stop()
    except (ProductionError, OSError, ValueError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    return 0


def _wait_for_stop() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


if __name__ == "__main__":
    sys.exit(main())
