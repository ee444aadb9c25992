"""One night of collection against the floor: the same bytes fetched and parsed, the same rows
written by plain SQLAlchemy Core.

Every measurement is a process of its own, so that peak memory is its own too:
``python -m tests.bench.nights ours|floor|floor-at-once URL DATABASE``.
"""

import itertools
import json
import resource
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import requests
from sqlalchemy import Connection, Table, bindparam, func, select
from sqlalchemy.orm import Session

from jobs.collection import collect
from tests.bench.fleet import FIRST_DAY
from tests.database import engine, open_session
from webapp import settings as configuration
from webapp.app import create_app
from webapp.crypto import Keyring
from webapp.db import Base
from webapp.models import Account, Collection, Delta, Deposit, Device, Feed, Reading, Server
from webapp.printerpoint.client import Client
from webapp.services.collection import requests as runs
from webapp.services.database import upgrade
from webapp.services.servers import servers
from webapp.settings import Settings

TABLES = Base.metadata.tables


def config(url: str, database: str) -> Settings:
    """Settings for a fleet and a database."""
    loaded = configuration.load()
    return replace(loaded, printerpoint_url=url, database_url=database)


def _empty(database: str) -> None:
    at = engine(database)
    with at.begin() as connection:
        if at.dialect.name == "postgresql":
            connection.exec_driver_sql("drop schema public cascade")
            connection.exec_driver_sql("create schema public")
            return
        connection.exec_driver_sql("drop table if exists alembic_version")
        Base.metadata.drop_all(connection)


def prepare(url: str, database: str) -> None:
    """Make the schema, a partner, a server, an account and a feed for every customer."""
    now = datetime.combine(FIRST_DAY, datetime.min.time(), tzinfo=UTC)
    settings = config(url, database)
    _empty(database)
    upgrade(database)
    with open_session(database) as session, Client(url, "token").fleet() as fleet:
        partner = Account(
            kind="partner", name="Bench", time_zone="UTC", country="US", created_at=now
        )
        session.add(partner)
        session.flush()
        server = servers.register(
            session,
            Keyring(settings.encryption_keys),
            partner,
            name="Printerpoint",
            token="token",
            now=now,
        )
        _create_feeds(
            session, partner, server, [(c.name, c.customer_id) for c in fleet.customers()], now
        )
        session.commit()


def _create_feeds(
    session: Session,
    partner: Account,
    server: Server,
    customers: Iterable[tuple[str, str | None]],
    now: datetime,
) -> None:
    for name, customer_id in customers:
        account = Account(kind="customer", name=name, partner_id=partner.id, created_at=now)
        session.add(account)
        session.flush()
        session.add(
            Feed(
                server_id=server.id,
                account_id=account.id,
                customer_id=customer_id,
                customer_name=name,
                status="pending",
                health="pending",
                health_changed_at=now,
                created_at=now,
            )
        )


def ours(url: str, database: str, night: int) -> dict[str, Any]:
    """Collect a night as the worker does; ``own_seconds`` is the processor time of this process."""
    settings = config(url, database)
    day = FIRST_DAY + timedelta(days=night)
    now = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    with open_session(database) as session:
        server = session.scalars(select(Server)).one()
        nights = runs.request(session, server, day=day, kind="scheduled", now=now)
        kind: Any = "manual" if nights.state == "finished" else "scheduled"
        wanted = runs.request(session, server, day=day, kind=kind, now=now)
        session.commit()
    before = written(database)
    app = create_app(settings)
    began, own = time.perf_counter(), time.process_time()
    with app.app_context():
        collect(wanted.id, now=lambda: now)
    seconds, own = time.perf_counter() - began, time.process_time() - own
    with open_session(database) as session:
        state = session.get_one(Collection, wanted.id).state
    if state != "finished":
        raise SystemExit(f"the night did not finish: {state}")
    return {"seconds": seconds, "own_seconds": own, "rows": written(database) - before}


def written(database: str) -> int:
    """A figure that grows with every reading, delta or deposit and every page in them."""
    with open_session(database) as session:
        return sum(
            int(session.scalar(select(func.count()).select_from(model)) or 0)
            for model in (Reading, Delta, Deposit, Device)
        )


class _Row(msgspec.Struct, rename="camel"):
    customer_company_id: str
    serial_number: str
    asset_id: str
    last_seen: datetime
    counters: dict[str, int]


class _Links(msgspec.Struct):
    next: str | None


class _Answer(msgspec.Struct):
    links: _Links
    results: list[_Row]


