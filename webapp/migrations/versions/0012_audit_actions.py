"""Rename actions of the audit trail to standard terms."""

import sqlalchemy as sa
from alembic import op

revision = "0012_audit_actions"
down_revision = "0011_session_version"
branch_labels = None
depends_on = None

_RENAMED = (
    ("collection asked for", "collection requested"),
    ("feeds tied", "feeds connected"),
    ("held pages decided", "deltas reviewed"),
    ("held pages reopened", "review reopened"),
    ("mail sent again", "email resent"),
    ("naming changed", "name sharing changed"),
    ("tokens resealed", "tokens re-encrypted"),
    ("user took the invitation", "invitation accepted"),
)

_audit_entry = sa.table("audit_entry", sa.column("action", sa.String))


def upgrade() -> None:
    """Use the new names in stored entries."""
    for former, present in _RENAMED:
        _rename(former, present)


def downgrade() -> None:
    """Use the former names in stored entries."""
    for former, present in _RENAMED:
        _rename(present, former)


def _rename(before: str, after: str) -> None:
    op.execute(
        _audit_entry.update()
        .where(_audit_entry.c.action == before)
        .values(action=after)
    )
