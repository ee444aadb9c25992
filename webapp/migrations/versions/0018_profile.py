"""Time zones of users, and emails to an address that is not yet, or no longer, the user's."""

import sqlalchemy as sa
from alembic import op

revision = "0018_profile"
down_revision = "0017_access_emails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.add_column("user", sa.Column("time_zone", sa.String(length=64), nullable=True))
    op.add_column("mail", sa.Column("recipient", sa.String(length=254), nullable=True))


def downgrade() -> None:
    """Back to the version before."""
    op.drop_column("mail", "recipient")
    op.drop_column("user", "time_zone")
