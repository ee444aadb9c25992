"""Emails with a certificate to the users of its customer."""

import sqlalchemy as sa
from alembic import op

revision = "0023_certificate_emails"
down_revision = "0022_certificate_minimum"
branch_labels = None
depends_on = None

_SUBJECTS = "'server', 'feed', 'digest', 'nights', 'approval', 'access'"
_DUE = sa.text("emails_due")


def upgrade() -> None:
    """To this version. No email is due for documents that were rendered before."""
    op.add_column(
        "user",
        sa.Column("wants_certificate", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    op.add_column(
        "document",
        sa.Column("emails_due", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index(
        "ix_document_emails_due",
        "document",
        ["certificate_id"],
        sqlite_where=_DUE,
        postgresql_where=_DUE,
    )
    with op.batch_alter_table("mail") as mail:
        mail.add_column(sa.Column("certificate_id", sa.Integer(), nullable=True))
        mail.create_foreign_key(
            op.f("fk_mail_certificate_id_certificate"), "certificate", ["certificate_id"], ["id"]
        )
        mail.alter_column("subject", existing_type=sa.String(8), type_=sa.String(12))
        mail.drop_constraint(op.f("ck_mail_subject"), type_="check")
        mail.create_check_constraint(
            op.f("ck_mail_subject"), f"subject in ({_SUBJECTS}, 'certificate')"
        )


def downgrade() -> None:
    """Without these emails."""
    op.execute("delete from mail where subject = 'certificate'")
    with op.batch_alter_table("mail") as mail:
        mail.drop_constraint(op.f("ck_mail_subject"), type_="check")
        mail.create_check_constraint(op.f("ck_mail_subject"), f"subject in ({_SUBJECTS})")
        mail.alter_column("subject", existing_type=sa.String(12), type_=sa.String(8))
        mail.drop_constraint(op.f("fk_mail_certificate_id_certificate"), type_="foreignkey")
        mail.drop_column("certificate_id")
    op.drop_index("ix_document_emails_due", "document")
    op.drop_column("document", "emails_due")
    op.drop_column("user", "wants_certificate")
