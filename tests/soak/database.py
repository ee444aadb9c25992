"""The database of a run, and what can happen to it."""

import sqlite3
import time
from pathlib import Path
from typing import Protocol

#: Real seconds for which a busy database keeps everybody waiting at a time.
_BUSY = 0.03


class Database(Protocol):
    """A database that can be kept from working."""

    def locks(self, seconds: float) -> None:
        """Somebody holds the lock that every writer needs."""

    def is_busy(self) -> None:
        """Somebody holds it for a moment."""

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
        """Hold the write lock for a moment."""
        self.locks(_BUSY)

    def restarts(self) -> None:
        """Not this one. Raises NotImplementedError."""
        raise NotImplementedError("SQLite has no process")
