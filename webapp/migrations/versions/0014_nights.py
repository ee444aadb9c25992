"""Nights by their day: operations look at the latest, and there is one more for each server daily."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NIGHT = sa.text("kind = 'night'")


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_collection_night_day",
        "collection",
        ["day"],
        sqlite_where=_NIGHT,
        postgresql_where=_NIGHT,
    )


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_collection_night_day", "collection")
