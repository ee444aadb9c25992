"""Pages of the console on a large database: milliseconds of server time, median and p95.

10,000 feeds of 20 partners, 200,000 devices, two years of deposits, in PostgreSQL:
``python -m tests.bench.pages build DATABASE`` and ``python -m tests.bench.pages measure DATABASE``
(and names of pages, for these alone).
"""

import json
import re
import statistics
import sys
import tempfile
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from tests import factories
from tests.bench import served
from tests.database import engine, open_session
from tests.environment.redis_server import running_redis
from tests.queries import counted
from webapp import clock
from webapp import settings as configuration
from webapp.app import create_app
from webapp.models import Certificate, Delta, User
from webapp.services.database import make_ready

FEEDS, PARTNERS, DEVICES_A_FEED, DAYS = 10_000, 20, 20, 730
#: Of all feeds, those of the first partner.
LARGE = 5_000
TOURS = 41
_VISITORS = ("ops", "nora", "sam", "cara")
#: Until templates are compiled and the database has read what it needs.
VISITS_BEFORE = 3

#: Everything by the database itself: a row of Python each would take an hour.
_FILL = (
    "insert into account (id, kind, name, created_at) values (1, 'operations', 'Operations', :now)",
    "insert into account (id, kind, name, time_zone, country, created_at) "
    "select 1 + n, 'partner', 'Partner ' || n, 'UTC', 'US', :now "
    "from generate_series(1, :partners) n",
    "insert into account (id, kind, name, partner_id, created_at) "
    "select 1000 + n, 'customer', 'Customer ' || lpad(n::text, 5, '0'), "
    "case when n <= :large then 2 else 3 + n % (:partners - 1) end, :now "
    "from generate_series(1, :feeds) n",
    'insert into "user" (id, account_id, full_name, email, role, created_at) '
    "values (1, 1, 'Olga Ops', 'ops@example.com', 'operations', :now), "
    "(2, 2, 'Nora North', 'nora@example.com', 'partner_admin', :now), "
    "(3, 1001, 'Cara Holm', 'cara@example.com', 'customer', :now), "
    "(4, 5, 'Sam Small', 'sam@example.com', 'partner_admin', :now)",
    'insert into "user" (id, account_id, full_name, email, role, created_at) '
    "select 4 + n, 1000 + n, 'User ' || n, 'user' || n || '@example.com', 'customer', :now "
    "from generate_series(2, :feeds, 5) n",
    "insert into server (id, account_id, name, encrypted_token, health, health_checked_at, "
    "health_changed_at, created_at) select n, 1 + n, 'Printerpoint', '\\x00', "
    "case when n % 9 = 0 then 'unhealthy' else 'healthy' end, :now, :now, :now "
    "from generate_series(1, :partners) n",
    "insert into feed (id, server_id, account_id, customer_id, customer_name, status, health, "
    "health_changed_at, last_data_on, created_at, activated_at) "
    "select n, a.partner_id - 1, 1000 + n, 'C' || n, a.name, 'active', "
    "case when n % 97 = 0 then 'unhealthy' else 'healthy' end, :now, date '2026-11-16', :now, :now "
    "from generate_series(1, :feeds) n join account a on a.id = 1000 + n",
    "insert into device (id, feed_id, asset_id, serial_number, serial_key, counter_set, "
    "initial_count, latest_count, life_count, first_on, latest_on, awaits_baseline, state) "
    "select n, 1 + (n - 1) / :devices, 'A-' || n, 'CNB1L' || n, 'CNB1L' || n, 'size', 1000, "
    "900000 + n, 899000 + n, date '2024-11-16', date '2026-11-16', false, "
    "json_build_object('version', 1, 'serial', 'CNB1L' || n, 'asset', 'A-' || n, 'customer', "
    "'C' || (1 + (n - 1) / :devices), 'feed_id', 1 + (n - 1) / :devices, "
    "'listed_on', '2024-11-16', 'counter_set', 'size', 'initial', 1000, 'latest', 900000 + n, "
    "'latest_on', '2026-11-16', 'life', 899000 + n, 'read_on', '2026-11-16', "
    "'night', '2026-11-16') from generate_series(1, :feeds * :devices) n",
    "insert into deposit (feed_id, day, counted_in, pages) "
    "select f, date '2026-11-16' - d, to_char(date '2026-11-16' - d, 'YYYY-MM'), "
    "200 + (f + d) % 300 "
    "from generate_series(1, :feeds) f, generate_series(0, :days - 1) d",
    "update feed set device_count = :devices",
    "insert into server_day (server_id, day, counted_in, pages) "
    "select f.server_id, d.day, d.counted_in, sum(d.pages) "
    "from deposit d join feed f on f.id = d.feed_id group by f.server_id, d.day, d.counted_in",
    "insert into reading (device_id, day, feed_id, count, counter_set, baseline) "
    "select n, date '2026-11-16' - d, 1 + (n - 1) / :devices, 900000 - d * 11, 'size', false "
    "from generate_series(1, :feeds * :devices, 20) n, generate_series(0, 40) d",
    "insert into delta (feed_id, device_id, number, since, day, before, top, pages, days, kind, "
    "state, counted, allocation, era, for_person, resumes_counted, confirmations, "
    "confirmed_pages, evidence) "
    "select 1 + (n - 1) / :devices, n, 1, date '2026-11-10', date '2026-11-16', 1, 1000000, "
    "999999, 5, 'limit', 'held', 0, '[[\"2026-11-16\", 999999]]', 0, true, 0, 0, 0, '[]' "
    "from generate_series(1, :feeds * :devices, 1000) n",
    "insert into closed_month (account_id, month, closed_at) "
    "select 1000 + n, to_char(date '2026-10-01' - m * interval '1 month', 'YYYY-MM'), :now "
    "from generate_series(1, :feeds) n, generate_series(0, 22) m",
    "insert into certificate (number, public_id, account_id, month, account_name, partner_name, "
    "pages, late_pages, late_months, trees, pages_per_tree, project, issued_on) "
    "select 'R-' || m || '-' || n, md5(m || '-' || n), 1000 + n, "
    "to_char(date '2026-10-01' - m * interval '1 month', 'YYYY-MM'), 'Customer ' || n, 'Partner', "
    "10000, 0, '', '1.20', 8333, 'Pines', date '2026-11-02' "
    "from generate_series(1, :feeds) n, generate_series(0, 22) m",
    "insert into partner_month (partner_id, month, certificates, pages) "
    "select a.partner_id, c.month, count(*), sum(c.pages) "
    "from certificate c join account a on a.id = c.account_id group by a.partner_id, c.month",
    "insert into document (certificate_id, pdf, sha256, rendered_at) "
    "select id, '\\x25504446', md5(id::text), :now from certificate where id > 3",
    "insert into collection (id, server_id, day, kind, state, queued_at, alive_at, finished_at, "
    "printers, feeds) select (s - 1) * 90 + d + 1, s, date '2026-11-16' - d, 'scheduled', "
    "'finished', "
    "cast(:now as timestamptz) - d * interval '1 day', cast(:now as timestamptz), "
    "cast(:now as timestamptz) - d * interval '1 day', 10000, 500 "
    "from generate_series(1, :partners) s, generate_series(0, 89) d",
    "insert into outcome (collection_id, feed_id, outcome, pages, devices, skipped, at) "
    "select c.id, f.id, 'collected', 200, 20, '[]', :now from collection c "
    "join feed f on f.server_id = c.server_id where c.day > date '2026-11-11'",
    "insert into health_change (feed_id, before, after, at, reason) "
    "select n, 'pending', 'healthy', :now, "
    '\'{"code": "first_data", "params": {}}\' from generate_series(1, :feeds) n',
    "insert into feed_event (feed_id, at, day, kind, details) "
    "select n, cast(:now as timestamptz) - (7 * k + n % 7) * interval '1 day' "
    "- n * interval '1 second', date '2026-11-16', 'device_added', "
    '\'{"count": 20, "names": ["A-1"]}\' '
    "from generate_series(1, :feeds) n, generate_series(0, 9) k",
    "insert into audit_entry (at, user_id, account_id, place, action, subject, details) "
    "select cast(:now as timestamptz) - n * interval '1 minute', 2, 2, 'browser', "
    "'feeds connected', 'Customer ' || n, '{}' from generate_series(1, 100000) n",
)


