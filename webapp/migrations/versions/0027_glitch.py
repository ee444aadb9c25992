"""Rename the events of meter glitches."""

from alembic import op

revision = "0027_glitch"
down_revision = "0026_other_machine"
branch_labels = None
depends_on = None

_KINDS = (
    "'devices_found', 'device_added', 'asset_edited', 'awaiting_baseline', 'baseline', "
    "'counts_from_zero', 'incomplete', 'complete_again', 'set_switched', 'member_joined', "
    "'fell', '{0}', 'small_fall', 'spike', 'reset', 'restored', 'held', 'resolved', "
    "'decided', 'away', 'serial_known', 'does_not_continue', 'disputed', 'copy', "
    "'two_machines', 'moved_in', 'moved_away', 'gone', 'returned', 'customer_gone', "
    "'customer_returned', 'customer_renamed', 'read_again', 'recovered', 'read_by_hand', "
    "'reactivated', 'successor_found', 'relinked', 'recounted'"
)


def upgrade() -> None:
    """Use the new name."""
    _rename("misread", "glitch")


def downgrade() -> None:
    """Use the former name."""
    _rename("glitch", "misread")


def _rename(before: str, after: str) -> None:
    name = op.f("ck_feed_event_kind")
    with op.batch_alter_table("feed_event") as table:
        table.drop_constraint(name, type_="check")
    op.execute(f"update feed_event set kind = '{after}' where kind = '{before}'")
    with op.batch_alter_table("feed_event") as table:
        table.create_check_constraint(name, f"kind in ({_KINDS.format(after)})")
