"""Languages of users, accounts and certificates; reasons as words that any of them can tell."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_REASONS = (
    ("health_change", "reason"),
    ("server", "health_reason"),
    ("collection", "reason"),
    ("outcome", "reason"),
)


def upgrade() -> None:
    """To this version. Reasons that were kept as text stay, and read the same."""
    op.add_column("user", sa.Column("language", sa.String(length=8), nullable=True))
    op.add_column("account", sa.Column("language", sa.String(length=8), nullable=True))
    op.add_column(
        "certificate",
        sa.Column("language", sa.String(length=8), nullable=False, server_default="en"),
    )
    for table, column in _REASONS:
        with op.batch_alter_table(table) as altered:
            altered.alter_column(column, existing_type=sa.String(length=500), type_=sa.Text())


def downgrade() -> None:
    """Back to the version before; a reason longer than it had room for is cut."""
    for table, column in _REASONS:
        op.execute(f"update {table} set {column} = substr({column}, 1, 500)")
        with op.batch_alter_table(table) as altered:
            altered.alter_column(column, existing_type=sa.Text(), type_=sa.String(length=500))
    for table in ("certificate", "account", "user"):
        op.drop_column(table, "language")
