"""The orders in which certificates are listed."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    latest_first = sa.text("month desc")
    op.create_index("ix_certificate_account_name", "certificate", ["account_name", latest_first, "id"])
    op.create_index("ix_certificate_pages", "certificate", [sa.text("pages desc"), latest_first, "account_name", "id"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_certificate_pages", "certificate")
    op.drop_index("ix_certificate_account_name", "certificate")
