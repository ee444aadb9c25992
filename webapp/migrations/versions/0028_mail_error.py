"""Store why an email was not sent as a code and its parameters."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0028_mail_error"
down_revision = "0027_glitch"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make each text the parameter of a code."""
    _convert(
        sa.String(500),
        sa.JSON(none_as_null=True),
        lambda text: {"code": "mail_failed", "params": {"error": text}},
    )


def downgrade() -> None:
    """Store the parameters as text."""
    _convert(
        sa.JSON(none_as_null=True),
        sa.String(500),
        lambda why: (" ".join(map(str, why["params"].values())) or str(why["code"]))[:500],
    )


def _convert(before: Any, after: Any, changed: Callable[[Any], Any]) -> None:
    connection = op.get_bind()
    old = sa.table("mail", sa.column("id"), sa.column("error", before))
    rows = connection.execute(sa.select(old.c.id, old.c.error).where(old.c.error.is_not(None))).all()
    op.drop_column("mail", "error")
    op.add_column("mail", sa.Column("error", after))
    new = sa.table("mail", sa.column("id"), sa.column("error", after))
    for row in rows:
        connection.execute(
            sa.update(new).where(new.c.id == row.id).values(error=changed(row.error))
        )