@dataclass(slots=True)
class Measured:
    """A page: its rows, queries, median and 95th percentile in milliseconds, kilobytes."""

    name: str
    rows: int
    queries: int
    p50_ms: float
    p95_ms: float
    kilobytes: float


def build(database: str) -> None:
    """Make the schema and fill it."""
    at = engine(database)
    with at.begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    make_ready(database)
    numbers = {"feeds": FEEDS, "partners": PARTNERS, "devices": DEVICES_A_FEED, "large": LARGE}
    for statement in _FILL:
        # As digits: PostgreSQL takes a small parameter for a smallint and multiplies as such.
        for name, number in {**numbers, "days": DAYS}.items():
            statement = re.sub(rf":{name}\b", str(number), statement)
        with at.begin() as connection:
            connection.execute(text(statement), {"now": served.NOW} if ":now" in statement else {})
    with at.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum full"))
        connection.execute(text("vacuum analyze"))


SEARCHES = [
    ("nora", "search", "/search?q=CNB1L99999"),
    ("nora", "search, broad", "/search?q=customer"),
    ("sam", "small partner search, broad", "/search?q=customer"),
    ("ops", "operations search, nothing", "/search?q=nothing"),
]


def pages(database: str) -> list[tuple[str, str, str]]:
    """The pages: who, what it is called, its address."""
    with open_session(database) as session:
        number = session.scalar(select(Certificate.number).where(Certificate.account_id == 1001))
        held = session.scalar(select(Delta.id).where(Delta.feed_id == 1))
    lists = ["/servers", "/feeds", "/devices", "/accounts", "/review", "/certificates",
             "/collections", "/users", "/audit"]  # fmt: skip
    found = [("ops", f"operations {path}", path) for path in ["/", *lists, "/operations"]]
    found += [("nora", f"partner {path}", path) for path in ["/", *lists]]
    found += [("sam", f"small partner {path}", path) for path in ["/", "/feeds", "/devices"]]
    found += [("cara", f"customer {path}", path) for path in ["/", "/feeds", "/devices"]]
    found += [
        ("nora", "feeds, searched", "/feeds?q=04999"),
        ("nora", "feeds, last page", "/feeds?page=100"),
        ("nora", "feeds, broad search", "/feeds?q=customer"),
        ("nora", "devices, last page", "/devices?page=2000"),
        ("nora", "devices, middle page", "/devices?page=1000"),
        ("ops", "operations devices, last page", "/devices?page=4000"),
        ("nora", "devices, by life count", "/devices?sort=-life"),
        ("nora", "feeds, by pages", "/feeds?sort=-pages"),
        ("ops", "operations feeds, by pages", "/feeds?sort=-pages"),
        ("nora", "customers, by pages", "/accounts?sort=-pages"),
        ("nora", "customers, last page", "/accounts?page=100"),
        ("nora", "devices, broad search", "/devices?q=CNB1"),
        ("sam", "small partner devices, broad search", "/devices?q=CNB1"),
        ("ops", "operations devices, broad search", "/devices?q=CNB1"),
        ("nora", "devices, searched", "/devices?q=CNB1L99999"),
        *SEARCHES,
        ("nora", "a server", "/servers/1"),
        ("nora", "a feed", "/feeds/1"),
        ("nora", "a device", "/devices/1"),
        ("nora", "a customer", "/accounts/1001"),
        ("nora", "a year", "/accounts/1001/years/2026"),
        ("ops", "a partner", "/accounts/2"),
        ("nora", "a certificate", f"/certificates/{number}"),
        ("nora", "a case under review", f"/review/{held}"),
        ("nora", "a collection", "/collections/1"),
    ]
    return found


