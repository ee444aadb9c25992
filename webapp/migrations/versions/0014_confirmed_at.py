"""When the user of a session last confirmed the password."""

import sqlalchemy as sa
from alembic import op

revision = "0014_confirmed_at"
down_revision = "0013_user_session"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    column = sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("user_session", column)


def downgrade() -> None:
    """Back to the version before."""
    op.drop_column("user_session", "confirmed_at")
