"""Counts that pages tell again and again: of feeds by server, of outcomes by collection."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ADD = (
    "on conflict (server_id) do update set feeds = server_feeds.feeds + excluded.feeds, "
    "devices = server_feeds.devices + excluded.devices"
)
_SUMS = "sum(case when status <> 'removed' then {number} else 0 end)"
_FILL = (
    "insert into server_feeds (server_id, feeds, devices) "
    f"select server_id, {_SUMS.format(number=1)}, {_SUMS.format(number='devices')} "
    "from feed group by server_id"
)
# Health changes every day, these two seldom: of most changes no trigger is even called.
_CHANGES = (
    "(old.status = 'removed') <> (new.status = 'removed') or old.devices <> new.devices"
)
_FUNCTION = (
    "create or replace function count_feeds_{event}() returns trigger language plpgsql as $$ "
    "begin insert into server_feeds (server_id, feeds, devices) {rows} " + _ADD + "; "
    "return null; end $$"
)
_OF_ALL = (
    "select server_id, {sign}sum(case when status <> 'removed' then 1 else 0 end), "
    "{sign}sum(case when status <> 'removed' then devices else 0 end) "
    "from {rows} group by server_id order by server_id"
)
_OF_ROW = (
    "values ({row}.server_id, {sign}(case when {row}.status <> 'removed' then 1 else 0 end), "
    "{sign}(case when {row}.status <> 'removed' then {row}.devices else 0 end))"
)
_OF_CHANGE = (
    "values (new.server_id, "
    "(case when new.status <> 'removed' then 1 else 0 end)"
    " - (case when old.status <> 'removed' then 1 else 0 end), "
    "(case when new.status <> 'removed' then new.devices else 0 end)"
    " - (case when old.status <> 'removed' then old.devices else 0 end))"
)
_POSTGRESQL = (
    _FUNCTION.format(event="insert", rows=_OF_ALL.format(sign="", rows="new_rows")),
    "create trigger count_feeds_insert after insert on feed referencing new table as new_rows "
    "for each statement execute function count_feeds_insert()",
    _FUNCTION.format(event="delete", rows=_OF_ALL.format(sign="-", rows="old_rows")),
    "create trigger count_feeds_delete after delete on feed referencing old table as old_rows "
    "for each statement execute function count_feeds_delete()",
    _FUNCTION.format(event="update", rows=_OF_CHANGE),
    "create trigger count_feeds_update after update of status, devices on feed "
    f"for each row when ({_CHANGES}) execute function count_feeds_update()",
)
_INSERT = "begin insert into server_feeds (server_id, feeds, devices) {rows} " + _ADD + "; end"
_SQLITE = (
    "create trigger count_feeds_insert after insert on feed "
    + _INSERT.format(rows=_OF_ROW.format(row="new", sign="")),
    "create trigger count_feeds_delete after delete on feed "
    + _INSERT.format(rows=_OF_ROW.format(row="old", sign="-")),
    f"create trigger count_feeds_update after update of status, devices on feed when {_CHANGES} "
    + _INSERT.format(rows=_OF_CHANGE),
)
# Each customer of a collection is written by itself; one that failed may be written again.
_OUTCOME_ADD = (
    "on conflict (collection_id, outcome) do update set "
    "customers = collection_outcome.customers + excluded.customers, "
    "pages = collection_outcome.pages + excluded.pages"
)
_OUTCOME_PARTS = {
    "insert": "select new.collection_id, new.outcome, 1, new.pages",
    "delete": "select old.collection_id, old.outcome, -1, -old.pages",
    # In one order, so that two transactions wait for each other rather than deadlock.
    "update": "select collection_id, outcome, sum(customers), sum(pages) from ("
    "select old.collection_id as collection_id, old.outcome as outcome, -1 as customers, "
    "-old.pages as pages union all "
    "select new.collection_id, new.outcome, 1, new.pages) as changes "
    "group by collection_id, outcome order by collection_id, outcome",
}
_OUTCOME_FILL = (
    "insert into collection_outcome (collection_id, outcome, customers, pages) "
    "select collection_id, outcome, count(*), sum(pages) from outcome "
    "group by collection_id, outcome"
)


def _count_outcomes(event: str, *, postgresql: bool) -> tuple[str, ...]:
    """What counts the outcomes of a collection at an event."""
    # SQLite would take "on" for the join of a select without a condition.
    rows = _OUTCOME_PARTS[event] + (" where true " if event != "update" else " ")
    insert = f"insert into collection_outcome (collection_id, outcome, customers, pages) {rows}"
    trigger = f"create trigger count_outcomes_{event} after {event} on outcome "
    if not postgresql:
        return (f"{trigger}begin {insert}{_OUTCOME_ADD}; end",)
    return (
        f"create or replace function count_outcomes_{event}() returns trigger "
        f"language plpgsql as $$ begin {insert}{_OUTCOME_ADD}; return null; end $$",
        f"{trigger}for each row execute function count_outcomes_{event}()",
    )


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "server_feeds",
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("feeds", sa.Integer(), nullable=False),
        sa.Column("devices", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["server.id"], name=op.f("fk_server_feeds_server_id_server")
        ),
        sa.PrimaryKeyConstraint("server_id", name=op.f("pk_server_feeds")),
    )
    op.create_table(
        "collection_outcome",
        sa.Column("collection_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_collection_outcome_collection_id_collection"),
        ),
        sa.PrimaryKeyConstraint("collection_id", "outcome", name=op.f("pk_collection_outcome")),
    )
    op.execute(_FILL)
    op.execute(_OUTCOME_FILL)
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRESQL if postgresql else _SQLITE:
        op.execute(statement)
    for event in _OUTCOME_PARTS:
        for statement in _count_outcomes(event, postgresql=postgresql):
            op.execute(statement)


def downgrade() -> None:
    """Back to the version before."""
    for event in ("insert", "update", "delete"):
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"drop trigger count_feeds_{event} on feed")
            op.execute(f"drop function count_feeds_{event}")
            op.execute(f"drop trigger count_outcomes_{event} on outcome")
            op.execute(f"drop function count_outcomes_{event}")
        else:
            op.execute(f"drop trigger count_feeds_{event}")
            op.execute(f"drop trigger count_outcomes_{event}")
    op.drop_table("collection_outcome")
    op.drop_table("server_feeds")
