"""Mark feeds as read by hand, with the days between their readings."""

import sqlalchemy as sa
from alembic import op

revision = "0003_read_by_hand"
down_revision = "0002_corrections"
branch_labels = None
depends_on = None

_EVENT_KINDS = (
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
)


def upgrade() -> None:
    """To this version."""
    interval = sa.CheckConstraint(
        "read_interval_days between 2 and 92", name=op.f("ck_feed_read_interval_days")
    )
    op.add_column("feed", sa.Column("read_interval_days", sa.Integer(), interval, nullable=True))
    _set_event_kinds((*_EVENT_KINDS, "read_by_hand"))


def downgrade() -> None:
    """Back to the version before."""
    op.execute("delete from feed_event where kind = 'read_by_hand'")
    _set_event_kinds(_EVENT_KINDS)
    op.drop_column("feed", "read_interval_days")


def _set_event_kinds(kinds: tuple[str, ...]) -> None:
    condition = "kind in (" + ", ".join(f"'{kind}'" for kind in kinds) + ")"
    name = op.f("ck_feed_event_kind")
    with op.batch_alter_table("feed_event") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, condition)
