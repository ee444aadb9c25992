"""Deposits have a kind, and certificates state the corrections they count."""

import sqlalchemy as sa
from alembic import op

revision = "0002_corrections"
down_revision = "0001_initial"
branch_labels = None
depends_on = None

_KEY = ["feed_id", "day", "counted_in"]
_PAGES_BY_KIND = "kind = 'pages' and pages >= 0 or kind = 'correction' and pages <= 0"
_LATE_PAGES = "late_pages >= 0 and late_pages <= pages - corrections"
#: SQLite makes the table anew and does not know the directions of its indexes.
_CERTIFICATE_INDEXES = {
    "ix_certificate_month": ["month desc", "account_name", "id"],
    "ix_certificate_account_name": ["account_name", "month desc", "id"],
    "ix_certificate_pages": ["pages desc", "month desc", "account_name", "id"],
}


def upgrade() -> None:
    """To this version."""
    with op.batch_alter_table("deposit") as deposit:
        deposit.add_column(
            sa.Column("kind", sa.String(length=16), server_default="pages", nullable=False)
        )
        deposit.drop_constraint(op.f("ck_deposit_pages"), type_="check")
        deposit.create_check_constraint(op.f("ck_deposit_pages"), _PAGES_BY_KIND)
        deposit.drop_constraint(op.f("pk_deposit"), type_="primary")
        deposit.create_primary_key(op.f("pk_deposit"), [*_KEY, "kind"])
    with op.batch_alter_table("certificate") as certificate:
        certificate.add_column(
            sa.Column("corrections", sa.BigInteger(), server_default="0", nullable=False)
        )
        certificate.drop_constraint(op.f("ck_certificate_late_pages"), type_="check")
        certificate.create_check_constraint(op.f("ck_certificate_late_pages"), _LATE_PAGES)
        certificate.create_check_constraint(op.f("ck_certificate_corrections"), "corrections <= 0")
    _restore_directions()


def downgrade() -> None:
    """Back; the database refuses it when it holds corrections."""
    with op.batch_alter_table("certificate") as certificate:
        certificate.drop_constraint(op.f("ck_certificate_corrections"), type_="check")
        certificate.drop_constraint(op.f("ck_certificate_late_pages"), type_="check")
        certificate.create_check_constraint(
            op.f("ck_certificate_late_pages"), "late_pages >= 0 and late_pages <= pages"
        )
        certificate.drop_column("corrections")
    _restore_directions()
    with op.batch_alter_table("deposit") as deposit:
        deposit.drop_constraint(op.f("pk_deposit"), type_="primary")
        deposit.create_primary_key(op.f("pk_deposit"), _KEY)
        deposit.drop_constraint(op.f("ck_deposit_pages"), type_="check")
        deposit.create_check_constraint(op.f("ck_deposit_pages"), "pages >= 0")
        deposit.drop_column("kind")


def _restore_directions() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name, columns in _CERTIFICATE_INDEXES.items():
            op.drop_index(name, "certificate")
            op.create_index(name, "certificate", [sa.text(column) for column in columns])
