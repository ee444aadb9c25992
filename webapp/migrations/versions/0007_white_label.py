"""White label: a name, a colour and a logo for each partner."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BEARERS = ("certificate", "mail")


def upgrade() -> None:
    """To this version."""
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
    op.create_index("ix_brand_logo_digest", "brand", ["logo_digest"], unique=False)
    # In words of SQL, for Alembic would have SQLite copy the whole table for a foreign key.
    for table in _BEARERS:
        op.execute(
            f"alter table {table} add column logo_digest varchar(64) "
            f"constraint fk_{table}_logo_digest_logo references logo (digest)"
        )


def downgrade() -> None:
    """Back to the version before; the documents that were drawn keep their logos."""
    for table in _BEARERS:
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f"fk_{table}_logo_digest_logo"), type_="foreignkey")
            batch.drop_column("logo_digest")
    op.drop_table("brand")
    op.drop_table("logo")