def _fetch(url: str) -> list[_Row]:
    decoder = msgspec.json.Decoder(_Answer)
    rows: list[_Row] = []
    next_url: str | None = f"{url}/dealer/printers"
    with requests.Session() as session:
        session.trust_env = False
        while next_url:
            response = decoder.decode(session.get(next_url, auth=("token", ""), timeout=60).content)
            rows += response.results
            next_url = response.links.next
    return rows


def floor(url: str, database: str, night: int, at_once: bool) -> dict[str, Any]:
    """Fetch, parse, and write the rows of a night: a transaction a customer, or one for all."""
    day = FIRST_DAY + timedelta(days=night)
    now = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=UTC)
    with open_session(database) as session:
        server = session.scalars(select(Server)).one()
        collection = runs.request(session, server, day=day, kind="manual", now=now).id
        session.commit()
    with engine(database).connect() as connection:
        feeds = {
            row.customer_id: row.id for row in connection.execute(select(Feed.id, Feed.customer_id))
        }
        devices = {
            row.serial_number: (row.id, row.state)
            for row in connection.execute(select(Device.id, Device.serial_number, Device.state))
        }
        connection.rollback()
        began = time.perf_counter()
        rows = _fetch(url)
        by_customer = itertools.groupby(rows, key=lambda row: row.customer_company_id)
        for customer_id, printers in by_customer:
            _write(connection, collection, feeds[customer_id], devices, list(printers), day)
            if not at_once:
                connection.commit()
        connection.commit()
        return {"seconds": time.perf_counter() - began}


def _write(
    connection: Connection,
    collection: int,
    feed_id: int,
    devices: dict[str, tuple[int, dict[str, Any]]],
    printers: Sequence[_Row],
    day: date,
) -> None:
    now = datetime.combine(day, datetime.min.time(), tzinfo=UTC)
    counts = [(devices[p.serial_number][0], sum(p.counters.values()) - 12_345, p) for p in printers]
    connection.execute(
        TABLES["reading"].insert(),
        [
            {
                "device_id": device_id,
                "day": day,
                "feed_id": feed_id,
                "count": count,
                "counter_set": "colour",
                "baseline": False,
                "last_seen_at": printer.last_seen,
            }
            for device_id, count, printer in counts
        ],
    )
    connection.execute(
        TABLES["delta"].insert(),
        [
            {
                "feed_id": feed_id,
                "device_id": device_id,
                "number": day.toordinal(),
                "since": day - timedelta(days=1),
                "day": day,
                "before": count - 57,
                "top": count,
                "pages": 57,
                "days": 1,
                "kind": "ordinary",
                "state": "counted",
                "counted": 57,
                "allocation": [[day.isoformat(), 57]],
                "evidence": [],
            }
            for device_id, count, _ in counts
        ],
    )
    connection.execute(
        _UPDATE_DEVICE,
        [
            {
                "of_id": device_id,
                "latest_count": count,
                "life_count": count,
                "latest_on": day,
                "last_seen_at": printer.last_seen,
                "state": devices[printer.serial_number][1] | {"latest": count},
            }
            for device_id, count, printer in counts
        ],
    )
    connection.execute(
        TABLES["deposit"].insert(),
        {
            "feed_id": feed_id,
            "day": day,
            "counted_in": f"{day:%Y-%m}",
            "pages": 57 * len(counts),
            "kind": "pages",
        },
    )
    connection.execute(_UPDATE_FEED, {"of_id": feed_id, "last_data_on": day})
    connection.execute(
        TABLES["outcome"].insert(),
        {
            "collection_id": collection,
            "feed_id": feed_id,
            "outcome": "collected",
            "pages": 57 * len(counts),
            "devices": len(counts),
            "skipped": [],
            "at": now,
        },
    )


def _update(table: Table, columns: Sequence[str]) -> Any:
    return (
        table.update()
        .where(table.c.id == bindparam("of_id"))
        .values({column: bindparam(column) for column in columns})
    )


_UPDATE_DEVICE = _update(
    TABLES["device"], ("latest_count", "life_count", "latest_on", "last_seen_at", "state")
)
_UPDATE_FEED = _update(TABLES["feed"], ("last_data_on",))


def main() -> None:
    """Run one measurement and print it as JSON."""
    what, url, database, night = sys.argv[1:]
    measurements: dict[str, Callable[[], dict[str, Any] | None]] = {
        "prepare": lambda: prepare(url, database),
        "ours": lambda: ours(url, database, int(night)),
        "floor": lambda: floor(url, database, int(night), at_once=False),
        "floor-at-once": lambda: floor(url, database, int(night), at_once=True),
    }
    result = measurements[what]() or {}
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


if __name__ == "__main__":
    main()
