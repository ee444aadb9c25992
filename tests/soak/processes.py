"""The processes of the service, started, killed, and started again."""

import contextlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from tests.environment.processes import with_us
from tests.environment.redis_server import RedisServer, running_redis
from tests.jobs.processes import children, environment
from tests.soak.clock import MovedClock
from webapp.settings import Settings

#: ``worker`` does not kill its work-horse; ``horse`` does not kill its worker.
Victim = Literal["worker", "horse", "worker and horse", "scheduler"]
VICTIMS: tuple[Victim, ...] = ("worker", "horse", "worker and horse", "scheduler")

_NAMES = ("worker 1", "worker 2", "scheduler")


class Processes:
    """Two workers and a scheduler; killed ones are started again by ``restart_ended``."""

    def __init__(self, config: Settings, redis: RedisServer, clock: MovedClock, log: Path) -> None:
        self.redis = redis
        self.kills: Counter[Victim] = Counter()
        self.struck: Counter[str] = Counter()
        #: Processes that ended by themselves, as a scheduler does that cannot reach Redis.
        self.ended: Counter[str] = Counter()
        self._environment = environment(config) | clock.environment
        self._log = log
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._killed: set[str] = set()
        self._orphans: list[int] = []

    def restart_ended(self) -> None:
        """Start what does not run, as systemd would."""
        for name in _NAMES:
            process = self._running.get(name)
            if process is not None and process.poll() is None:
                continue
            if process is not None and name not in self._killed:
                self.ended[name.partition(" ")[0]] += 1
            self._killed.discard(name)
            self._running[name] = self._start(name.partition(" ")[0])

    def is_working(self) -> bool:
        """Whether any worker is at work."""
        return any(children(process.pid) for process in self._workers().values())

    def kill_one(self, victim: Victim, collecting: bool) -> bool:
        """SIGKILL for a process, one at work if there is any; False when there was none to kill.

        ``collecting``: whether a collection is going on, for the count.
        """
        if victim == "scheduler":
            return self._ends("scheduler", "scheduler", collecting=False, working=False)
        workers = self._workers()
        busy = [name for name, process in workers.items() if children(process.pid)]
        if victim == "horse":
            return bool(busy) and self._ends_horse(workers[busy[0]], collecting)
        name = next(iter(busy or workers), None)
        if name is None:
            return False
        horses = children(workers[name].pid)
        if victim == "worker":
            self._orphans += horses
        else:
            for horse in horses:
                _end(horse)
        return self._ends(name, victim, collecting=collecting, working=bool(horses))

    def _workers(self) -> dict[str, subprocess.Popen[bytes]]:
        return {
            name: process
            for name, process in self._running.items()
            if name != "scheduler" and process.poll() is None
        }

    def _ends(self, name: str, victim: Victim, *, collecting: bool, working: bool) -> bool:
        process = self._running.get(name)
        if process is None or process.poll() is not None:
            return False
        process.kill()
        process.wait()
        self._killed.add(name)
        self._counts(victim, working=working, collecting=collecting and working)
        return True

    def _ends_horse(self, worker: subprocess.Popen[bytes], collecting: bool) -> bool:
        killed = [_end(horse) for horse in children(worker.pid)]
        if any(killed):
            self._counts("horse", working=True, collecting=collecting)
        return any(killed)

    def _counts(self, victim: Victim, *, working: bool, collecting: bool) -> None:
        self.kills[victim] += 1
        self.struck["at work"] += working
        self.struck["in mid-collection"] += collecting

    def _start(self, what: str) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as output:
            return subprocess.Popen(
                with_us("KILL", sys.executable, "-m", "tests.soak.short_timeouts", what),
                env=self._environment,
                start_new_session=True,
                stdout=output,
                stderr=output,
            )

    def kill_all(self) -> None:
        """Kill what is left, orphans too."""
        for process in self._running.values():
            for pid in (*children(process.pid), process.pid):
                _end(pid)
            process.wait()
        for pid in self._orphans:
            if _is_ours(pid):
                _end(pid)


def _end(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def _is_ours(pid: int) -> bool:
    """Whether the process of this number is still a worker's horse: numbers are used again."""
    with contextlib.suppress(OSError):
        return b"tests.soak.short_timeouts" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


@contextmanager
def redis_by(clock: MovedClock) -> Iterator[RedisServer]:
    """A Redis-compatible server on the moved clock, so that keys expire by it."""
    with running_redis({**os.environ, **clock.environment}) as server:
        yield server


@contextmanager
def controlled_processes(
    config: Settings, redis: RedisServer, clock: MovedClock, log: Path
) -> Iterator[Processes]:
    """Yield processes that are not started yet; kill them at the end."""
    made = Processes(config, redis, clock, log)
    try:
        yield made
    finally:
        made.kill_all()
