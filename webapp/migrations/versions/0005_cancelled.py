"""Collections that a person cancelled."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None



def upgrade() -> None:
    """To this version."""
    with op.batch_alter_table("collection") as batch:
        batch.drop_constraint(op.f("ck_collection_state"), type_="check")
        batch.create_check_constraint(
            op.f("ck_collection_state"), "state in ('queued', 'running', 'finished', 'failed', 'cancelled')"
        )
    # In words of SQL, for Alembic would have SQLite copy the whole table for a foreign key.
    op.execute(
        "alter table collection add column cancelled_by integer "
        "constraint fk_collection_cancelled_by_user references \"user\" (id)"
    )


def downgrade() -> None:
    """Back to the version before; what was cancelled counts as failed."""
    op.execute("update collection set state = 'failed' where state = 'cancelled'")
    with op.batch_alter_table("collection") as batch:
        batch.drop_constraint(op.f("fk_collection_cancelled_by_user"), type_="foreignkey")
        batch.drop_column("cancelled_by")
        batch.drop_constraint(op.f("ck_collection_state"), type_="check")
        batch.create_check_constraint(
            op.f("ck_collection_state"), "state in ('queued', 'running', 'finished', 'failed')"
        )
