"""Rename the column of encrypted tokens."""

from alembic import op

revision = "0029_encrypted_token"
down_revision = "0028_mail_error"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Use the new name."""
    op.alter_column("server", "sealed_token", new_column_name="encrypted_token")


def downgrade() -> None:
    """Use the former name."""
    op.alter_column("server", "encrypted_token", new_column_name="sealed_token")
