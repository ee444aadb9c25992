"""Supervised processes, seen from outside: however they end, no process remains."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Service:
    """The service of ``service.py``, running."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._output = folder / "output"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.deploy.service", str(folder)],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def says(self, line: str) -> bool:
        """Whether it prints a line soon."""
        return _soon(lambda: line in self._output.read_text().splitlines())

    def processes(self, *names: str) -> set[int]:
        """The processes of its tree that are called so; all of them when no name is given."""
        found = set()
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().decode().split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            ours = any(word.startswith(str(self._folder)) for word in words)
            if ours and (not names or any(name in words for name in names)):
                found.add(int(path.parent.name))
        return found

    def end(self) -> None:
        """Kill whatever a failed test left."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()


def _soon(holds: Callable[[], bool], seconds: float = 120.0) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    try:
        assert service.says("started")
        assert _soon(lambda: len(service.processes("sleeper", "rider", "horse")) == 3)
        yield service
    finally:
        service.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_signal_leaves_no_process(service: Service, number: signal.Signals) -> None:
    service.process.send_signal(number)

    assert service.process.wait(timeout=120) == 0
    assert service.processes() == set()


def test_a_killed_supervisor_leaves_no_program(service: Service) -> None:
    service.process.kill()

    # The horse is out of everybody's reach then; a real one is tied to its worker (jobs.worker).
    assert _soon(lambda: not service.processes("sleeper", "rider", "supervisor.supervisord"))


def test_a_start_without_its_supervisor_ends_all_programs(service: Service) -> None:
    (supervisord,) = service.processes("supervisor.supervisord")

    os.kill(supervisord, signal.SIGKILL)

    service.process.wait(timeout=120)
    assert service.processes() == set()


def test_a_killed_program_is_started_again_and_its_children_are_ended(service: Service) -> None:
    (rider,) = service.processes("rider")
    (horse,) = service.processes("horse")

    os.kill(rider, signal.SIGKILL)

    assert service.says("again: rider")
    assert _soon(lambda: not service.processes("rider", "horse") & {rider, horse})
    assert _soon(lambda: len(service.processes("rider", "horse")) == 2)
