"""The initial schema."""

import logging
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None

#: Columns that are searched for a part of their text, by the name of their index (PostgreSQL).
_TRIGRAMS = {
    "ix_device_asset_id_pieces": ("device", "asset_id"),
    "ix_device_serial_number_pieces": ("device", "serial_number"),
    "ix_feed_customer_name_pieces": ("feed", "customer_name"),
    "ix_feed_customer_id_pieces": ("feed", "customer_id"),
    "ix_account_name_pieces": ("account", "name"),
}


def upgrade() -> None:
    """To this version."""
    _create_account()
    _create_logo()
    _create_reconciliation()
    _create_server_day()
    _create_brand()
    _create_certificate()
    _create_closed_month()
    _create_partner_month()
    _create_server()
    _create_user()
    _create_audit_entry()
    _create_document()
    _create_feed()
    _create_invitation()
    _create_mail()
    _create_collection()
    _create_deposit()
    _create_device()
    _create_health_change()
    _create_delta()
    _create_feed_event()
    _create_notice()
    _create_outcome()
    _create_reading()
    if op.get_bind().dialect.name == "postgresql":
        _create_trigram_indexes()


def downgrade() -> None:
    """Back to an empty database."""
    op.drop_table("reading")
    op.drop_table("outcome")
    op.drop_table("notice")
    op.drop_table("feed_event")
    op.drop_table("delta")
    op.drop_table("health_change")
    op.drop_table("device")
    op.drop_table("deposit")
    op.drop_table("collection")
    op.drop_table("mail")
    op.drop_table("invitation")
    op.drop_table("feed")
    op.drop_table("document")
    op.drop_table("audit_entry")
    op.drop_table("user")
    op.drop_table("server")
    op.drop_table("partner_month")
    op.drop_table("closed_month")
    op.drop_table("certificate")
    op.drop_table("brand")
    op.drop_table("server_day")
    op.drop_table("reconciliation")
    op.drop_table("logo")
    op.drop_table("account")


