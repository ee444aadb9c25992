"""Notes on feeds, which may snooze them."""

import sqlalchemy as sa
from alembic import op

revision = "0020_feed_note"
down_revision = "0019_certificate_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "feed_note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feed.id"], name=op.f("fk_feed_note_feed_id_feed")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_feed_note_user_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_note")),
    )
    op.create_index(op.f("ix_feed_note_feed_id"), "feed_note", ["feed_id"])
    op.create_index(op.f("ix_feed_note_snoozed_until"), "feed_note", ["snoozed_until"])


def downgrade() -> None:
    """Without notes."""
    op.drop_table("feed_note")
