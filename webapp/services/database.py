"""The schema of the database: made at the first start, changed by ``releaf database upgrade``."""

from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect
from sqlalchemy.engine import make_url

from webapp.db import engine_options
from webapp.errors import Conflict

_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def latest_revision() -> str:
    """The revision this version of the program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise LookupError(f"no migrations in {_MIGRATIONS}")
    return head


def current_revision(database_url: str) -> str | None:
    """The revision the database is at; None for an empty one."""
    engine = _engine(database_url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def upgrade(database_url: str) -> str:
    """Bring the database to this version, all of it or nothing; returns the revision.

    Several processes may do so at once: they come one after another.
    """
    engine = _engine(database_url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                _hold_references_loosely(connection)
            if connection.dialect.name == "postgresql":
                # Any number nobody else uses; it is let go with the transaction.
                connection.exec_driver_sql("select pg_advisory_xact_lock(8333001)")
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if connection.dialect.name == "sqlite":
                _see_that_references_hold(connection)
    finally:
        engine.dispose()
    return latest_revision()


@lru_cache(maxsize=8)
def make_ready(database_url: str) -> None:
    """Make the schema of an empty database; refuse one of another version.

    Raises Conflict with one line that says what to run. Looked at once in a process.
    """
    current = current_revision(database_url)
    if current == latest_revision():
        return
    if current is None and _is_empty(database_url):
        upgrade(database_url)
    elif current is None:
        raise Conflict("DATABASE_URL: the database holds something else; name an empty one")
    elif _is_known(current):
        raise Conflict(
            "DATABASE_URL: the database is of an earlier version; run: releaf database upgrade"
        )
    else:
        raise Conflict(
            f"DATABASE_URL: the database is of a later version ({current}); "
            "install that version of Releaf, or restore a backup"
        )


def _hold_references_loosely(connection: Connection) -> None:
    """Let tables be made anew that others refer to, as SQLite's documentation has it.

    Only outside a transaction; the connection is closed afterwards.
    """
    connection.exec_driver_sql("ROLLBACK")
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _see_that_references_hold(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise RuntimeError(f"the upgrade would leave a reference of table {broken[0]} dangling")


def _is_empty(database_url: str) -> bool:
    engine = _engine(database_url)
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _is_known(revision: str) -> bool:
    known = ScriptDirectory.from_config(_config()).walk_revisions()
    return revision in {script.revision for script in known}


def _engine(database_url: str) -> Engine:
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return create_engine(database_url, poolclass=NullPool, **engine_options(database_url))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
