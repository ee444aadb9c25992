"""Chain the entries of the audit trail by hashes."""

import sqlalchemy as sa
from alembic import op

revision = "0016_audit_chain"
down_revision = "0015_user_email"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. The entries are chained by the job that chains new ones."""
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_chain_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_chain")),
    )
    op.add_column("audit_entry", sa.Column("prev_hash", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_audit_entry_prev_hash"), "audit_entry", ["prev_hash"], unique=True)
    op.add_column(
        "reconciliation",
        sa.Column("audit_complete", sa.Boolean(), nullable=False, server_default=sa.true()),
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_column("reconciliation", "audit_complete")
    op.drop_index(op.f("ix_audit_entry_prev_hash"), "audit_entry")
    op.drop_column("audit_entry", "prev_hash")
    op.drop_table("audit_chain")
