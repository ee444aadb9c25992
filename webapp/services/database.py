"""The schema of the database: created at the first start, then changed by migrations."""

from functools import lru_cache
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from webapp.db import engine_options
from webapp.errors import Conflict

_MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
#: Revisions before the first release; one initial revision has replaced them.
_UNRELEASED = frozenset(f"{number:04}" for number in range(1, 15))


class SchemaBehind(Conflict):
    """The database is of an earlier version and has to be upgraded."""


def latest_revision() -> str:
    """Return the revision that this version of the program requires."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise LookupError(f"no migrations in {_MIGRATIONS}")
    return head


def current_revision(database_url: str) -> str | None:
    """Return the revision of the database; None for an empty one."""
    engine = _engine(database_url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def upgrade(database_url: str) -> str:
    """Upgrade the database to this version in one transaction; return the revision.

    Concurrent upgrades wait for each other. Raises Conflict, with one line that names the remedy,
    for a database of another program, of an unreleased or of a later version, and for one that is
    in use.
    """
    engine = _engine(database_url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                _disable_foreign_keys(connection)
            if connection.dialect.name == "postgresql":
                # An arbitrary number; released at the end of the transaction.
                connection.exec_driver_sql("select pg_advisory_xact_lock(8333001)")
            current = MigrationContext.configure(connection).get_current_revision()
            if current is not None:
                _require_known(current)
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if connection.dialect.name == "sqlite":
                _check_references(connection)
    except OperationalError as error:
        if not isinstance(error.orig, psycopg.errors.LockNotAvailable):
            raise
        raise Conflict(
            "DATABASE_URL: the database is in use, nothing was changed; "
            "stop the services and run again: releaf database upgrade"
        ) from error
    finally:
        engine.dispose()
    return latest_revision()


@lru_cache(maxsize=8)
def make_ready(database_url: str) -> None:
    """Create the schema of an empty database; refuse one of another version.

    Raises SchemaBehind or another Conflict, with one line that names the remedy. A database that is
    ready is checked once per process.
    """
    current = current_revision(database_url)
    if current == latest_revision():
        return
    if current is None and _is_empty(database_url):
        upgrade(database_url)
    elif current is None:
        raise Conflict("DATABASE_URL: the database holds something else; name an empty one")
    else:
        _require_known(current)
        raise SchemaBehind(
            "DATABASE_URL: the database is of an earlier version; run: releaf database upgrade"
        )


def why_unusable(error: DBAPIError) -> str:
    """Return one line about a database that does not respond or refuses the password."""
    reason = str(error.orig).strip().partition("\n")[0]
    return f"DATABASE_URL: the database cannot be used: {reason}"


def _disable_foreign_keys(connection: Connection) -> None:
    """Disable foreign keys, so that referenced tables can be recreated (see SQLite's
    documentation).

    Works outside a transaction only; the connection is closed afterwards.
    """
    connection.exec_driver_sql("ROLLBACK")
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        raise RuntimeError(f"the upgrade would leave a reference of table {broken[0]} dangling")


def _is_empty(database_url: str) -> bool:
    engine = _engine(database_url)
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _require_known(revision: str) -> None:
    """Raise Conflict for a revision from which this version cannot upgrade."""
    if revision in _UNRELEASED:
        raise Conflict(
            f"DATABASE_URL: the database is of an unreleased version ({revision}), which cannot be "
            "upgraded; name an empty database"
        )
    known = ScriptDirectory.from_config(_config()).walk_revisions()
    if revision not in {script.revision for script in known}:
        raise Conflict(
            f"DATABASE_URL: the database is of a later version ({revision}); "
            "install that version of Releaf, or restore a backup"
        )


def _engine(database_url: str) -> Engine:
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return create_engine(database_url, poolclass=NullPool, **engine_options(database_url))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
