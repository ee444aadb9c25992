"""A partner and its server (World) for tests of collections, with a real sandbox."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs.collection import CollectionStep, collect
from webapp import clock
from webapp import settings as configuration
from webapp.app import create_app
from webapp.crypto import Keyring
from webapp.db import db
from webapp.domain.months import Month
from webapp.models import Account, Collection, Delta, Deposit, Device, Feed, Outcome, Server
from webapp.printerpoint.sandbox import Sandbox
from webapp.queries.reconciliation import reconcile
from webapp.services.certificates import months
from webapp.services.collection import requests
from webapp.services.servers import servers
from webapp.settings import Settings

MONDAY = date(2026, 10, 5)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in range(1, 5))


@dataclass
class World:
    """A partner with a server on a sandbox; days are days of the partner's zone."""

    app: Flask
    settings: Settings
    printerpoint: Sandbox
    server_id: int
    partner_id: int
    zone: ZoneInfo
    since: date

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session on the database."""
        with self.app.app_context(), db.session() as session:
            yield session

    def create_feed(self, name: str, customer_id: str | None = None, **printers: int) -> int:
        """A customer with printers (serial number = pages a night) and its feed."""
        customer = self.printerpoint.add_customer(name, customer_id=customer_id)
        for serial, count in printers.items():
            self.printerpoint.add_printer(customer, serial=serial, asset=f"A-{serial}", count=count)
        return self.connect(name, customer_id)

    def connect(self, name: str, customer_id: str | None = None) -> int:
        """A feed for a customer that Printerpoint has already."""
        now = datetime.combine(self.since, time(), tzinfo=UTC)
        with self.session() as session:
            account = Account(
                kind="customer", name=name, partner_id=self.partner_id, created_at=now
            )
            session.add(account)
            session.flush()
            feed = Feed(
                server_id=self.server_id,
                account_id=account.id,
                customer_id=customer_id,
                customer_name=name,
                status="pending",
                health="pending",
                health_changed_at=now,
                created_at=now,
            )
            session.add(feed)
            session.commit()
            return feed.id

    def after_midnight(self, day: date) -> datetime:
        """The time at which a day is collected."""
        local = datetime.combine(day + timedelta(days=1), time(0, 10), tzinfo=self.zone)
        return local.astimezone(UTC)

    def night(self, day: date, kind: Literal["scheduled", "manual"] = "scheduled") -> str:
        """Collect for a day, shortly after its midnight; returns the collection's state."""
        now = self.after_midnight(day)
        self.printerpoint.set_time(now)
        return self.collect(day, now, kind)

    def collect(
        self,
        day: date,
        now: datetime,
        kind: Literal["scheduled", "manual"] = "scheduled",
        feed_id: int | None = None,
    ) -> str:
        """Collect for a day at a time; with ``feed_id`` that feed alone."""
        with self.session() as session:
            server = session.get_one(Server, self.server_id)
            feed = session.get_one(Feed, feed_id) if feed_id is not None else None
            wanted = requests.request(session, server, day=day, kind=kind, feed=feed, now=now)
            session.commit()
        with self.app.app_context():
            collect(wanted.id, now=lambda: now)
        with self.session() as session:
            return session.get_one(Collection, wanted.id).state

    def run(
        self,
        collection_id: int,
        watch: Callable[[CollectionStep], None] | None = None,
        now: Callable[[], datetime] = clock.now,
    ) -> str:
        """Run a collection as the worker does, by the real clock; return the job's result."""
        with self.app.app_context():
            return collect(collection_id, watch, now)

    def app_of_jobs(self) -> Flask:
        """In place of ``runtime.get_app``: a job drops the connections that it inherits."""
        self.close()
        return self.app

    def close(self) -> None:
        """Close the connections of the application."""
        with self.app.app_context():
            db.engine.dispose()

    def close_month(self, feed_id: int, month: str, now: datetime) -> int | None:
        """Close a month of a feed's account; returns the certificate's pages."""
        with self.session() as session:
            account = session.get_one(Feed, feed_id).account
            certificate = months.close(session, account, Month.parse(month), now, "Andes")
            session.commit()
            return certificate.pages if certificate else None

    def deposits(self, feed_id: int) -> dict[date, int]:
        """Pages by day, days without any left out."""
        with self.session() as session:
            rows = session.execute(
                select(Deposit.day, func.sum(Deposit.pages))
                .where(Deposit.feed_id == feed_id)
                .group_by(Deposit.day)
                .order_by(Deposit.day)
            )
            return {day: int(pages) for day, pages in rows if pages}

    def counted(self, feed_id: int) -> dict[str, int]:
        """Pages by the month they are counted in."""
        with self.session() as session:
            rows = session.execute(
                select(Deposit.counted_in, func.sum(Deposit.pages))
                .where(Deposit.feed_id == feed_id)
                .group_by(Deposit.counted_in)
            )
            return {month: int(pages) for month, pages in rows if pages}

    def held(self, feed_id: int) -> list[int]:
        """Pages of each held delta."""
        with self.session() as session:
            query = select(Delta.pages).where(Delta.feed_id == feed_id, Delta.state == "held")
            return list(session.scalars(query))

    def devices(self, feed_id: int) -> list[tuple[str, str, int, int, int]]:
        """Asset ID, serial number, initial, latest and life count of each device."""
        with self.session() as session:
            rows = session.scalars(
                select(Device).where(Device.feed_id == feed_id).order_by(Device.id)
            )
            return [
                (d.asset_id, d.serial_number, d.initial_count, d.latest_count, d.life_count)
                for d in rows
            ]

    def outcome(self, feed_id: int) -> Outcome:
        """The latest outcome of a feed."""
        with self.session() as session:
            query = (
                select(Outcome)
                .where(Outcome.feed_id == feed_id)
                .order_by(Outcome.collection_id.desc())
            )
            return session.scalars(query.limit(1)).one()

    def is_balanced(self) -> bool:
        """Whether the reconciliation finds every page."""
        with self.session() as session:
            return not reconcile(session).differences

    def break_feed(self, feed_id: int, zone: str | None = "Nowhere/Atlantis") -> None:
        """Break one customer's row in the database, so that its readings cannot be processed."""
        with self.session() as session:
            session.get_one(Feed, feed_id).account.time_zone = zone
            session.commit()

    def repair_feed(self, feed_id: int) -> None:
        """Repair it."""
        self.break_feed(feed_id, zone=None)

    def feed(self, feed_id: int) -> Feed:
        """The feed as stored."""
        with self.session() as session:
            return session.get_one(Feed, feed_id)

    def server(self) -> Server:
        """The server as stored."""
        with self.session() as session:
            return session.get_one(Server, self.server_id)


