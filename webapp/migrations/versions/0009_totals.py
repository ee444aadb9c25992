"""Totals that the database keeps by itself, and indexes for lists of a hundred thousand rows."""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_FILL = (
    "insert into feed_month (feed_id, counted_in, pages) "
    "select feed_id, counted_in, sum(pages) from deposit group by feed_id, counted_in",
    "insert into server_day (server_id, day, counted_in, pages) "
    "select feed.server_id, deposit.day, deposit.counted_in, sum(deposit.pages) "
    "from deposit join feed on feed.id = deposit.feed_id "
    "group by feed.server_id, deposit.day, deposit.counted_in",
    "insert into partner_month (partner_id, month, certificates, pages) "
    "select account.partner_id, certificate.month, count(*), sum(certificate.pages) "
    "from certificate join account on account.id = certificate.account_id "
    "where account.partner_id is not null group by account.partner_id, certificate.month",
    "update feed set devices = (select count(*) from device where device.feed_id = feed.id)",
)

# PostgreSQL sums all rows of a statement at once, and in one order, so that two transactions wait
# for each other rather than deadlock.
_POSTGRESQL_CHANGES = {
    "insert": "select feed_id, day, counted_in, pages from new_rows",
    "update": "select feed_id, day, counted_in, pages from new_rows "
    "union all select feed_id, day, counted_in, -pages from old_rows",
    "delete": "select feed_id, day, counted_in, -pages from old_rows",
}
_POSTGRESQL_ROWS = {
    "insert": "new table as new_rows",
    "update": "old table as old_rows new table as new_rows",
    "delete": "old table as old_rows",
}
_POSTGRESQL_DEPOSITS = """
create or replace function total_deposits_{event}() returns trigger language plpgsql as $$
begin
  insert into feed_month (feed_id, counted_in, pages)
    select feed_id, counted_in, sum(pages) from ({changes}) as changes (feed_id, day, counted_in, pages)
    group by feed_id, counted_in order by feed_id, counted_in
    on conflict (feed_id, counted_in) do update set pages = feed_month.pages + excluded.pages;
  insert into server_day (server_id, day, counted_in, pages)
    select feed.server_id, changes.day, changes.counted_in, sum(changes.pages)
    from ({changes}) as changes (feed_id, day, counted_in, pages)
    join feed on feed.id = changes.feed_id
    group by feed.server_id, changes.day, changes.counted_in
    order by feed.server_id, changes.day, changes.counted_in
    on conflict (server_id, day, counted_in) do update
    set pages = server_day.pages + excluded.pages;
  return null;
end $$
"""
_POSTGRESQL_DEVICES = """
create or replace function total_devices_{event}() returns trigger language plpgsql as $$
begin
  update feed set devices = feed.devices {sign} changes.number
  from (select feed_id, count(*) as number from {rows} group by feed_id order by feed_id) as changes
  where feed.id = changes.feed_id;
  return null;
end $$
"""
_POSTGRESQL_CERTIFICATES = """
create or replace function total_certificates() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    update partner_month set certificates = certificates - 1, pages = partner_month.pages - old.pages
    where month = old.month
    and partner_id = (select partner_id from account where id = old.account_id);
  end if;
  if tg_op <> 'DELETE' then
    insert into partner_month (partner_id, month, certificates, pages)
      select partner_id, new.month, 1, new.pages from account
      where id = new.account_id and partner_id is not null
      on conflict (partner_id, month) do update
      set certificates = partner_month.certificates + 1,
          pages = partner_month.pages + excluded.pages;
  end if;
  return null;
end $$
"""

_SQLITE_ADD = """
  insert into feed_month (feed_id, counted_in, pages)
    values ({row}.feed_id, {row}.counted_in, {sign}{row}.pages)
    on conflict (feed_id, counted_in) do update set pages = pages + excluded.pages;
  insert into server_day (server_id, day, counted_in, pages)
    select server_id, {row}.day, {row}.counted_in, {sign}{row}.pages
    from feed where id = {row}.feed_id
    on conflict (server_id, day, counted_in) do update set pages = pages + excluded.pages;
"""
_SQLITE_CERTIFIED = """
  insert into partner_month (partner_id, month, certificates, pages)
    select partner_id, {row}.month, {sign}1, {sign}{row}.pages from account
    where id = {row}.account_id and partner_id is not null
    on conflict (partner_id, month) do update
    set certificates = certificates + excluded.certificates, pages = pages + excluded.pages;
"""
_TRIGGERS = ("deposit", "device", "certificate")


