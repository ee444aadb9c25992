"""What homes ask for at every visit: the latest events of a server, and what is not drawn yet."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_POSTGRESQL = (
    "create or replace function place_feed_event() returns trigger language plpgsql as $$ "
    "begin new.server_id := (select server_id from feed where id = new.feed_id); return new; "
    "end $$",
    "create trigger place_feed_event before insert on feed_event "
    "for each row execute function place_feed_event()",
    "create or replace function await_document() returns trigger language plpgsql as $$ "
    "begin insert into undrawn (certificate_id) values (new.id); return null; end $$",
    "create trigger await_document after insert on certificate "
    "for each row execute function await_document()",
    "create or replace function have_document() returns trigger language plpgsql as $$ "
    "begin delete from undrawn where certificate_id = new.certificate_id; return null; end $$",
    "create trigger have_document after insert on document "
    "for each row execute function have_document()",
    "create or replace function lose_document() returns trigger language plpgsql as $$ "
    "begin insert into undrawn (certificate_id) values (old.certificate_id); return null; end $$",
    "create trigger lose_document after delete on document "
    "for each row execute function lose_document()",
)
_SQLITE = (
    "create trigger place_feed_event after insert on feed_event begin "
    "update feed_event set server_id = (select server_id from feed where id = new.feed_id) "
    "where id = new.id; end",
    "create trigger await_document after insert on certificate begin "
    "insert into undrawn (certificate_id) values (new.id); end",
    "create trigger have_document after insert on document begin "
    "delete from undrawn where certificate_id = new.certificate_id; end",
    "create trigger lose_document after delete on document begin "
    "insert into undrawn (certificate_id) values (old.certificate_id); end",
)
_TRIGGERS = {
    "place_feed_event": "feed_event",
    "await_document": "certificate",
    "have_document": "document",
    "lose_document": "document",
}
_FILL = (
    "update feed_event set server_id = (select server_id from feed where id = feed_event.feed_id)",
    "insert into undrawn (certificate_id) select id from certificate "
    "where not exists (select 1 from document where certificate_id = certificate.id)",
)


#: The indexes that have the orders of lists of feeds.
_ORDERS: dict[str, list[Any]] = {
    "ix_feed_health": [sa.text("health desc"), "customer_name", "id"],
    "ix_feed_server_id_worst": ["server_id", sa.text("health desc"), "customer_name", "id"],
    "ix_feed_customer_name": ["customer_name", "id"],
}


def upgrade() -> None:
    """To this version."""
    postgresql = op.get_bind().dialect.name == "postgresql"
    # Added as it is: to make the table anew would lose its triggers, and takes long.
    op.execute(
        "alter table feed_event add column server_id integer "
        "constraint fk_feed_event_server_id_server references server (id)"
    )
    op.create_table(
        "undrawn",
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_undrawn_certificate_id_certificate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_undrawn")),
    )
    for statement in (*_FILL, *(_POSTGRESQL if postgresql else _SQLITE)):
        op.execute(statement)
    told = sa.text("kind <> 'devices_found'")
    op.create_index(
        "ix_feed_event_server_id_at",
        "feed_event",
        ["server_id", "at", "id"],
        postgresql_where=told,
        sqlite_where=told,
    )
    tied = sa.text("status <> 'removed'")
    for name, columns in _ORDERS.items():
        op.drop_index(name, "feed")
        op.create_index(name, "feed", columns, postgresql_where=tied, sqlite_where=tied)
    op.create_index("ix_feed_status", "feed", ["status", "health"])
    op.create_index("ix_user_full_name", "user", ["full_name", "id"])
    op.drop_index("ix_account_partner_id", "account")
    op.create_index("ix_account_partner_id", "account", ["partner_id", "id"])
    op.create_index("ix_server_day_counted_in", "server_day", ["counted_in"])
    failed = sa.text("outcome = 'failed'")
    op.create_index(
        "ix_outcome_failed",
        "outcome",
        ["collection_id", "feed_id"],
        postgresql_where=failed,
        sqlite_where=failed,
    )


def downgrade() -> None:
    """Back to the version before."""
    op.drop_index("ix_outcome_failed", "outcome")
    op.drop_index("ix_server_day_counted_in", "server_day")
    op.drop_index("ix_account_partner_id", "account")
    op.create_index("ix_account_partner_id", "account", ["partner_id"])
    op.drop_index("ix_user_full_name", "user")
    op.drop_index("ix_feed_status", "feed")
    for name, columns in _ORDERS.items():
        op.drop_index(name, "feed")
        op.create_index(name, "feed", columns)
    op.drop_index("ix_feed_event_server_id_at", "feed_event")
    for name, table in _TRIGGERS.items():
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"drop trigger {name} on {table}")
            op.execute(f"drop function {name}")
        else:
            op.execute(f"drop trigger {name}")
    op.drop_table("undrawn")
    op.drop_column("feed_event", "server_id")
