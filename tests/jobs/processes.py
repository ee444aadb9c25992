"""Real processes of the service on a database of the test, and requests to them."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.environment.processes import with_us
from tests.world import World
from webapp import clock
from webapp.db import READ_ONLY
from webapp.models import Collection, Outcome, Server
from webapp.services.collection import requests
from webapp.settings import Settings


def environment(config: Settings) -> dict[str, str]:
    """The environment of a process with these settings."""
    inherited = {**os.environ}
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling everything again takes seconds
    return {
        **inherited,
        "RELEAF_INSTANCE": str(config.instance),
        "DATABASE_URL": config.database_url,
        "REDIS_URL": config.redis_url,
        "PRINTERPOINT_URL": config.printerpoint_url,
        "ENCRYPTION_KEYS": ",".join(config.encryption_keys),
        "SECRET_KEY": config.secret_key,
        "LOG_LEVEL": config.log_level,
        "TZ": "UTC",
    }


@contextmanager
def running(
    config: Settings, *words: str, output: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """``python -m`` these words, in a session of its own; what is left of it is killed at the end.

    ``output``: the file that its output is appended to; else it is the output of the test.
    """
    with contextlib.ExitStack() as stack:
        log = stack.enter_context(output.open("ab")) if output else None
        process = subprocess.Popen(
            with_us("KILL", sys.executable, "-m", *words),
            env=environment(config),
            start_new_session=True,
            stdout=log,
            stderr=log,
        )
        stack.callback(kill_group, process)
        yield process


@contextmanager
def worker(
    config: Settings, *flags: str, output: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker."""
    with running(config, "jobs.worker", *flags, output=output) as process:
        yield process


@contextmanager
def scheduler(config: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A scheduler."""
    with running(config, "jobs.schedule") as process:
        yield process


def run_queued_jobs(config: Settings, output: Path | None = None) -> None:
    """Let a worker run the enqueued jobs, and end."""
    with worker(config, "--burst", output=output) as process:
        assert process.wait(300) == 0


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for a process and for its children, a worker's horse in its own session too."""
    for pid in (*children(process.pid), process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(60)


def children(pid: int) -> list[int]:
    """The child processes of a process, by the kernel's word."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    return [int(child) for child in text.split()]


def eventually(check: Callable[[], bool], seconds: float = 120) -> None:
    """Wait until something holds; fail when it does not in time.

    The limit is for what never comes: processes of a busy machine may take a minute to start.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come to hold in time")


def zone_at_noon() -> str:
    """A zone where it is about noon: no day ends there while processes run by the real clock."""
    east = 12 - clock.now().hour
    return f"Etc/GMT{-east:+}" if east else "Etc/GMT"


def yesterday(world: World) -> date:
    """The day that is due by the real clock."""
    return clock.now().astimezone(world.zone).date() - timedelta(days=1)


def request_collection(world: World, kind: Literal["scheduled", "manual"] = "manual") -> int:
    """Request a collection for yesterday that is not enqueued yet; return its id."""
    with world.session() as session:
        server = session.get_one(Server, world.server_id)
        wanted = requests.request(session, server, day=yesterday(world), kind=kind, now=clock.now())
        session.commit()
        return wanted.id


def state(world: World, collection_id: int) -> str:
    """The state of a collection."""
    with only_looking(world) as session:
        return session.get_one(Collection, collection_id).state


def outcomes(world: World, collection_id: int) -> int:
    """How many customers a collection has done."""
    with only_looking(world) as session:
        query = select(func.count()).where(Outcome.collection_id == collection_id)
        return int(session.scalar(query) or 0)


@contextmanager
def only_looking(world: World) -> Iterator[Session]:
    """A read-only session, which takes no lock."""
    with world.session() as session:
        session.connection(execution_options=READ_ONLY)
        yield session


@contextmanager
def standing_still(
    world: World, collection_id: int, *workers: subprocess.Popen[bytes]
) -> Iterator[int]:
    """A collection stopped in its middle, for a while; yields how many customers are done."""
    eventually(lambda: outcomes(world, collection_id) > 3)
    horses = [horse for worker in workers for horse in children(worker.pid)]
    for horse in horses:
        os.kill(horse, signal.SIGSTOP)
    try:
        yield outcomes(world, collection_id)
    finally:
        for horse in horses:
            os.kill(horse, signal.SIGCONT)
