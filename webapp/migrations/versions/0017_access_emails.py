"""Emails with a link to choose a password."""

from alembic import op

revision = "0017_access_emails"
down_revision = "0016_audit_chain"
branch_labels = None
depends_on = None

_SUBJECTS = "'server', 'feed', 'digest', 'nights', 'approval'"


def upgrade() -> None:
    """To this version."""
    _allow_subjects(f"{_SUBJECTS}, 'access'")


def downgrade() -> None:
    """Without these emails."""
    op.execute("delete from mail where subject = 'access'")
    _allow_subjects(_SUBJECTS)


def _allow_subjects(subjects: str) -> None:
    with op.batch_alter_table("mail") as table:
        table.drop_constraint(op.f("ck_mail_subject"), type_="check")
        table.create_check_constraint(op.f("ck_mail_subject"), f"subject in ({subjects})")
