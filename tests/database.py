"""Engines and sessions without an application."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from webapp.db import engine_options


@event.listens_for(Engine, "connect")
def _do_not_wait_for_the_disk(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    # As the PostgreSQL of the tests does not; after the listener of webapp.db.
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous = OFF")


@lru_cache(maxsize=8)
def engine(database_url: str) -> Engine:
    """Return this process's engine for a URL. A forked child must ``dispose`` it first."""
    return create_engine(database_url, **engine_options(database_url))


@contextmanager
def open_session(database_url: str) -> Iterator[Session]:
    """Open a session with the options of ``db.session``. The caller commits."""
    with Session(engine(database_url), expire_on_commit=False) as session:
        yield session


def engine_of(url: str) -> Engine:
    """An engine without a pool of connections."""
    return create_engine(url, poolclass=NullPool, **engine_options(url))