def upgrade() -> None:
    """To this version."""
    op.create_table(
        "feed_month",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("counted_in", sa.String(length=7), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_feed_month_feed_id_feed")),
        sa.PrimaryKeyConstraint("feed_id", "counted_in", name=op.f("pk_feed_month")),
    )
    op.create_table(
        "server_day",
        sa.Column("server_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_in", sa.String(length=7), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["server.id"], name=op.f("fk_server_day_server_id_server")
        ),
        sa.PrimaryKeyConstraint("server_id", "day", "counted_in", name=op.f("pk_server_day")),
    )
    op.create_table(
        "partner_month",
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("certificates", sa.Integer(), nullable=False),
        sa.Column("pages", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["account.id"], name=op.f("fk_partner_month_partner_id_account")
        ),
        sa.PrimaryKeyConstraint("partner_id", "month", name=op.f("pk_partner_month")),
    )
    op.add_column("feed", sa.Column("devices", sa.Integer(), nullable=False, server_default="0"))
    for statement in _FILL:
        op.execute(statement)
    if op.get_bind().dialect.name == "postgresql":
        _keep_in_postgresql()
        _find_in_postgresql()
    else:
        _keep_in_sqlite()
    op.create_index("ix_feed_server_id_health", "feed", ["server_id", "status", "health"])
    op.create_index("ix_device_asset_id", "device", ["asset_id", "serial_number", "id"])
    latest = sa.text("month desc")
    op.create_index("ix_certificate_month", "certificate", [latest, "account_name", "id"])
    worst = sa.text("health desc")
    op.create_index("ix_feed_health", "feed", [worst, "customer_name", "id"])
    op.create_index("ix_feed_server_id_worst", "feed", ["server_id", worst, "customer_name", "id"])
    op.create_index("ix_feed_customer_name", "feed", ["customer_name", "id"])
    op.create_index("ix_feed_server_id_name", "feed", ["server_id", "customer_name", "id"])
    op.create_index("ix_feed_event_at", "feed_event", ["at", "id"])
    op.create_index("ix_collection_queued_at", "collection", ["queued_at", "id"])
    held = sa.text("state = 'held'")
    op.create_index(
        "ix_delta_held", "delta", ["feed_id"], postgresql_where=held, sqlite_where=held
    )


def downgrade() -> None:
    """Back to the version before."""
    for name, table in (
        ("ix_delta_held", "delta"),
        ("ix_collection_queued_at", "collection"),
        ("ix_feed_event_at", "feed_event"),
        ("ix_feed_server_id_name", "feed"),
        ("ix_feed_customer_name", "feed"),
        ("ix_feed_server_id_worst", "feed"),
        ("ix_feed_health", "feed"),
        ("ix_certificate_month", "certificate"),
        ("ix_device_asset_id", "device"),
        ("ix_feed_server_id_health", "feed"),
    ):
        op.drop_index(name, table)
    if op.get_bind().dialect.name == "postgresql":
        for name in _TRIGRAMS:
            op.execute(f"drop index if exists {name}")
        for event in ("insert", "update", "delete"):
            op.execute(f"drop function total_deposits_{event} cascade")
        for event in ("insert", "delete"):
            op.execute(f"drop function total_devices_{event} cascade")
        op.execute("drop function total_certificates cascade")
    else:
        for table in _TRIGGERS:
            for event in ("insert", "update", "delete"):
                op.execute(f"drop trigger if exists total_{table}_{event}")
    op.drop_column("feed", "devices")
    for table in ("partner_month", "server_day", "feed_month"):
        op.drop_table(table)


def _keep_in_postgresql() -> None:
    for event, changes in _POSTGRESQL_CHANGES.items():
        op.execute(_POSTGRESQL_DEPOSITS.format(event=event, changes=changes))
        op.execute(
            f"create trigger total_deposit_{event} after {event} on deposit "
            f"referencing {_POSTGRESQL_ROWS[event]} "
            f"for each statement execute function total_deposits_{event}()"
        )
    for event, sign, rows in (("insert", "+", "new_rows"), ("delete", "-", "old_rows")):
        op.execute(_POSTGRESQL_DEVICES.format(event=event, sign=sign, rows=rows))
        op.execute(
            f"create trigger total_device_{event} after {event} on device "
            f"referencing {_POSTGRESQL_ROWS[event]} "
            f"for each statement execute function total_devices_{event}()"
        )
    op.execute(_POSTGRESQL_CERTIFICATES)
    op.execute(
        "create trigger total_certificate after insert or update or delete on certificate "
        "for each row execute function total_certificates()"
    )


def _keep_in_sqlite() -> None:
    new, old = {"row": "new", "sign": ""}, {"row": "old", "sign": "-"}
    for event, parts in (("insert", [new]), ("update", [old, new]), ("delete", [old])):
        for table, words in (("deposit", _SQLITE_ADD), ("certificate", _SQLITE_CERTIFIED)):
            body = "".join(words.format(**part) for part in parts)
            op.execute(
                f"create trigger total_{table}_{event} after {event} on {table} begin {body} end"
            )
    for event, row, sign in (("insert", "new", "+"), ("delete", "old", "-")):
        op.execute(
            f"create trigger total_device_{event} after {event} on device begin "
            f"update feed set devices = devices {sign} 1 where id = {row}.feed_id; end"
        )


#: Columns that are searched for a piece of them.
_TRIGRAMS = {
    "ix_device_asset_id_pieces": ("device", "asset_id"),
    "ix_device_serial_number_pieces": ("device", "serial_number"),
    "ix_feed_customer_name_pieces": ("feed", "customer_name"),
    "ix_feed_customer_id_pieces": ("feed", "customer_id"),
    "ix_account_name_pieces": ("account", "name"),
}


def _find_in_postgresql() -> None:
    """Indexes for search as one types; without the extension it works, but reads every row."""
    connection = op.get_bind()
    with connection.begin_nested() as attempt:
        try:
            connection.exec_driver_sql("create extension if not exists pg_trgm")
        except sa.exc.DBAPIError as error:
            attempt.rollback()
            logging.getLogger("releaf.database").warning(
                "searches will be slow on large databases: the extension pg_trgm cannot be made "
                "(%s); have the database's owner create it, then see migration 0009",
                str(error.orig).partition("\n")[0],
            )
            return
    for name, (table, column) in _TRIGRAMS.items():
        op.execute(f"create index {name} on {table} using gin ({column} gin_trgm_ops)")
