"""Store since when the token of a server cannot be decrypted."""

import sqlalchemy as sa
from alembic import op

revision = "0030_token_unreadable_since"
down_revision = "0029_encrypted_token"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the next health check of each server sets it."""
    op.add_column(
        "server", sa.Column("token_unreadable_since", sa.DateTime(timezone=True), nullable=True)
    )


def downgrade() -> None:
    """Without it."""
    op.drop_column("server", "token_unreadable_since")
