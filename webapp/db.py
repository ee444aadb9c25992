"""The database: base class, naming convention, column types, sessions and locks.

Models inherit ``Base`` rather than ``db.Model``: that has no type for mypy, and gives each model a
``query`` on the scoped session, whereas functions here receive theirs. ``db`` shares its
``MetaData``.
"""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import psycopg
from flask import has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    Executable,
    MetaData,
    String,
    event,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

BUSY_TIMEOUT_MS = 30_000
#: The largest id that a column can have; databases raise an error for larger numbers.
LARGEST_ID = 2**31 - 1
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: For ``session.connection(execution_options=READ_ONLY)``: this transaction takes no write lock.
READ_ONLY: Mapping[str, Any] = {"read_only": True}


class Base(DeclarativeBase):
    """The base class of models."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


#: The most values of an IN; databases limit the number of parameters of a statement.
MOST_PARAMETERS: Final = 1_000
#: Entities stay loaded after a commit: a collection commits once per customer.
db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime; naive ones are refused, SQLite's naive ones become aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to the database."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert from the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DecimalText(TypeDecorator[Decimal]):
    """A Decimal stored as text, exact on every database."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Convert to the database."""
        return None if value is None else str(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        """Convert from the database."""
        return None if value is None else Decimal(value)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # transactions begin below
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    _enable_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _enable_write_ahead_log(connection: sqlite3.Connection) -> None:
    # The first connection to a new file changes its journal mode. Concurrent attempts fail at
    # once: SQLite does not wait for a lock that has to be upgraded from reading.
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _is_busy(error: BaseException | None) -> bool:
    """Whether another connection to SQLite has the lock."""
    if not isinstance(error, sqlite3.OperationalError):
        return False
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # the other bits are the reason


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once, regardless of the time-out,
    # if another one has written since. One that may write therefore locks at its start.
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN" if _only_reads(connection) else "BEGIN IMMEDIATE")


def _only_reads(connection: Connection) -> bool:
    """Whether this is a GET request, or a connection with the options ``READ_ONLY``."""
    if has_request_context() and request.method in READING_METHODS:
        return True
    return bool(connection.get_execution_options().get("read_only"))


def engine_options(database_url: str) -> dict[str, Any]:
    """Return the options of every engine of the service, for ``create_engine``.

    Parameters of statements are not logged: they contain names and email addresses.
    """
    shared: dict[str, Any] = {"hide_parameters": True, "pool_pre_ping": True}
    if make_url(database_url).get_backend_name() == "sqlite":
        return shared | {"connect_args": {"check_same_thread": False}}
    # A prepared statement gets one plan for all values: for the smallest and the largest partner,
    # a rare and a common word. Planning each time takes a millisecond.
    return shared | {"connect_args": {"connect_timeout": 10, "prepare_threshold": None}}


def execute_unless_locked(statement: Executable) -> None:
    """Execute a statement in a transaction of its own; SQLite skips it during another write.

    For writes of a page that is read: they must not wait for a writer, and may be lost.
    """
    with db.engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            connection.execute(statement)
            connection.commit()
            return
        connection.exec_driver_sql("PRAGMA busy_timeout = 0")
        try:
            connection.execute(statement)
            connection.commit()
        except OperationalError as error:
            connection.rollback()
            if not _is_busy(error.orig):
                raise
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")


def connection_lost(error: BaseException) -> bool:
    """Whether an error is that the database server does not respond or has ended the connection.

    Errors of the server about a statement have an SQLSTATE; those of connecting have none.
    """
    if not isinstance(error, DBAPIError):
        return False
    unreachable = isinstance(error.orig, psycopg.OperationalError) and error.orig.sqlstate is None
    return error.connection_invalidated or unreachable


def lock(
    session: Session,
    key: InstrumentedAttribute[int],
    *ids: int,
    with_references: bool = False,
) -> None:
    """Lock rows until the end of the transaction, in ascending order to avoid deadlocks.

    A separate statement: later reads see what the previous holder committed. Inserts of rows that
    refer to these are not blocked, unless ``with_references``. On SQLite the transaction is the
    only writer already.
    """
    if session.get_bind().dialect.name != "sqlite":
        held = select(key).where(key.in_(sorted(ids))).order_by(key)
        session.execute(held.with_for_update(key_share=not with_references))


def upsert(
    session: Session,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    update: Sequence[str] = (),
    add: Sequence[str] = (),
) -> None:
    """Insert rows; if ``key`` exists, set the ``update`` columns and increase the ``add`` columns.

    With neither, an existing row is not changed. ``key`` must have a unique constraint; if nothing
    is changed it may be empty: any constraint.
    """
    if not rows:
        return
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = (postgresql.insert if on_postgresql else sqlite.insert)(model)
    if update or add:
        new: dict[str, Any] = {name: insert.excluded[name] for name in update}
        new |= {name: getattr(model, name) + insert.excluded[name] for name in add}
        insert = insert.on_conflict_do_update(index_elements=list(key), set_=new)
    else:
        insert = insert.on_conflict_do_nothing(index_elements=list(key) or None)
    session.connection().execute(insert, list(rows))
