"""Alembic runs this, within a connection that ``webapp.services.database`` hands over.

``flask --app wsgi db ...`` (for developers) hands none over: there the application's is taken.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app
from sqlalchemy import Connection, TypeDecorator

from webapp import models


def plain_type(kind: str, thing: Any, _: AutogenContext) -> str | Literal[False]:
    """A column type of ours as what it is in the database: migrations must outlive our code."""
    if kind == "type" and isinstance(thing, TypeDecorator):
        return f"sa.{thing.impl_instance!r}"
    return False


def run(connection: Connection) -> None:
    """Migrate, or compare, within the connection's transaction."""
    context.configure(
        connection=connection,
        target_metadata=models.Account.metadata,
        render_as_batch=True,
        render_item=plain_type,
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
