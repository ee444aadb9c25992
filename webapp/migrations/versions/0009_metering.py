"""Metering by device states: the state of each device, decided deltas, rows for retries.

Deposits are not derived again. A device's state is made from its figures; what its deltas were
allocated to is worked out once more, by the calendar of its account, and stored.
"""

from collections import defaultdict
from collections.abc import Container, Iterator
from datetime import date, timedelta
from typing import Any

import holidays
import sqlalchemy as sa
from alembic import op

revision = "0009_metering"
down_revision = "0008_fleet_overlap"
branch_labels = None
depends_on = None

_KINDS = (
    "'devices_found', 'device_added', 'asset_edited', 'awaiting_baseline', 'baseline', "
    "'counts_from_zero', 'incomplete', 'complete_again', 'set_switched', 'member_joined', "
    "'fell', 'misread', 'small_fall', 'spike', 'reset', 'restored', 'held', 'resolved', "
    "'decided', 'away', 'serial_known', 'does_not_continue', 'disputed', 'copy', "
    "'two_machines', 'moved_in', 'moved_away', 'gone', 'returned', 'customer_gone', "
    "'customer_returned', 'customer_renamed', 'read_again', 'recovered', 'read_by_hand', "
    "'reactivated', 'successor_found', 'relinked'"
)
_DELTA_KINDS = (
    "'ordinary', 'limit', 'near_lifetime', 'physical', 'first_count', 'joined',"
    " 'roll_over', 'restored'"
)
_DELTA_STATES = (
    "'counted', 'held', 'accepted', 'adjusted', 'rejected', 'reset', 'dropped',"
    " 'withdrawn', 'baseline'"
)
_KIND_OF_REASON = {"roll_over": "roll_over", "restoration": "restored"}


def upgrade() -> None:
    """To this version."""
    _change_events()
    _change_outcomes()
    _add_columns()
    _fill()
    _finish_columns()


def downgrade() -> None:
    """States cannot be turned back into the figures of before."""
    raise NotImplementedError("restore the backup that was made before the upgrade")


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _change_events() -> None:
    with op.batch_alter_table("feed_event") as table:
        table.drop_constraint(op.f("ck_feed_event_kind"), type_="check")
    op.execute("update feed_event set kind = 'set_switched' where kind = 'family_changed'")
    with op.batch_alter_table("feed_event") as table:
        table.create_check_constraint(op.f("ck_feed_event_kind"), f"kind in ({_KINDS})")


def _change_outcomes() -> None:
    with op.batch_alter_table("outcome") as table:
        for name in ("incomplete", "duplicates"):
            table.add_column(sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "retry_rows",
        sa.Column("collection_id", sa.Integer(), nullable=False),
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_retry_rows_collection_id_collection"),
        ),
        sa.ForeignKeyConstraint(["feed_id"], ["feed.id"], name=op.f("fk_retry_rows_feed_id_feed")),
        sa.PrimaryKeyConstraint("collection_id", "feed_id", name=op.f("pk_retry_rows")),
    )


def _add_columns() -> None:
    with op.batch_alter_table("device") as table:
        table.drop_constraint(op.f("uq_device_feed_id_asset_id_serial_number"), type_="unique")
        table.drop_constraint(op.f("ck_device_identity"), type_="check")
        table.alter_column(
            "family",
            new_column_name="counter_set",
            existing_type=sa.String(16),
            existing_nullable=False,
            nullable=True,
        )
        table.add_column(sa.Column("serial_key", sa.String(200), nullable=True))
        table.add_column(sa.Column("incomplete_since", sa.Date(), nullable=True))
        table.add_column(sa.Column("state", sa.JSON(), nullable=True))
    with op.batch_alter_table("reading") as table:
        table.alter_column(
            "family",
            new_column_name="counter_set",
            existing_type=sa.String(16),
            existing_nullable=False,
        )
        table.add_column(sa.Column("feed_id", sa.Integer(), nullable=True))
    with op.batch_alter_table("delta") as table:
        table.drop_index("ix_delta_device_id_day")
        for constraint in ("adjusted", "held_for", "state", "days"):
            table.drop_constraint(op.f(f"ck_delta_{constraint}"), type_="check")
        for name, kind in _NEW_OF_DELTA:
            table.add_column(sa.Column(name, kind, nullable=True))


_NEW_OF_DELTA: tuple[tuple[str, Any], ...] = (
    ("number", sa.Integer()),
    ("before", sa.BigInteger()),
    ("top", sa.BigInteger()),
    ("days", sa.Integer()),
    ("kind", sa.String(16)),
    ("counted", sa.BigInteger()),
    ("allocation", sa.JSON()),
    ("era", sa.Integer()),
    ("for_person", sa.Boolean()),
    ("resumes", sa.String(16)),
    ("resumes_counted", sa.BigInteger()),
    ("confirmations", sa.Integer()),
    ("confirmed_pages", sa.BigInteger()),
    ("evidence", sa.JSON()),
    ("resolved_by", sa.String(16)),
)
_NULLABLE = ("resumes", "resolved_by")


