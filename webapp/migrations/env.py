"""Alembic's environment, on a connection that ``webapp.services.database`` provides.

With ``flask --app wsgi db ...`` (for developers), the application's connection is used.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection, Index, TypeDecorator, UnaryExpression
from sqlalchemy.schema import SchemaItem

from webapp import models


def plain_type(kind: str, thing: Any, _: AutogenContext) -> str | Literal[False]:
    """Return a database type for one of our column types, because migrations outlive our code."""
    if kind == "type" and isinstance(thing, TypeDecorator):
        return f"sa.{thing.impl_instance!r}"
    return False


def include_object(
    thing: SchemaItem, name: str | None, kind: str, _reflected: bool, other: SchemaItem | None
) -> bool:
    """Exclude from a comparison what it would report wrongly.

    The models do not have the trigram indexes, which only PostgreSQL has; the direction of an index
    cannot be read from SQLite.
    """
    if kind != "index":
        return True
    descending = any(
        isinstance(column, UnaryExpression)
        for index in (thing, other)
        if isinstance(index, Index)
        for column in index.expressions
    )
    is_sqlite = context.get_context().dialect.name == "sqlite"
    return not (name or "").endswith("_pieces") and not (descending and is_sqlite)


#: How long a statement waits for a lock. While it waits for a table, later statements of others
#: have to wait for that table too.
LOCK_TIMEOUT = "10s"


def run(connection: Connection) -> None:
    """Migrate, or compare, within the connection's transaction."""
    if connection.dialect.name == "postgresql":
        timeout = context.config.attributes.get("lock_timeout", LOCK_TIMEOUT)
        connection.exec_driver_sql(f"set local lock_timeout = '{timeout}'")
    context.configure(
        connection=connection,
        target_metadata=models.Account.metadata,
        render_as_batch=True,
        render_item=plain_type,
        include_object=include_object,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    with current_app.extensions["migrate"].db.engine.begin() as opened:
        run(opened)
