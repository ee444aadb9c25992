"""The product as a subject: its parser, its collection and its SQLite database, in this process."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.database import open_session
from tests.field.machines import COUNTRY, ZONE
from tests.field.subject import Company, OpenCase
from webapp.domain.reasons import reason
from webapp.models import Collection, Delta, Deposit, Device, Feed, Server
from webapp.printerpoint.errors import Unreachable
from webapp.printerpoint.fleet import Fleet
from webapp.printerpoint.schema import read_row
from webapp.queries.reconciliation import reconcile
from webapp.services.collection import collector as service
from webapp.services.collection import requests
from webapp.services.database import upgrade
from webapp.services.metering.process import MeteringSettings

_SETTINGS = MeteringSettings()


class Product:
    """A partner with one server and a feed for each company.

    A customer whose collection fails is added to ``failures``; the others continue.
    """

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._server = 0
        self._feeds: dict[str, int] = {}
        self.failures: dict[str, int] = defaultdict(int)

    def connect(self, companies: Sequence[Company], first_day: date) -> None:
        """Fill an empty database: partner, server, accounts, feeds."""
        upgrade(self._url)
        now = datetime.combine(first_day, time(13), tzinfo=UTC)
        with open_session(self._url) as session:
            partner = factories.partner(session, time_zone=ZONE.key, country=COUNTRY)
            server = factories.server(session, partner)
            self._server = server.id
            for company in companies:
                self._feeds[company.key] = _feed(session, server, company, now)
            session.commit()

    def night(self, day: date, rows: Sequence[Mapping[str, Any]], fetched: bool = True) -> None:
        """Collect every feed, each in a transaction of its own."""
        now = datetime.combine(day + timedelta(days=1), time(0, 10), tzinfo=ZONE).astimezone(UTC)
        with open_session(self._url) as session, Fleet() as fleet:
            collection = self._begun(session, day, now)
            session.commit()
            if not fetched:
                service.server_failed(
                    session,
                    collection,
                    Unreachable(reason("connection_failed", host="printerpoint.com")),
                    now,
                )
                session.commit()
                return
            fleet.add(read_row(msgspec.Raw(msgspec.json.encode(row))) for row in rows)
            feeds = service.plan_feeds(session, collection, fleet, now)
            session.commit()
            for feed_id in feeds:
                self._collect(session, collection, feed_id, fleet, now)
            service.finish(session, collection, now)
            session.commit()

    def relink(self, customer: str, name: str) -> None:
        """Give a feed the name that its customer has now."""
        with open_session(self._url) as session:
            session.get_one(Feed, self._feeds[customer]).customer_name = name
            session.commit()

    def deposits(self) -> Mapping[tuple[str, date], int]:
        """Pages by customer and day."""
        query = select(Deposit.feed_id, Deposit.day, func.sum(Deposit.pages)).group_by(
            Deposit.feed_id, Deposit.day
        )
        with open_session(self._url) as session:
            keys = self._keys()
            return {(keys[feed], day): int(pages) for feed, day, pages in session.execute(query)}

    def per_device(self) -> Mapping[tuple[str, str, str], int]:
        """Pages of the deltas that count."""
        query = (
            select(Delta.feed_id, Device.serial_number, Device.asset_id, Delta.counted)
            .join(Device, Device.id == Delta.device_id)
            .where(Delta.counted > 0)
        )
        found: dict[tuple[str, str, str], int] = defaultdict(int)
        with open_session(self._url) as session:
            keys = self._keys()
            for feed, serial, asset, counted in session.execute(query):
                found[keys[feed], serial, asset] += counted
        return found

    def held(self) -> Sequence[OpenCase]:
        """Deltas that wait."""
        query = (
            select(
                Delta.feed_id,
                Device.serial_number,
                Device.asset_id,
                Delta.since,
                Delta.day,
                Delta.pages,
                Delta.for_person,
            )
            .join(Device, Device.id == Delta.device_id)
            .where(Delta.state == "held")
        )
        with open_session(self._url) as session:
            keys = self._keys()
            return [OpenCase(keys[row[0]], *row[1:]) for row in session.execute(query)]

    def differences(self) -> Sequence[str]:
        """What reconciliation finds."""
        with open_session(self._url) as session:
            return [str(one) for one in reconcile(session, select(Feed)).differences]

    def _begun(self, session: Session, day: date, now: datetime) -> Collection:
        """The night of a day; one more collection if it has been collected."""
        server = session.get_one(Server, self._server)
        wanted = requests.request(session, server, day=day, kind="scheduled", now=now)
        if wanted.state == "finished":
            wanted = requests.request(session, server, day=day, kind="manual", now=now)
        begun = service.claim(session, wanted.id, now)
        if begun is None:
            raise RuntimeError(f"the collection of {day} is at work already")
        return begun

    def _collect(
        self, session: Session, collection: Collection, feed_id: int, fleet: Fleet, now: datetime
    ) -> None:
        try:
            service.collect_feed(session, collection, feed_id, fleet, _SETTINGS, now)
            session.commit()
        except Exception as error:  # noqa: BLE001  (as the job does: one customer, not the night)
            session.rollback()
            self.failures[f"{type(error).__name__} of {self._keys()[feed_id]}"] += 1

    def _keys(self) -> dict[int, str]:
        return {feed_id: key for key, feed_id in self._feeds.items()}


def _feed(session: Session, server: Server, company: Company, now: datetime) -> int:
    account = factories.customer(session, server.account, name=company.name)
    feed = factories.feed(session, server, account, status="pending")
    feed.customer_id, feed.customer_name = company.customer_id, company.name
    feed.created_at = feed.health_changed_at = now
    feed.activated_at = feed.last_data_on = None
    feed.health = "pending"
    return feed.id
