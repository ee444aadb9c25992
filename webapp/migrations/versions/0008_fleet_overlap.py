"""Store the serial numbers of fleets, overlaps of servers and which servers await approval."""

import sqlalchemy as sa
from alembic import op

revision = "0008_fleet_overlap"
down_revision = "0007_suggested_interval"
branch_labels = None
depends_on = None

_SUBJECTS = ("server", "feed", "digest", "nights")


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "fleet_serial",
        sa.Column("server_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("serial", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("server_id", "serial", name=op.f("pk_fleet_serial")),
    )
    op.create_index("ix_fleet_serial_serial", "fleet_serial", ["serial", "server_id"])
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "server_overlap",
        sa.Column("server_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("other_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("found_at", moment, nullable=False),
        sa.Column("approved_at", moment, nullable=True),
        sa.CheckConstraint("server_id <> other_id", name=op.f("ck_server_overlap_of_two")),
        sa.PrimaryKeyConstraint("server_id", "other_id", name=op.f("pk_server_overlap")),
    )
    op.create_index("ix_server_overlap_other_id", "server_overlap", ["other_id"])
    op.add_column("server", sa.Column("fleet_since", moment, nullable=True))
    op.add_column("server", sa.Column("awaiting_approval_since", moment, nullable=True))
    op.add_column(
        "user",
        sa.Column("wants_approval", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    _set_subjects((*_SUBJECTS, "approval"))


def downgrade() -> None:
    """Back to the version before."""
    op.execute("delete from mail where subject = 'approval'")
    _set_subjects(_SUBJECTS)
    op.drop_column("user", "wants_approval")
    op.drop_column("server", "awaiting_approval_since")
    op.drop_column("server", "fleet_since")
    op.drop_table("server_overlap")
    op.drop_table("fleet_serial")


def _set_subjects(subjects: tuple[str, ...]) -> None:
    condition = "subject in (" + ", ".join(f"'{subject}'" for subject in subjects) + ")"
    name = op.f("ck_mail_subject")
    with op.batch_alter_table("mail") as batch:
        batch.drop_constraint(name, type_="check")
        batch.create_check_constraint(name, condition)
