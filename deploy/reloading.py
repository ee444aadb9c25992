"""Run a module, and restart it when code or templates change.

``python -m deploy.reloading jobs.worker``: for development; ends when the module ends.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("webapp", "jobs", "templates")
POLL_SECONDS = 1.0


def main() -> int:
    """Run until the module ends or a stop signal; return the module's exit code."""
    signal.signal(signal.SIGTERM, _stop)
    command = [sys.executable, "-m", *sys.argv[1:]]
    while True:
        before = modified()
        with subprocess.Popen(command, cwd=ROOT) as process:
            try:
                while modified() == before:
                    if process.poll() is not None:
                        return process.returncode
                    time.sleep(POLL_SECONDS)
            finally:
                process.terminate()  # a worker finishes its job first


def modified(root: Path = ROOT) -> dict[Path, float]:
    """Return the modification times of all code and templates."""
    found: dict[Path, float] = {}
    for folder in FOLDERS:
        for path in (root / folder).rglob("*"):
            if path.suffix in (".py", ".html", ".jinja", ".svg", ".css"):
                found[path] = path.stat().st_mtime
    return found


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
