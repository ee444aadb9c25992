"""Engines and sessions without an application."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from webapp.db import engine_options


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
