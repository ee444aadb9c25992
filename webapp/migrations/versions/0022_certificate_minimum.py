"""The minimum of a partner's certificates, and pages that are carried to the next one."""

import sqlalchemy as sa
from alembic import op

revision = "0022_certificate_minimum"
down_revision = "0021_mail_purpose"
branch_labels = None
depends_on = None

_CARRIED_PAGES = "carried_pages >= 0 and carried_pages <= pages - corrections"
#: SQLite makes the table anew and does not know the directions of its indexes.
_CERTIFICATE_INDEXES = {
    "ix_certificate_month": ["month desc", "account_name", "id"],
    "ix_certificate_account_name": ["account_name", "month desc", "id"],
    "ix_certificate_pages": ["pages desc", "month desc", "account_name", "id"],
}


def upgrade() -> None:
    """To this version."""
    op.add_column("account", sa.Column("minimum_pages", sa.Integer(), nullable=True))
    op.add_column("closed_month", sa.Column("certified_in", sa.String(length=7), nullable=True))
    op.execute("update closed_month set certified_in = month")  # no month was carried
    with op.batch_alter_table("certificate") as certificate:
        certificate.add_column(
            sa.Column("carried_pages", sa.BigInteger(), server_default="0", nullable=False)
        )
        certificate.add_column(sa.Column("carried_since", sa.String(length=7), nullable=True))
        certificate.create_check_constraint(op.f("ck_certificate_carried_pages"), _CARRIED_PAGES)
    _restore_directions()


def downgrade() -> None:
    """Back; months that are carried then have no certificate."""
    with op.batch_alter_table("certificate") as certificate:
        certificate.drop_constraint(op.f("ck_certificate_carried_pages"), type_="check")
        certificate.drop_column("carried_since")
        certificate.drop_column("carried_pages")
    _restore_directions()
    op.drop_column("closed_month", "certified_in")
    op.drop_column("account", "minimum_pages")


def _restore_directions() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name, columns in _CERTIFICATE_INDEXES.items():
            op.drop_index(name, "certificate")
            op.create_index(name, "certificate", [sa.text(column) for column in columns])
