"""List the devices that are silent or missing although their feed is healthy."""

import sqlalchemy as sa
from alembic import op

revision = "0006_device_attention"
down_revision = "0005_successor"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "device_attention",
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "status in ('silent', 'missing')", name=op.f("ck_device_attention_status")
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_device_attention_device_id_device")
        ),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feed.id"], name=op.f("fk_device_attention_feed_id_feed")
        ),
        sa.PrimaryKeyConstraint("device_id", name=op.f("pk_device_attention")),
    )
    op.create_index(op.f("ix_device_attention_feed_id"), "device_attention", ["feed_id"])


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("device_attention")
