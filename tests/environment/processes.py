"""Starting servers that cannot outlive the run."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

# For what never starts: a busy machine may take a minute.
START_SECONDS = 120.0


class ServerFailed(Exception):
    """A server that this machine has does not start."""


def until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a server. Raises ServerFailed with its log when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise ServerFailed(
                f"{process.args!r} does not start:\n{log.read_text(errors='replace')}"
            )
        time.sleep(0.02)


def with_us(number: str, *command: str | Path) -> list[str]:
    """The command line of a process that the kernel ends when this process is killed."""
    return ["setpriv", "--pdeathsig", number, "--", *map(str, command)]
