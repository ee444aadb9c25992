"""What a customer shows: its name on public pages, a badge."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.add_column(
        "account", sa.Column("is_named", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("account", sa.Column("badge_id", sa.String(length=43), nullable=True))
    op.add_column(
        "account", sa.Column("badge_on", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_index("uq_account_badge_id", "account", ["badge_id"], unique=True)


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index("uq_account_badge_id", "account")
    for name in ("badge_on", "badge_id", "is_named"):
        op.drop_column("account", name)
