"""A small service for the tests of the supervisor: ``python -m tests.deploy.service FOLDER``.

Two programs. The sleeper sleeps. The rider leaves a child, the horse, in a session of its own, as
an RQ worker does with its work-horse. All carry the folder on their command lines.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from deploy.supervision import Program, supervised


def _say(text: str) -> None:
    print(text, flush=True)


def _supervise(folder: Path) -> None:
    programs = [
        Program(name, (sys.executable, "-m", "tests.deploy.service", str(folder), name), priority)
        for priority, name in enumerate(("sleeper", "rider"))
    ]
    with supervised(folder, programs, Path.cwd(), os.environ) as supervisor:
        supervisor.start("sleeper", "rider")
        _say("started")
        supervisor.watch(lambda name: _say(f"again: {name}"))


def main() -> None:
    """Supervise, or be one of the programs when a second word names it."""
    if len(sys.argv) == 2:
        _supervise(Path(sys.argv[1]))
        return
    if sys.argv[2] == "rider":
        horse = [sys.executable, "-m", "tests.deploy.service", sys.argv[1], "horse"]
        subprocess.Popen(horse, start_new_session=True)
    time.sleep(600)


if __name__ == "__main__":
    main()
