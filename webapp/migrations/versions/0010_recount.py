"""A line in a feed's history for pages that were recounted."""

from alembic import op

revision = "0010_recount"
down_revision = "0009_metering"
branch_labels = None
depends_on = None

_KINDS = (
    "'devices_found', 'device_added', 'asset_edited', 'awaiting_baseline', 'baseline', "
    "'counts_from_zero', 'incomplete', 'complete_again', 'set_switched', 'member_joined', "
    "'fell', 'misread', 'small_fall', 'spike', 'reset', 'restored', 'held', 'resolved', "
    "'decided', 'away', 'serial_known', 'does_not_continue', 'disputed', 'copy', "
    "'two_machines', 'moved_in', 'moved_away', 'gone', 'returned', 'customer_gone', "
    "'customer_returned', 'customer_renamed', 'read_again', 'recovered', 'read_by_hand', "
    "'reactivated', 'successor_found', 'relinked'"
)


def upgrade() -> None:
    """To this version."""
    _allow_kinds(f"{_KINDS}, 'recounted'")


def downgrade() -> None:
    """Without these lines."""
    op.execute("delete from feed_event where kind = 'recounted'")
    _allow_kinds(_KINDS)


def _allow_kinds(kinds: str) -> None:
    with op.batch_alter_table("feed_event") as table:
        table.drop_constraint(op.f("ck_feed_event_kind"), type_="check")
        table.create_check_constraint(op.f("ck_feed_event_kind"), f"kind in ({kinds})")