def make_world(
    settings: Settings,
    printerpoint: Sandbox,
    zone: str = "America/New_York",
    country: str = "US",
    region: str | None = None,
    since: date = MONDAY,
    app: Flask | None = None,
) -> World:
    """A partner in a zone and a country, since a day, with a server on the sandbox.

    ``app``: an application with these settings, in place of a new one.
    """
    app = app or create_app(settings)
    now = datetime.combine(since, time(), tzinfo=UTC)
    with app.app_context(), db.session() as session:
        partner = Account(
            kind="partner",
            name="Northwind Print",
            time_zone=zone,
            country=country,
            region=region,
            created_at=now,
        )
        session.add(partner)
        session.flush()
        server = servers.register(
            session,
            Keyring(settings.encryption_keys),
            partner,
            name="Printerpoint",
            token=printerpoint.token,
            now=now,
        )
        session.commit()
        return World(app, settings, printerpoint, server.id, partner.id, ZoneInfo(zone), since)


@contextmanager
def running_app(settings: Settings) -> Iterator[Flask]:
    """An application and its context, as a worker has them."""
    app = create_app(settings)
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A Printerpoint of the test's own, on loopback."""
    with Sandbox() as printerpoint:
        yield printerpoint


@pytest.fixture
def config(tmp_path: Path, sandbox: Sandbox, sqlite_template: Path) -> Settings:
    """Settings of an instance of the test's own, on SQLite with the schema in it."""
    (tmp_path / "instance").mkdir(mode=0o700)
    shutil.copyfile(sqlite_template, tmp_path / "instance" / "releaf.db")
    return configuration.load(
        {"RELEAF_INSTANCE": str(tmp_path / "instance"), "PRINTERPOINT_URL": sandbox.url}
    )
