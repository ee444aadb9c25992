"""The database of a run, and what can happen to it."""

import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Protocol

import psycopg

from tests.environment.postgresql import PostgreSQLServer

#: Real seconds for which the database is locked at a time.
_BUSY = 0.03


class Database(Protocol):
    """A database that can be locked."""

    def locks(self, seconds: float) -> None:
        """Another connection has the lock that every writer needs."""

    def is_busy(self) -> None:
        """Another connection has it for a short time."""

    def restarts(self) -> None:
        """It ends and starts again."""


class Sqlite:
    """A file; it has no process that could be restarted."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def locks(self, seconds: float) -> None:
        """Hold the write lock."""
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            connection.execute("ROLLBACK")
        finally:
            connection.close()

    def is_busy(self) -> None:
        """Hold the write lock for a short time."""
        self.locks(_BUSY)

    def restarts(self) -> None:
        """Not this one. Raises NotImplementedError."""
        raise NotImplementedError("SQLite has no process")


class Postgres:
    """A server of the run's own, that crashes and starts again."""

    def __init__(self, server: PostgreSQLServer) -> None:
        self._server = server

    def locks(self, seconds: float) -> None:
        """Hold what every writer of a night needs; a crash lets it go."""
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(self._server.url.replace("+psycopg", "", 1)) as connection,
        ):
            connection.execute("LOCK TABLE feed, device, deposit, collection IN EXCLUSIVE MODE")
            time.sleep(seconds)

    def is_busy(self) -> None:
        """Hold it for a short time."""
        self.locks(_BUSY)

    def restarts(self) -> None:
        """Crash and start again."""
        self._server.restart()
