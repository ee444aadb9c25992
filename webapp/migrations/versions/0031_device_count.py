"""Count the devices of each feed again, without those that another row has joined."""

from alembic import op

revision = "0031_device_count"
down_revision = "0030_token_unreadable_since"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Correct the counts of feeds whose printers an earlier version moved to another feed."""
    op.execute(
        "update feed set device_count = (select count(*) from device"
        " where device.feed_id = feed.id and device.moved_to is null)"
    )


def downgrade() -> None:
    """Nothing to restore: the former counts were wrong."""
