"""Sessions of users as rows, in place of the session version. Users have to log in again."""

import sqlalchemy as sa
from alembic import op

revision = "0013_user_session"
down_revision = "0012_audit_actions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "user_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("network_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_user_session_user_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_user_session_token_hash")),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"])
    op.drop_column("user", "session_version")


def downgrade() -> None:
    """With session versions, which differ from all earlier ones."""
    version = sa.Column("session_version", sa.String(length=32), nullable=False, server_default="")
    op.add_column("user", version)
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    random = "lower(hex(randomblob(16)))" if is_sqlite else "md5(gen_random_uuid()::text)"
    op.execute(f'update "user" set session_version = {random}')  # nosec B608 - a constant
    with op.batch_alter_table("user") as user:
        user.alter_column("session_version", server_default=None)
    op.drop_table("user_session")
