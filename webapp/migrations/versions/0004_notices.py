"""Notices by e-mail: the outbox, and what each user wants to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_WANTED = ("wants_server", "wants_feed", "wants_digest", "wants_nights")


def upgrade() -> None:
    """To this version."""
    for name in _WANTED:
        op.add_column(
            "user", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.true())
        )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=8), nullable=False),
        sa.Column("title", sa.String(length=250), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
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
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_mail_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_mail_user_id_key")),
    )
    op.create_index("ix_mail_created_at", "mail", ["created_at"], unique=False)
    op.create_index("ix_mail_state_due_at", "mail", ["state", "due_at"], unique=False)
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
    op.create_index("ix_notice_mail_id", "notice", ["mail_id"], unique=False)
    op.create_index(
        "ix_notice_untold",
        "notice",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("mail_id is null"),
        postgresql_where=sa.text("mail_id is null"),
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_table("notice")
    op.drop_table("mail")
    for name in reversed(_WANTED):
        op.drop_column("user", name)
