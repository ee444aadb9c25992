"""First schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'customer') = (partner_id is not null)", name=op.f("ck_account_partner")
        ),
        sa.CheckConstraint(
            "kind in ('operations', 'partner', 'customer')", name=op.f("ck_account_kind")
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["account.id"], name=op.f("fk_account_partner_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("partner_id", "name", name=op.f("uq_account_partner_id_name")),
    )
    op.create_index(op.f("ix_account_partner_id"), "account", ["partner_id"], unique=False)
    op.create_index(
        "uq_account_name_of_partners",
        "account",
        ["name"],
        unique=True,
        sqlite_where=sa.text("partner_id is null"),
        postgresql_where=sa.text("partner_id is null"),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("public_id", sa.String(length=43), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("account_name", sa.String(length=200), nullable=False),
        sa.Column("partner_name", sa.String(length=200), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("late_pages", sa.BigInteger(), nullable=False),
        sa.Column("late_months", sa.String(length=200), nullable=False),
        sa.Column("trees", sa.String(length=32), nullable=False),
        sa.Column("pages_per_tree", sa.Integer(), nullable=False),
        sa.Column("project", sa.String(length=120), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "late_pages >= 0 and late_pages <= pages", name=op.f("ck_certificate_late_pages")
        ),
        sa.CheckConstraint("pages > 0", name=op.f("ck_certificate_pages")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_certificate_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("account_id", "month", name=op.f("uq_certificate_account_id_month")),
        sa.UniqueConstraint("number", name=op.f("uq_certificate_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_certificate_public_id")),
    )
    op.create_table(
        "closed_month",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_closed_month_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", "month", name=op.f("pk_closed_month")),
    )
    op.create_table(
        "server",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("health", sa.String(length=16), nullable=False),
        sa.Column("health_reason", sa.String(length=500), nullable=True),
        sa.Column("health_checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("health_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("health in ('healthy', 'unhealthy')", name=op.f("ck_server_health")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_server_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server")),
    )
    op.create_index(op.f("ix_server_account_id"), "server", ["account_id"], unique=False)
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("session_stamp", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role in ('operations', 'partner_admin', 'partner_viewer', 'customer')",
            name=op.f("ck_user_role"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_user_email")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_user_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    op.create_index(op.f("ix_user_account_id"), "user", ["account_id"], unique=False)
    op.create_table(
        "document",
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rendered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_document_certificate_id_certificate"),
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_document")),
    )
    op.create_table(
        "feed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(length=200), nullable=True),
        sa.Column("customer_name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("health", sa.String(length=16), nullable=False),
        sa.Column("health_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "health in ('pending', 'healthy', 'unhealthy')", name=op.f("ck_feed_health")
        ),
        sa.CheckConstraint(
            "status in ('pending', 'active', 'inactive', 'removed')", name=op.f("ck_feed_status")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_feed_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["server_id"], ["server.id"], name=op.f("fk_feed_server_id_server")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed")),
    )
    op.create_index(op.f("ix_feed_account_id"), "feed", ["account_id"], unique=False)
    op.create_index(op.f("ix_feed_server_id"), "feed", ["server_id"], unique=False)
    op.create_index(
        "uq_feed_customer_id",
        "feed",
        ["server_id", "customer_id"],
        unique=True,
        sqlite_where=sa.text("status <> 'removed' and customer_id is not null"),
        postgresql_where=sa.text("status <> 'removed' and customer_id is not null"),
    )
    op.create_index(
        "uq_feed_customer_name",
        "feed",
        ["server_id", "customer_name"],
        unique=True,
        sqlite_where=sa.text("status <> 'removed' and customer_id is null"),
        postgresql_where=sa.text("status <> 'removed' and customer_id is null"),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_invitation_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_index(op.f("ix_invitation_user_id"), "invitation", ["user_id"], unique=False)
    op.create_table(
        "collection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("printers", sa.Integer(), nullable=False),
        sa.Column("feeds", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind in ('night', 'now')", name=op.f("ck_collection_kind")),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'finished', 'failed')", name=op.f("ck_collection_state")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_collection_feed_id_feed")),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["user.id"], name=op.f("fk_collection_requested_by_user")
        ),
        sa.ForeignKeyConstraint(
            ["server_id"], ["server.id"], name=op.f("fk_collection_server_id_server")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
    )
    op.create_index(op.f("ix_collection_server_id"), "collection", ["server_id"], unique=False)
    op.create_index(
        "uq_collection_night",
        "collection",
        ["server_id", "day"],
        unique=True,
        sqlite_where=sa.text("kind = 'night'"),
        postgresql_where=sa.text("kind = 'night'"),
    )
    op.create_table(
        "deposit",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_in", sa.String(length=7), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("pages >= 0", name=op.f("ck_deposit_pages")),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_deposit_feed_id_feed")),
        sa.PrimaryKeyConstraint("feed_id", "day", "counted_in", name=op.f("pk_deposit")),
    )
    op.create_index(
        "ix_deposit_feed_id_counted_in", "deposit", ["feed_id", "counted_in"], unique=False
    )
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.String(length=200), nullable=False),
        sa.Column("serial_number", sa.String(length=200), nullable=False),
        sa.Column("family", sa.String(length=16), nullable=False),
        sa.Column("initial_count", sa.BigInteger(), nullable=False),
        sa.Column("latest_count", sa.BigInteger(), nullable=False),
        sa.Column("life_count", sa.BigInteger(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("latest_on", sa.Date(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fallen_count", sa.BigInteger(), nullable=True),
        sa.Column("fallen_on", sa.Date(), nullable=True),
        sa.Column("awaits_baseline", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "asset_id <> '' or serial_number <> ''", name=op.f("ck_device_identity")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_device_feed_id_feed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint(
            "feed_id",
            "asset_id",
            "serial_number",
            name=op.f("uq_device_feed_id_asset_id_serial_number"),
        ),
    )
    op.create_table(
        "health_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=True),
        sa.Column("feed_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("heard_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(server_id is null) <> (feed_id is null)", name=op.f("ck_health_change_of_one")
        ),
        sa.CheckConstraint("before <> after", name=op.f("ck_health_change_changed")),
        sa.ForeignKeyConstraint(
            ["feed_id"], ["feed.id"], name=op.f("fk_health_change_feed_id_feed")
        ),
        sa.ForeignKeyConstraint(
            ["server_id"], ["server.id"], name=op.f("fk_health_change_server_id_server")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_health_change")),
    )
    op.create_index("ix_health_change_feed_id_at", "health_change", ["feed_id", "at"], unique=False)
    op.create_index(
        "ix_health_change_server_id_at", "health_change", ["server_id", "at"], unique=False
    )
    op.create_table(
        "delta",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state in ('counted', 'held', 'accepted', 'rejected')", name=op.f("ck_delta_state")
        ),
        sa.CheckConstraint("pages > 0", name=op.f("ck_delta_pages")),
        sa.CheckConstraint("since < day", name=op.f("ck_delta_days")),
        sa.ForeignKeyConstraint(["decided_by"], ["user.id"], name=op.f("fk_delta_decided_by_user")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_delta_device_id_device")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_delta_feed_id_feed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delta")),
    )
    op.create_index("ix_delta_device_id_day", "delta", ["device_id", "day"], unique=True)
    op.create_index("ix_delta_feed_id_day", "delta", ["feed_id", "day"], unique=False)
    op.create_table(
        "outcome",
        sa.Column("collection_id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("devices", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome in ('collected', 'unchanged', 'absent', 'failed')",
            name=op.f("ck_outcome_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_outcome_collection_id_collection")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_outcome_feed_id_feed")),
        sa.PrimaryKeyConstraint("collection_id", "feed_id", name=op.f("pk_outcome")),
    )
    op.create_index("ix_outcome_feed_id", "outcome", ["feed_id"], unique=False)
    op.create_table(
        "reading",
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.String(length=16), nullable=False),
        sa.Column("baseline", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("count >= 0", name=op.f("ck_reading_count")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_reading_device_id_device")
        ),
        sa.PrimaryKeyConstraint("device_id", "day", name=op.f("pk_reading")),
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("reading")
    op.drop_index("ix_outcome_feed_id", table_name="outcome")
    op.drop_table("outcome")
    op.drop_index("ix_delta_feed_id_day", table_name="delta")
    op.drop_index("ix_delta_device_id_day", table_name="delta")
    op.drop_table("delta")
    op.drop_index("ix_health_change_server_id_at", table_name="health_change")
    op.drop_index("ix_health_change_feed_id_at", table_name="health_change")
    op.drop_table("health_change")
    op.drop_table("device")
    op.drop_index("ix_deposit_feed_id_counted_in", table_name="deposit")
    op.drop_table("deposit")
    op.drop_index(
        "uq_collection_night",
        table_name="collection",
        sqlite_where=sa.text("kind = 'night'"),
        postgresql_where=sa.text("kind = 'night'"),
    )
    op.drop_index(op.f("ix_collection_server_id"), table_name="collection")
    op.drop_table("collection")
    op.drop_index(op.f("ix_invitation_user_id"), table_name="invitation")
    op.drop_table("invitation")
    op.drop_index(
        "uq_feed_customer_name",
        table_name="feed",
        sqlite_where=sa.text("status <> 'removed' and customer_id is null"),
        postgresql_where=sa.text("status <> 'removed' and customer_id is null"),
    )
    op.drop_index(
        "uq_feed_customer_id",
        table_name="feed",
        sqlite_where=sa.text("status <> 'removed' and customer_id is not null"),
        postgresql_where=sa.text("status <> 'removed' and customer_id is not null"),
    )
    op.drop_index(op.f("ix_feed_server_id"), table_name="feed")
    op.drop_index(op.f("ix_feed_account_id"), table_name="feed")
    op.drop_table("feed")
    op.drop_table("document")
    op.drop_index(op.f("ix_user_account_id"), table_name="user")
    op.drop_table("user")
    op.drop_index(op.f("ix_server_account_id"), table_name="server")
    op.drop_table("server")
    op.drop_table("closed_month")
    op.drop_table("certificate")
    op.drop_index(
        "uq_account_name_of_partners",
        table_name="account",
        sqlite_where=sa.text("partner_id is null"),
        postgresql_where=sa.text("partner_id is null"),
    )
    op.drop_index(op.f("ix_account_partner_id"), table_name="account")
    op.drop_table("account")
