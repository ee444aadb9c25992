"""Equivalents of pages, in water and CO2, with their sources."""

import sqlalchemy as sa
from alembic import op

revision = "0024_equivalents"
down_revision = "0023_certificate_emails"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "equivalent",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("per_thousand", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind in ('water', 'co2')", name=op.f("ck_equivalent_kind")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_equivalent")),
    )


def downgrade() -> None:
    """Without the table."""
    op.drop_table("equivalent")
