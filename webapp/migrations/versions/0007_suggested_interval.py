"""Suggest intervals for feeds that seem to be read by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0007_suggested_interval"
down_revision = "0006_device_attention"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.add_column("feed", sa.Column("suggested_interval_days", sa.Integer(), nullable=True))
    suggested = sa.text("suggested_interval_days is not null")
    op.create_index(
        "ix_feed_suggested",
        "feed",
        ["server_id"],
        sqlite_where=suggested,
        postgresql_where=suggested,
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index("ix_feed_suggested", "feed")
    op.drop_column("feed", "suggested_interval_days")