def measure(database: str, only: Collection[str] = ()) -> list[Measured]:
    """Every page (or those of these names), over HTTP."""
    found = []
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="releaf-pages-")))
        environment = {
            "RELEAF_INSTANCE": str(folder),
            "DATABASE_URL": database,
            "REDIS_URL": redis.url,
            "LOG_LEVEL": "ERROR",
        }
        clock.now = lambda: served.NOW
        app = create_app(configuration.load(environment))  # it counts queries and signs cookies
        ours = stack.enter_context(served.served("tests.bench.served:console", folder, environment))
        visitors = {name: _visitor(app, database, name) for name in _VISITORS}
        for who, name, path in pages(database):
            if name in only or not only:
                found.append(_measured(ours, visitors[who], name, path))
                print(f"  {name}", file=sys.stderr, flush=True)
    return found


def _measured(console: served.Browser, visitor: FlaskClient, name: str, path: str) -> Measured:
    with counted() as statements:
        visitor.get(path)
    cookie = _cookie(visitor)
    for _ in range(VISITS_BEFORE):
        console.get(path, cookie)
    page = console.get(path, cookie)[1]
    seconds = [console.get(path, cookie)[0] for _ in range(TOURS)]
    return Measured(
        name,
        page.count("<tr>") + page.count("<li>"),
        len(statements),
        statistics.median(seconds) * 1_000,
        statistics.quantiles(seconds, n=20)[-1] * 1_000,
        len(page.encode()) / 1_024,
    )


def _cookie(visitor: FlaskClient) -> str:
    name = visitor.application.config["SESSION_COOKIE_NAME"]
    cookie = visitor.get_cookie(name)
    assert cookie is not None
    return f"{name}={cookie.value}"


def _visitor(app: Flask, database: str, name: str) -> FlaskClient:
    with open_session(database) as session:
        user = session.scalars(select(User).where(User.email == f"{name}@example.com")).one()
        factories.user_session(session, user)
        session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = user.get_id()
        cookie.permanent = True  # as the log-in leaves it
    return client


def main() -> None:
    """Build, or measure and print as JSON."""
    what, database = sys.argv[1:3]
    if what == "build":
        build(database)
        print("{}")
        return
    found = measure(database, sys.argv[3:])
    print(json.dumps([asdict(one) for one in found]))


if __name__ == "__main__":
    main()
