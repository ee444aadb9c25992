"""Emails of users unique within an account, no longer within the service."""

from alembic import op

revision = "0015_user_email"
down_revision = "0014_confirmed_at"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    with op.batch_alter_table("user") as user:
        user.drop_constraint(op.f("uq_user_email"), type_="unique")
        user.create_unique_constraint(op.f("uq_user_email_account_id"), ["email", "account_id"])


def downgrade() -> None:
    """With one user for each email; fails if there are several."""
    with op.batch_alter_table("user") as user:
        user.drop_constraint(op.f("uq_user_email_account_id"), type_="unique")
        user.create_unique_constraint(op.f("uq_user_email"), ["email"])
