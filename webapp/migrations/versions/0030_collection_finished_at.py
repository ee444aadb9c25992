"""Find the collections of a server that finished after its last connection."""

from alembic import op

revision = "0030_collection_finished_at"
down_revision = "0029_encrypted_token"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index the collections of a server by their end."""
    op.create_index(
        "ix_collection_server_id_finished_at", "collection", ["server_id", "finished_at"]
    )
    op.drop_index("ix_collection_server_id", "collection")


def downgrade() -> None:
    """Index them by server only."""
    op.create_index("ix_collection_server_id", "collection", ["server_id"])
    op.drop_index("ix_collection_server_id_finished_at", "collection")
