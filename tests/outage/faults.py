"""The faults, each for a while."""

import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.environment.postgresql import PostgreSQLServer
from tests.environment.redis_server import RedisServer
from tests.outage.service import Service

_DISK = "512m"
_REDIS_SECONDS, _POSTGRESQL_SECONDS, _DISK_SECONDS = 10.0, 15.0, 10.0


class NoSmallDisk(Exception):
    """This machine lets us mount none."""


class Faults:
    """The faults by name; a call returns when nothing is wrong any more."""

    def __init__(
        self, service: Service, postgresql: PostgreSQLServer, redis: RedisServer, disk: Path | None
    ) -> None:
        self._service = service
        self._postgresql = postgresql
        self._redis = redis
        self._disk = disk

    def by_name(self) -> Mapping[str, Callable[[], None]]:
        """All that this machine can do."""
        faults: dict[str, Callable[[], None]] = {
            "worker killed": lambda: self._service.kill("worker 1"),
            "job killed": self._service.kill_horse,
            "scheduler killed": lambda: self._service.kill("scheduler"),
            "web killed": lambda: self._service.kill("web"),
            "Redis flushed": self._redis.flush,
            f"Redis stopped {_REDIS_SECONDS:.0f} s": self._stop_redis,
            f"PostgreSQL crashed {_POSTGRESQL_SECONDS:.0f} s": self._crash_postgresql,
        }
        if self._disk is not None:
            faults[f"disk full {_DISK_SECONDS:.0f} s"] = self._fill_disk
        return faults

    def _stop_redis(self) -> None:
        self._redis.kill()
        self._service.wait(_REDIS_SECONDS)
        self._redis.start()

    def _crash_postgresql(self) -> None:
        self._postgresql.ends(signal.SIGQUIT)
        self._service.wait(_POSTGRESQL_SECONDS)
        self._postgresql.start()

    def _fill_disk(self) -> None:
        assert self._disk is not None
        filler = self._disk / "filler"
        with filler.open("wb") as file:
            try:
                while True:
                    file.write(bytes(65_536))
                    file.flush()
            except OSError:  # no space is left
                pass
        self._service.wait(_DISK_SECONDS)
        filler.unlink()
        self._postgresql.start()  # it ends when it cannot write its log


@contextmanager
def small_disk() -> Iterator[Path]:
    """Mount a small disk in memory. Raises NoSmallDisk."""
    with tempfile.TemporaryDirectory(prefix="releaf-disk-") as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=755", "tmpfs", folder]
        try:
            subprocess.run(mount, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NoSmallDisk("a full disk needs the right to mount one (root)") from error
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=False)
