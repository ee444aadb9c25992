"""The purpose of an email about access, in a column of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0021_mail_purpose"
down_revision = "0020_feed_note"
branch_labels = None
depends_on = None

_PURPOSES = ("invitation", "reset", "email", "changed")


def upgrade() -> None:
    """To this version."""
    with op.batch_alter_table("mail") as table:
        table.add_column(sa.Column("purpose", sa.String(length=10), nullable=True))
    for purpose in _PURPOSES:  # it was the beginning of the key
        op.execute(
            f"update mail set purpose = '{purpose}' "  # nosec B608 - constants
            f"where subject = 'access' and key like '{purpose}-%'"
        )
    with op.batch_alter_table("mail") as table:
        table.create_check_constraint(
            op.f("ck_mail_purpose"),
            "purpose in ('invitation', 'reset', 'email', 'changed')",
        )


def downgrade() -> None:
    """Without the column."""
    with op.batch_alter_table("mail") as table:
        table.drop_constraint(op.f("ck_mail_purpose"), type_="check")
        table.drop_column("purpose")
