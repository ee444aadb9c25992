"""The customer that lists the devices of a feed whose customer is not found, as a proposal."""

import sqlalchemy as sa
from alembic import op

revision = "0005_successor"
down_revision = "0004_pause"
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
    "reactivated",
)


_COLUMNS: tuple[tuple[str, sa.String | sa.Integer], ...] = (
    ("successor_id", sa.String(200)),
    ("successor_name", sa.String(200)),
    ("successor_devices", sa.Integer()),
    ("successor_of", sa.Integer()),
)


def upgrade() -> None:
    """To this version."""
    for name, kind in _COLUMNS:
        op.add_column("feed", sa.Column(name, kind, nullable=True))
    renamed = sa.text("successor_name is not null")
    op.create_index(
        "ix_feed_renamed",
        "feed",
        ["server_id", "id"],
        unique=False,
        sqlite_where=renamed,
        postgresql_where=renamed,
    )
    _allow_kinds(*_KINDS, "successor_found", "relinked")


def downgrade() -> None:
    """Without the proposals, and without the events."""
    op.execute("delete from feed_event where kind in ('successor_found', 'relinked')")
    _allow_kinds(*_KINDS)
    op.drop_index("ix_feed_renamed", table_name="feed")
    for name, _ in reversed(_COLUMNS):
        op.drop_column("feed", name)


def _allow_kinds(*kinds: str) -> None:
    allowed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("feed_event") as feed_event:
        feed_event.drop_constraint(op.f("ck_feed_event_kind"), type_="check")
        feed_event.create_check_constraint(op.f("ck_feed_event_kind"), f"kind in ({allowed})")
