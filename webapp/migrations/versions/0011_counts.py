"""What every page asks for: the gains that wait at a server, and the customers of a partner."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Gains that are held are few: of the others the triggers are not even called. A customer stays
# with its partner, so that there is nothing to keep when an account is changed.
_POSTGRESQL = (
    "create or replace function place_held() returns trigger language plpgsql as $$ "
    "begin new.server_id := (select server_id from feed where id = new.feed_id); return new; "
    "end $$",
    "create trigger place_held before insert or update of state, feed_id on delta "
    "for each row when (new.state = 'held') execute function place_held()",
    "create or replace function count_customers_insert() returns trigger language plpgsql as $$ "
    "begin update account set customers = account.customers + changes.number "
    "from (select partner_id, count(*) as number from new_rows where partner_id is not null "
    "group by partner_id order by partner_id) as changes "
    "where account.id = changes.partner_id; return null; end $$",
    "create trigger count_customers_insert after insert on account "
    "referencing new table as new_rows "
    "for each statement execute function count_customers_insert()",
    "create or replace function count_customers_delete() returns trigger language plpgsql as $$ "
    "begin update account set customers = account.customers - changes.number "
    "from (select partner_id, count(*) as number from old_rows where partner_id is not null "
    "group by partner_id order by partner_id) as changes "
    "where account.id = changes.partner_id; return null; end $$",
    "create trigger count_customers_delete after delete on account "
    "referencing old table as old_rows "
    "for each statement execute function count_customers_delete()",
)
_PLACE = (
    "when new.state = 'held' begin update delta "
    "set server_id = (select server_id from feed where id = new.feed_id) where id = new.id; end"
)
_SQLITE = (
    f"create trigger place_held_insert after insert on delta {_PLACE}",
    f"create trigger place_held_update after update of state, feed_id on delta {_PLACE}",
    "create trigger count_customers_insert after insert on account "
    "when new.partner_id is not null begin "
    "update account set customers = customers + 1 where id = new.partner_id; end",
    "create trigger count_customers_delete after delete on account "
    "when old.partner_id is not null begin "
    "update account set customers = customers - 1 where id = old.partner_id; end",
)
_FILL = (
    "update delta set server_id = (select server_id from feed where id = delta.feed_id) "
    "where state = 'held'",
    "update account set customers = "
    "(select count(*) from account as customer where customer.partner_id = account.id) "
    "where partner_id is null",
)
_HELD = sa.text("state = 'held'")


def upgrade() -> None:
    """To this version."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    # Added as they are: to make the tables anew would lose their triggers.
    op.execute(
        "alter table delta add column server_id integer "
        "constraint fk_delta_server_id_server references server (id)"
    )
    op.execute("alter table account add column customers integer not null default 0")
    for statement in (*_FILL, *(_POSTGRESQL if postgresql else _SQLITE)):
        op.execute(statement)
    op.create_index(
        "ix_delta_held_server_id",
        "delta",
        ["server_id"],
        postgresql_where=_HELD,
        sqlite_where=_HELD,
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index("ix_delta_held_server_id", "delta")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop trigger place_held on delta")
        for event in ("insert", "delete"):
            op.execute(f"drop trigger count_customers_{event} on account")
            op.execute(f"drop function count_customers_{event}")
        op.execute("drop function place_held")
    else:
        for event in ("insert", "update"):
            op.execute(f"drop trigger place_held_{event}")
        for event in ("insert", "delete"):
            op.execute(f"drop trigger count_customers_{event}")
    op.drop_column("account", "customers")
    op.drop_column("delta", "server_id")
