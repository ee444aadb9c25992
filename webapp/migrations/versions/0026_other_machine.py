"""Rename the key of another machine in stored device states."""

from alembic import op

revision = "0026_other_machine"
down_revision = "0025_saved_view"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Use the new name in states that have the key."""
    _rename("stranger", "other_machine")


def downgrade() -> None:
    """Use the former name in states that have the key."""
    _rename("other_machine", "stranger")


def _rename(before: str, after: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "update device set state = cast(cast(state as jsonb) - '{0}'"
            " || jsonb_build_object('{1}', state -> '{0}') as json)"
            " where state -> '{0}' is not null".format(before, after)
        )
    else:
        op.execute(
            "update device set state = json_remove("
            "json_set(state, '$.{1}', json_extract(state, '$.{0}')), '$.{0}')"
            " where json_extract(state, '$.{0}') is not null".format(before, after)
        )
