"""Alembic runs this, within a connection that ``webapp.services.database`` hands over.

``flask --app wsgi db ...`` (for developers) hands none over: there the application's is taken.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection, Index, TypeDecorator, UnaryExpression
from sqlalchemy.schema import SchemaItem

from webapp import models


def plain_type(kind: str, thing: Any, _: AutogenContext) -> str | Literal[False]:
    """A column type of ours as what it is in the database: migrations must outlive our code."""
    if kind == "type" and isinstance(thing, TypeDecorator):
        return f"sa.{thing.impl_instance!r}"
    return False


def include_object(
    thing: SchemaItem, name: str | None, kind: str, _reflected: bool, other: SchemaItem | None
) -> bool:
    """Leave out of a comparison what it would report wrongly.

    The models do not name the indexes for searches, which PostgreSQL alone has; of SQLite the
    direction of an index cannot be read.
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


#: How long a statement waits for a lock that others hold. While it waits for a table, whatever
#: comes after it has to wait for that table too.
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
