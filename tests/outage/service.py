"""The processes of the service; those that end are started again, as systemd would."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.environment.processes import with_us
from tests.jobs.processes import children, environment, kill_group
from webapp.settings import Settings

WORKERS = ("worker 1", "worker 2")
START_SECONDS = 120.0
_POLL_SECONDS = 0.2


class NotRecovered(Exception):
    """The service does not work again although nothing is wrong any more."""


class Service:
    """Web, two workers and a scheduler, which log to a file. Use it in the main thread only."""

    def __init__(self, config: Settings, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url = f"http://{address}"
        self._commands: dict[str, tuple[str, ...]] = {
            "web": (
                "gunicorn", "--preload", "--bind", address, "--worker-class", "gthread",
                "--workers", "2", "--threads", "8", "--no-control-socket", "wsgi:app",
            ),
            **dict.fromkeys(WORKERS, ("jobs.worker",)),
            "scheduler": ("jobs.schedule",),
        }  # fmt: skip
        self._environment = environment(config)
        self._log = log
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start_ended(self) -> None:
        """Start what does not run."""
        for name, command in self._commands.items():
            process = self._running.get(name)
            if process is not None and process.poll() is None:
                continue
            with self._log.open("ab") as output:
                self._running[name] = subprocess.Popen(
                    with_us("KILL", sys.executable, "-m", *command),
                    env=self._environment,
                    start_new_session=True,
                    stdout=output,
                    stderr=output,
                )

    def kill(self, name: str) -> None:
        """Kill a process and its children."""
        kill_group(self._running[name])

    def kill_horse(self) -> None:
        """Kill a job, once there is one; its worker continues."""
        self.wait_until(lambda: any(self._horses()))
        os.kill(next(iter(self._horses())), signal.SIGKILL)

    def _horses(self) -> list[int]:
        return [pid for name in WORKERS for pid in children(self._running[name].pid)]

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.start_ended()
            time.sleep(_POLL_SECONDS)

    def wait_until(self, check: Callable[[], bool], seconds: float = 300.0) -> float:
        """Return after how many seconds something holds. Raises NotRecovered."""
        began = time.monotonic()
        while not check():
            if time.monotonic() - began > seconds:
                raise NotRecovered(f"not within {seconds:.0f} seconds; see {self._log}")
            self.start_ended()
            time.sleep(_POLL_SECONDS)
        return time.monotonic() - began

    def is_healthy(self) -> bool:
        """Whether the web and its database respond."""
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    def end(self) -> None:
        """Kill everything."""
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                kill_group(process)


@contextmanager
def running_service(config: Settings, log: Path) -> Iterator[Service]:
    """Run the service; yields it when it responds."""
    service = Service(config, log)
    try:
        service.wait_until(service.is_healthy, START_SECONDS)
        yield service
    finally:
        service.end()
