"""Indexes for searches of certificates, where the extension pg_trgm is there."""

from alembic import op

revision = "0019_certificate_search"
down_revision = "0018_profile"
branch_labels = None
depends_on = None

_COLUMNS = ("number", "account_name")


def upgrade() -> None:
    """To this version."""
    if op.get_bind().dialect.name != "postgresql":
        return
    found = op.get_bind().exec_driver_sql("select 1 from pg_extension where extname = 'pg_trgm'")
    if found.first() is None:
        return
    for column in _COLUMNS:
        op.execute(
            f"create index ix_certificate_{column}_pieces "
            f"on certificate using gin ({column} gin_trgm_ops)"
        )


def downgrade() -> None:
    """Without the indexes."""
    if op.get_bind().dialect.name == "postgresql":
        for column in _COLUMNS:
            op.execute(f"drop index if exists ix_certificate_{column}_pieces")
