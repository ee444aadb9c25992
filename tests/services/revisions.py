"""Databases at a revision, with a row in every table."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    select,
)

from webapp.services import database

#: What is stored at a revision before the next one is run; a row of every table it creates. What
#: is not given here is filled in by the type of the column.
ROWS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "0001_initial": {
        "account": {"kind": "partner", "partner_id": None},
        "logo": {"digest": "d"},
        "reconciliation": {"differences": []},
        "server_day": {},
        "brand": {"logo_digest": "d"},
        "certificate": {"late_pages": 0, "logo_digest": "d"},
        "closed_month": {},
        "partner_month": {},
        "server": {"health": "healthy"},
        "user": {"role": "partner_admin", "email": "ada@example.com"},
        "audit_entry": {
            "place": "browser",
            "action": "feeds tied",
            "details": {"name": "x"},
        },
        "document": {},
        "feed": {"status": "active", "health": "healthy"},
        "invitation": {},
        "mail": {"subject": "server", "state": "sent", "logo_digest": "d", "error": None},
        "collection": {"kind": "scheduled", "state": "finished"},
        "deposit": {},
        "device": {"moved_to": None},
        "health_change": {"feed_id": None, "before": "healthy", "after": "unhealthy"},
        "delta": {
            "since": date(2026, 10, 1),
            "state": "adjusted",
            "proposed": 1,
            "held_for": "history",
        },
        "feed_event": {"kind": "device_added", "details": {"initial": 1}},
        "notice": {},
        "outcome": {"outcome": "collected", "skipped": []},
        "reading": {},
    },
    "0006_device_attention": {"device_attention": {"status": "silent"}},
    "0008_fleet_overlap": {"fleet_serial": {}, "server_overlap": {"other_id": 2}},
    "0009_metering": {"retry_rows": {}},
    "0013_user_session": {"user_session": {}},
    "0016_audit_chain": {"audit_chain": {}},
    "0020_feed_note": {"feed_note": {}},
    "0024_equivalents": {"equivalent": {"kind": "water"}},
    "0025_saved_view": {"saved_view": {"filters": {"q": "x"}}},
}


@contextmanager
def at_revision(empty_database: str, revision: str) -> Iterator[tuple[Connection, Config]]:
    """A transaction in which a database has a revision, and the configuration to continue."""
    config = database._config()
    with database._engine(empty_database).begin() as connection:
        if connection.dialect.name == "sqlite":
            database._disable_foreign_keys(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        yield connection, config


def fill(
    connection: Connection, rows: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Insert a row in each table, in order of their references; returns what is stored of it."""
    schema = MetaData()
    schema.reflect(connection)
    for name, row in rows.items():
        table = schema.tables[name]
        values = {column.name: _value(column) for column in table.columns}
        connection.execute(table.insert().values({**values, **row}))
    return {
        name: dict(connection.execute(select(schema.tables[name])).mappings().one())
        for name in rows
    }


def _value(column: Column[Any]) -> Any:
    kinds: Sequence[tuple[Any, Any]] = (
        (Boolean, True),
        (Integer, 1),
        (DateTime, datetime(2026, 11, 2, 3, tzinfo=UTC)),
        (Date, date(2026, 11, 1)),
        (LargeBinary, b"x"),
    )
    return next((value for kind, value in kinds if isinstance(column.type, kind)), "x")