def _finish_columns() -> None:
    with op.batch_alter_table("device") as table:
        for name in ("fallen_count", "fallen_on", "earlier_count", "earlier_life"):
            table.drop_column(name)
        table.alter_column("state", existing_type=sa.JSON(), nullable=False)
        table.create_index("ix_device_feed_id", ["feed_id"])
        table.create_index("ix_device_serial_key", ["serial_key"])
        table.create_index(
            "ix_device_incomplete",
            ["feed_id", "incomplete_since"],
            **_where("incomplete_since is not null"),
        )
    with op.batch_alter_table("reading") as table:
        table.create_foreign_key(op.f("fk_reading_feed_id_feed"), "feed", ["feed_id"], ["id"])
    with op.batch_alter_table("delta") as table:
        for name, kind in _NEW_OF_DELTA:
            if name not in _NULLABLE:
                table.alter_column(name, existing_type=kind, nullable=False)
        table.drop_column("held_for")
        table.create_check_constraint(op.f("ck_delta_days"), "since <= day")
        table.create_check_constraint(op.f("ck_delta_counted"), "counted between 0 and pages")
        table.create_check_constraint(op.f("ck_delta_kind"), f"kind in ({_DELTA_KINDS})")
        table.create_check_constraint(op.f("ck_delta_state"), f"state in ({_DELTA_STATES})")
        table.create_check_constraint(
            op.f("ck_delta_resolved_by"), "resolved_by in ('readings', 'user', 'cli')"
        )
        table.create_index("ix_delta_device_id_number", ["device_id", "number"], unique=True)
        table.create_index("ix_delta_device_id_day", ["device_id", "day"])
        table.create_index("ix_delta_resolved", ["feed_id"], **_where("resolved_by is not null"))


# --- the rows that are there ----------------------------------------------------------------------

_AT_ONCE = 2_000


def _fill() -> None:
    connection = op.get_bind()
    tables = sa.MetaData()
    names = ("account", "feed", "device", "reading", "delta")
    tables.reflect(connection, only=names)
    account, feed, device, reading, delta = (tables.tables[name] for name in names)
    own_feed = sa.select(device.c.feed_id).where(device.c.id == reading.c.device_id)
    connection.execute(sa.update(reading).values(feed_id=own_feed.scalar_subquery()))
    calendars = _calendars(connection, account, feed)
    ids = sa.select(device.c.id).order_by(device.c.id)
    for batch in _batches(list(connection.scalars(ids))):
        _fill_batch(connection, device, delta, feed, calendars, batch)


def _batches(ids: list[int]) -> Iterator[list[int]]:
    for first in range(0, len(ids), _AT_ONCE):
        yield ids[first : first + _AT_ONCE]


def _fill_batch(
    connection: sa.Connection,
    device: sa.Table,
    delta: sa.Table,
    feed: sa.Table,
    calendars: dict[int, Container[date]],
    ids: list[int],
) -> None:
    deltas: dict[int, list[Any]] = defaultdict(list)
    found = sa.select(delta).where(delta.c.device_id.in_(ids)).order_by(delta.c.day, delta.c.id)
    for row in connection.execute(found):
        deltas[row.device_id].append(row)
    changed = []
    for rows in deltas.values():
        changed += [_delta_values(row, n, calendars) for n, row in enumerate(rows, start=1)]
    _update(connection, delta, changed)
    devices = sa.select(device, feed.c.customer_id, feed.c.customer_name).join(
        feed, feed.c.id == device.c.feed_id
    )
    found_devices = connection.execute(devices.where(device.c.id.in_(ids))).all()
    changed = [_device_values(row, deltas[row.id]) for row in found_devices]
    _update(connection, device, changed)


