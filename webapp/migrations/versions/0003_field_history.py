"""Regions, moves, proposals for held gains, a feed's history, the audit trail."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
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
)


def upgrade() -> None:
    """To this version."""
    op.add_column("account", sa.Column("region", sa.String(length=20), nullable=True))
    with op.batch_alter_table("device", recreate="never") as batch:
        batch.add_column(sa.Column("earlier_count", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("earlier_life", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("gone_on", sa.Date(), nullable=True))
        batch.create_index("ix_device_serial_number", ["serial_number"], unique=False)
    # In words of SQL, for Alembic would have SQLite copy the whole table for a foreign key.
    op.execute(
        "alter table device add column moved_to integer "
        "constraint fk_device_moved_to_device references device (id)"
    )
    with op.batch_alter_table("delta") as batch:
        batch.add_column(sa.Column("held_for", sa.String(length=16), nullable=True))
        batch.add_column(sa.Column("proposed", sa.BigInteger(), nullable=True))
        batch.drop_constraint(op.f("ck_delta_state"), type_="check")
        batch.create_check_constraint(
            op.f("ck_delta_state"),
            "state in ('counted', 'held', 'accepted', 'adjusted', 'reset', 'rejected')",
        )
    # Until now there was one reason to hold pages; ``reason`` becomes the person's alone.
    op.execute("update delta set held_for = 'ceiling' where state <> 'counted'")
    op.execute("update delta set reason = null where state <> 'rejected'")
    with op.batch_alter_table("delta") as batch:
        batch.create_check_constraint(
            op.f("ck_delta_held_for"), "state = 'counted' or held_for is not null"
        )
        batch.create_check_constraint(
            op.f("ck_delta_adjusted"), "state <> 'adjusted' or proposed is not null"
        )
        batch.create_check_constraint(op.f("ck_delta_proposed"), "proposed between 0 and pages")
    _create_feed_event()
    _create_audit_entry()


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("audit_entry")
    op.drop_table("feed_event")
    # Its life count was reduced by what an adjusted or reset gain does not count.
    op.execute("update delta set pages = proposed, state = 'accepted' where state = 'adjusted'")
    op.execute("update delta set reason = 'A reset', state = 'rejected' where state = 'reset'")
    with op.batch_alter_table("delta") as batch:
        for name in ("held_for", "adjusted", "proposed", "state"):
            batch.drop_constraint(op.f(f"ck_delta_{name}"), type_="check")
        batch.drop_column("held_for")
        batch.drop_column("proposed")
        batch.create_check_constraint(
            op.f("ck_delta_state"), "state in ('counted', 'held', 'accepted', 'rejected')"
        )
    with op.batch_alter_table("device", recreate="never") as batch:
        batch.drop_index("ix_device_serial_number")
        for name in ("earlier_count", "earlier_life", "gone_on", "moved_to"):
            batch.drop_column(name)
    op.drop_column("account", "region")


def _create_feed_event() -> None:
    op.create_table(
        "feed_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "kind in (" + ", ".join(f"'{kind}'" for kind in _KINDS) + ")",
            name=op.f("ck_feed_event_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_feed_event_device_id_device")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_feed_event_feed_id_feed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_event")),
    )
    op.create_index(op.f("ix_feed_event_device_id"), "feed_event", ["device_id"], unique=False)
    op.create_index("ix_feed_event_feed_id_at", "feed_event", ["feed_id", "at"], unique=False)


def _create_audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.CheckConstraint("place in ('browser', 'command')", name=op.f("ck_audit_entry_place")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_audit_entry_account_id_account")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_audit_entry_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index(
        "ix_audit_entry_account_id_at", "audit_entry", ["account_id", "at"], unique=False
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"], unique=False)
