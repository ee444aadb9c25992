"""When a feed was deactivated; its reactivation is an event of its history."""

import sqlalchemy as sa
from alembic import op

revision = "0004_pause"
down_revision = "0003_read_by_hand"
branch_labels = None
depends_on = None

_KINDS = (
    "devices_found",
    "device_added",
    "asset_edited",
    "family_changed",
    "fell",
    "misread",
    "reset",
    "held",
    "decided",
    "moved_in",
    "moved_away",
    "gone",
    "returned",
    "customer_gone",
    "customer_returned",
    "customer_renamed",
    "read_again",
    "recovered",
    "read_by_hand",
)


def upgrade() -> None:
    """To this version. Nobody knows when feeds that are inactive by now were deactivated."""
    op.add_column("feed", sa.Column("deactivated_at", sa.DateTime(timezone=True), nullable=True))
    _allow_kinds(*_KINDS, "reactivated")


def downgrade() -> None:
    """Without the moment, and without the events."""
    op.execute("delete from feed_event where kind = 'reactivated'")
    _allow_kinds(*_KINDS)
    op.drop_column("feed", "deactivated_at")


def _allow_kinds(*kinds: str) -> None:
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("feed_event") as feed_event:
        feed_event.drop_constraint(op.f("ck_feed_event_kind"), type_="check")
        feed_event.create_check_constraint(op.f("ck_feed_event_kind"), f"kind in ({allowed})")
