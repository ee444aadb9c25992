"""Rename the session stamp of users to session version."""

from alembic import op

revision = "0011_session_version"
down_revision = "0010_recount"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    op.execute('alter table "user" rename column session_stamp to session_version')


def downgrade() -> None:
    """With the former name."""
    op.execute('alter table "user" rename column session_version to session_stamp')