def _where(condition: str) -> dict[str, Any]:
    """Leave the rows of an index to those of a condition."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _create_account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("region", sa.String(length=20), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("is_named", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("badge_id", sa.String(length=43), nullable=True),
        sa.Column("badge_on", sa.Boolean(), server_default=sa.false(), nullable=False),
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
    op.create_index("ix_account_partner_id", "account", ["partner_id", "id"])
    op.create_index("uq_account_badge_id", "account", ["badge_id"], unique=True)
    op.create_index(
        "uq_account_name_of_partners",
        "account",
        ["name"],
        unique=True,
        **_where("partner_id is null"),
    )


def _create_logo() -> None:
    op.create_table(
        "logo",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=20), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_logo")),
    )


def _create_reconciliation() -> None:
    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("feeds", sa.Integer(), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("differences", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    op.create_index(op.f("ix_reconciliation_at"), "reconciliation", ["at"])


def _create_server_day() -> None:
    op.create_table(
        "server_day",
        sa.Column("server_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_in", sa.String(length=7), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("server_id", "day", "counted_in", name=op.f("pk_server_day")),
    )
    op.create_index("ix_server_day_counted_in", "server_day", ["counted_in"])


def _create_brand() -> None:
    op.create_table(
        "brand",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=True),
        sa.Column("colour", sa.String(length=7), nullable=True),
        sa.Column("logo_digest", sa.String(length=64), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_brand_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["logo_digest"], ["logo.digest"], name=op.f("fk_brand_logo_digest_logo")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_brand")),
    )
    op.create_index(op.f("ix_brand_logo_digest"), "brand", ["logo_digest"])


def _create_certificate() -> None:
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
        sa.Column("language", sa.String(length=8), server_default="en", nullable=False),
        sa.Column("logo_digest", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "late_pages >= 0 and late_pages <= pages", name=op.f("ck_certificate_late_pages")
        ),
        sa.CheckConstraint("pages > 0", name=op.f("ck_certificate_pages")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_certificate_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["logo_digest"], ["logo.digest"], name=op.f("fk_certificate_logo_digest_logo")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("account_id", "month", name=op.f("uq_certificate_account_id_month")),
        sa.UniqueConstraint("number", name=op.f("uq_certificate_number")),
        sa.UniqueConstraint("public_id", name=op.f("uq_certificate_public_id")),
    )
    op.create_index(
        "ix_certificate_month", "certificate", [sa.text("month desc"), "account_name", "id"]
    )
    op.create_index(
        "ix_certificate_account_name", "certificate", ["account_name", sa.text("month desc"), "id"]
    )
    op.create_index(
        "ix_certificate_pages",
        "certificate",
        [sa.text("pages desc"), sa.text("month desc"), "account_name", "id"],
    )


def _create_closed_month() -> None:
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


def _create_partner_month() -> None:
    op.create_table(
        "partner_month",
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("certificates", sa.Integer(), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["account.id"], name=op.f("fk_partner_month_partner_id_account")
        ),
        sa.PrimaryKeyConstraint("partner_id", "month", name=op.f("pk_partner_month")),
    )


def _create_server() -> None:
    op.create_table(
        "server",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("health", sa.String(length=16), nullable=False),
        sa.Column("health_reason", sa.JSON(), nullable=True),
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
    op.create_index(op.f("ix_server_account_id"), "server", ["account_id"])


def _create_user() -> None:
    op.create_table(
        "user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("session_stamp", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wants_server", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("wants_feed", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("wants_digest", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("wants_nights", sa.Boolean(), server_default=sa.true(), nullable=False),
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
    op.create_index(op.f("ix_user_account_id"), "user", ["account_id"])
    op.create_index("ix_user_full_name", "user", ["full_name", "id"])


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
    op.create_index("ix_audit_entry_account_id_at", "audit_entry", ["account_id", "at"])
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])


def _create_document() -> None:
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


def _create_feed() -> None:
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
        sa.Column("last_data_on", sa.Date(), nullable=True),
        sa.Column("device_count", sa.Integer(), server_default="0", nullable=False),
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
    op.create_index(op.f("ix_feed_account_id"), "feed", ["account_id"])
    op.create_index(
        "ix_feed_customer_name", "feed", ["customer_name", "id"], **_where("status <> 'removed'")
    )
    op.create_index(op.f("ix_feed_server_id"), "feed", ["server_id"])
    op.create_index("ix_feed_server_id_health", "feed", ["server_id", "status", "health"])
    op.create_index("ix_feed_server_id_name", "feed", ["server_id", "customer_name", "id"])
    op.create_index("ix_feed_status", "feed", ["status", "health"])
    op.create_index(
        "uq_feed_customer_id",
        "feed",
        ["server_id", "customer_id"],
        unique=True,
        **_where("status <> 'removed' and customer_id is not null"),
    )
    op.create_index(
        "uq_feed_customer_name",
        "feed",
        ["server_id", "customer_name"],
        unique=True,
        **_where("status <> 'removed' and customer_id is null"),
    )
    op.create_index(
        "ix_feed_health",
        "feed",
        [sa.text("health desc"), "customer_name", "id"],
        **_where("status <> 'removed'"),
    )
    op.create_index(
        "ix_feed_server_id_worst",
        "feed",
        ["server_id", sa.text("health desc"), "customer_name", "id"],
        **_where("status <> 'removed'"),
    )


def _create_invitation() -> None:
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
    op.create_index(op.f("ix_invitation_user_id"), "invitation", ["user_id"])


def _create_mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=250), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("logo_digest", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'sent', 'failed')", name=op.f("ck_mail_state")
        ),
        sa.CheckConstraint(
            "subject in ('server', 'feed', 'digest', 'nights')", name=op.f("ck_mail_subject")
        ),
        sa.ForeignKeyConstraint(
            ["logo_digest"], ["logo.digest"], name=op.f("fk_mail_logo_digest_logo")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_mail_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_mail_user_id_key")),
    )
    op.create_index("ix_mail_created_at", "mail", ["created_at"])
    op.create_index("ix_mail_state_due_at", "mail", ["state", "due_at"])


def _create_collection() -> None:
    op.create_table(
        "collection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("cancelled_by", sa.Integer(), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("printers", sa.Integer(), nullable=False),
        sa.Column("feeds", sa.Integer(), nullable=True),
        sa.CheckConstraint("kind in ('scheduled', 'manual')", name=op.f("ck_collection_kind")),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'finished', 'failed', 'cancelled')",
            name=op.f("ck_collection_state"),
        ),
        sa.ForeignKeyConstraint(
            ["cancelled_by"], ["user.id"], name=op.f("fk_collection_cancelled_by_user")
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
    op.create_index("ix_collection_scheduled_day", "collection", ["day"], **_where("kind = 'scheduled'"))
    op.create_index("ix_collection_queued_at", "collection", ["queued_at", "id"])
    op.create_index(op.f("ix_collection_server_id"), "collection", ["server_id"])
    op.create_index(
        "uq_collection_scheduled",
        "collection",
        ["server_id", "day"],
        unique=True,
        **_where("kind = 'scheduled'"),
    )


def _create_deposit() -> None:
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
        "ix_deposit_feed_id_counted_in",
        "deposit",
        ["feed_id", "counted_in"],
        postgresql_include=["pages"],
    )


def _create_device() -> None:
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
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fallen_count", sa.BigInteger(), nullable=True),
        sa.Column("fallen_on", sa.Date(), nullable=True),
        sa.Column("awaits_baseline", sa.Boolean(), nullable=False),
        sa.Column("earlier_count", sa.BigInteger(), nullable=True),
        sa.Column("earlier_life", sa.BigInteger(), nullable=True),
        sa.Column("missing_since", sa.Date(), nullable=True),
        sa.Column("moved_to", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "asset_id <> '' or serial_number <> ''", name=op.f("ck_device_identity")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_device_feed_id_feed")),
        sa.ForeignKeyConstraint(
            ["moved_to"], ["device.id"], name=op.f("fk_device_moved_to_device")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint(
            "feed_id",
            "asset_id",
            "serial_number",
            name=op.f("uq_device_feed_id_asset_id_serial_number"),
        ),
    )
    op.create_index("ix_device_asset_id", "device", ["asset_id", "serial_number", "id"])
    op.create_index("ix_device_serial_number", "device", ["serial_number"])


def _create_health_change() -> None:
    op.create_table(
        "health_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.Integer(), nullable=True),
        sa.Column("feed_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=False),
        sa.Column("last_data_on", sa.Date(), nullable=True),
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
    op.create_index("ix_health_change_feed_id_at", "health_change", ["feed_id", "at"])
    op.create_index("ix_health_change_server_id_at", "health_change", ["server_id", "at"])


def _create_delta() -> None:
    op.create_table(
        "delta",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("held_for", sa.String(length=16), nullable=True),
        sa.Column("proposed", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state <> 'adjusted' or proposed is not null", name=op.f("ck_delta_adjusted")
        ),
        sa.CheckConstraint(
            "state = 'counted' or held_for is not null", name=op.f("ck_delta_held_for")
        ),
        sa.CheckConstraint(
            "state in ('counted', 'held', 'accepted', 'adjusted', 'reset', 'rejected')",
            name=op.f("ck_delta_state"),
        ),
        sa.CheckConstraint("pages > 0", name=op.f("ck_delta_pages")),
        sa.CheckConstraint("proposed between 0 and pages", name=op.f("ck_delta_proposed")),
        sa.CheckConstraint("since < day", name=op.f("ck_delta_days")),
        sa.ForeignKeyConstraint(["decided_by"], ["user.id"], name=op.f("fk_delta_decided_by_user")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_delta_device_id_device")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_delta_feed_id_feed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delta")),
    )
    op.create_index("ix_delta_device_id_day", "delta", ["device_id", "day"], unique=True)
    op.create_index("ix_delta_feed_id_day", "delta", ["feed_id", "day"])
    op.create_index("ix_delta_held", "delta", ["feed_id"], **_where("state = 'held'"))


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
            "kind in ('devices_found', 'device_added', 'asset_edited', 'family_changed', 'fell', 'misread', 'reset', 'held', 'decided', 'moved_in', 'moved_away', 'gone', 'returned', 'customer_gone', 'customer_returned', 'customer_renamed', 'read_again', 'recovered')",
            name=op.f("ck_feed_event_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_feed_event_device_id_device")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_feed_event_feed_id_feed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_event")),
    )
    op.create_index("ix_feed_event_at", "feed_event", ["at", "id"])
    op.create_index(op.f("ix_feed_event_device_id"), "feed_event", ["device_id"])
    op.create_index("ix_feed_event_feed_id_at", "feed_event", ["feed_id", "at"])


def _create_notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("health_change_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["health_change_id"],
            ["health_change.id"],
            name=op.f("fk_notice_health_change_id_health_change"),
        ),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_notice_mail_id_mail")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notice_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint(
            "user_id", "health_change_id", name=op.f("uq_notice_user_id_health_change_id")
        ),
    )
    op.create_index("ix_notice_mail_id", "notice", ["mail_id"])
    op.create_index("ix_notice_untold", "notice", ["due_at"], **_where("mail_id is null"))


def _create_outcome() -> None:
    op.create_table(
        "outcome",
        sa.Column("collection_id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.Column("devices", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.JSON(), nullable=False),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome in ('collected', 'unchanged', 'not_found', 'failed')",
            name=op.f("ck_outcome_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name=op.f("fk_outcome_collection_id_collection")
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_outcome_feed_id_feed")),
        sa.PrimaryKeyConstraint("collection_id", "feed_id", name=op.f("pk_outcome")),
    )
    op.create_index(
        "ix_outcome_failed", "outcome", ["collection_id", "feed_id"], **_where("outcome = 'failed'")
    )
    op.create_index("ix_outcome_feed_id", "outcome", ["feed_id"])


def _create_reading() -> None:
    op.create_table(
        "reading",
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.String(length=16), nullable=False),
        sa.Column("baseline", sa.Boolean(), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("count >= 0", name=op.f("ck_reading_count")),
        sa.ForeignKeyConstraint(
            ["device_id"], ["device.id"], name=op.f("fk_reading_device_id_device")
        ),
        sa.PrimaryKeyConstraint("device_id", "day", name=op.f("pk_reading")),
    )


def _create_trigram_indexes() -> None:
    """Indexes for searches; without the extension these work, but read every row."""
    connection = op.get_bind()
    with connection.begin_nested() as attempt:
        try:
            connection.exec_driver_sql("create extension if not exists pg_trgm")
        except sa.exc.DBAPIError as error:
            attempt.rollback()
            logging.getLogger("releaf.database").warning(
                "searches will be slow on large databases: the extension pg_trgm cannot be made "
                "(%s); have the database's owner create it, then see migration 0001_initial",
                str(error.orig).partition("\n")[0],
            )
            return
    for name, (table, column) in _TRIGRAMS.items():
        op.execute(f"create index {name} on {table} using gin ({column} gin_trgm_ops)")