def _update(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        values: dict[str, Any] = {name: sa.bindparam(name) for name in rows[0] if name != "of_id"}
        by_id = sa.update(table).where(table.c.id == sa.bindparam("of_id"))
        connection.execute(by_id.values(values), rows)


def _delta_values(
    row: Any, number: int, calendars: dict[int, Container[date]]
) -> dict[str, Any]:
    is_decided = row.state not in ("counted", "held")
    counted = {"counted": row.pages, "accepted": row.pages, "adjusted": row.proposed or 0}
    days = _allocated_days(row.since, row.day, calendars[row.feed_id])
    parts = [row.pages * (n + 1) // len(days) - row.pages * n // len(days) for n in range(len(days))]
    return {
        "of_id": row.id,
        "number": number,
        "before": 0,
        "top": row.pages,
        "days": len(days),
        "kind": "ordinary" if row.held_for is None else _KIND_OF_REASON.get(row.held_for, "limit"),
        "counted": counted.get(row.state, 0),
        "allocation": [
            [day.isoformat(), part] for day, part in zip(days, parts, strict=True) if part
        ],
        "era": 0,
        "for_person": row.state != "counted",
        "resumes_counted": 0,
        "confirmations": 0,
        "confirmed_pages": 0,
        "evidence": [],
        "resolved_by": None if not is_decided else "cli" if row.decided_by is None else "user",
    }


def _allocated_days(since: date, until: date, closed: Container[date]) -> list[date]:
    days = [since + timedelta(days=n) for n in range(1, (until - since).days + 1)]
    if len(days) == 1:
        return days
    return [day for day in days if day.weekday() < 5 and day not in closed] or days


def _device_values(row: Any, deltas: list[Any]) -> dict[str, Any]:
    key = _serial_key(row.serial_number) if row.moved_to is None else None
    counting = [one for one in deltas if one.state in ("counted", "accepted", "adjusted")]
    pages = [(one.proposed if one.state == "adjusted" else one.pages) or 0 for one in counting]
    days = [max((one.day - one.since).days, 1) for one in counting]
    history = {
        "deltas": len(counting),
        "busiest": max((p // d for p, d in zip(pages, days, strict=True)), default=0),
        "pages": sum(pages),
        "days": sum(days),
    }
    mark = {"day": row.latest_on.isoformat(), "count": row.latest_count, "number": len(deltas)}
    mark |= {"feed_id": row.feed_id, "history": history}
    read_on = row.fallen_on or row.latest_on
    state: dict[str, Any] = {
        "version": 1,
        "serial": key,
        "asset": _normalized(row.asset_id),
        "customer": row.customer_id or f"name:{row.customer_name}",
        "feed_id": row.feed_id,
        "listed_on": row.first_on.isoformat(),
        "counter_set": row.counter_set,
        "initial": row.initial_count,
        "latest": row.latest_count,
        "latest_on": row.latest_on.isoformat(),
        "life": row.life_count,
        "baseline_on": row.first_on.isoformat(),
        "read_on": read_on.isoformat(),
        "night": read_on.isoformat(),
        "history": history,
        "marks": [mark],
        "next_number": len(deltas) + 1,
    }
    if row.last_seen_at is not None:
        state["last_seen"] = f"{row.last_seen_at.isoformat().removesuffix('+00:00')}+00:00"
    if row.missing_since is not None:
        state["missing_since"] = row.missing_since.isoformat()
    if row.fallen_on is not None:
        fall = {"day": row.fallen_on.isoformat(), "count": row.fallen_count}
        state["fall"] = fall | {"feed_id": row.feed_id, "feed_first": row.first_on.isoformat()}
    if row.earlier_count is not None:
        state["before_reset"] = {
            "count": row.earlier_count,
            "day": row.latest_on.isoformat(),
            "readings_left": 10,
            "number": len(deltas),
            "deposited": max(row.life_count - row.earlier_life, 0),
        }
    state = {name: value for name, value in state.items() if value is not None}
    return {"of_id": row.id, "serial_key": key, "state": state}


_PLACEHOLDERS = frozenset(
    "NA NONE NULL NIL UNKNOWN UNDEFINED UNSPECIFIED UNAVAILABLE NOTAVAILABLE NOTAPPLICABLE NOTSET "
    "NOTSPECIFIED NOTFOUND NOSERIAL NOSERIALNUMBER SERIAL SERIALNUMBER SN DEFAULT DEFAULTSTRING "
    "TOBEFILLED TOBEFILLEDBYOEM TBD TBA EMPTY BLANK MISSING TEST DUMMY INVALID GENERIC PRINTER "
    "SYSTEMSERIALNUMBER 123456789 1234567890 0123456789 12345678 123456 12345 1234".split()
)


def _normalized(text: str) -> str | None:
    return "".join(filter(str.isprintable, "".join(text.split()))).upper() or None


def _serial_key(serial_number: str) -> str | None:
    key = _normalized(serial_number)
    bare = "".join(filter(str.isalnum, key or ""))
    return None if len(set(bare)) <= 1 or bare in _PLACEHOLDERS else key


def _calendars(
    connection: sa.Connection, account: sa.Table, feed: sa.Table
) -> dict[int, Container[date]]:
    """The public holidays of every feed's account."""
    accounts = {row.id: row for row in connection.execute(sa.select(account))}
    by_place: dict[tuple[str | None, str | None], Container[date]] = {(None, None): frozenset()}
    found = {}
    for row in connection.execute(sa.select(feed.c.id, feed.c.account_id)):
        owner = accounts[row.account_id]
        named = owner if owner.country or owner.partner_id is None else accounts[owner.partner_id]
        place = (named.country, named.region if named.country else None)
        if place not in by_place:
            by_place[place] = _holidays(*place)
        found[row.id] = by_place[place]
    return found


def _holidays(country: str | None, region: str | None) -> Container[date]:
    """None for a country that the package does not know (any more)."""
    try:
        return holidays.country_holidays(str(country), subdiv=region)
    except NotImplementedError:
        return frozenset()
