"""A dealer whose nights are given as rows: servers, feeds that come and go, months that close.

Everything goes through the parser, the collection, the services and the database, in this process.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.database import open_session
from tests.services.counters import Row
from webapp.domain.months import Month
from webapp.models import (
    Account,
    Certificate,
    Collection,
    Delta,
    Deposit,
    Device,
    Feed,
    Outcome,
    Reading,
    Server,
)
from webapp.printerpoint.fleet import Customer, Fleet
from webapp.printerpoint.schema import read_row
from webapp.queries.reconciliation import reconcile
from webapp.services.certificates import months
from webapp.services.collection import collector, requests
from webapp.services.feeds import feeds, renames
from webapp.services.metering.process import MeteringSettings
from webapp.services.servers import servers

#: The rows of a night, by its number and the day it closes.
Nights = Callable[[int, date], Sequence[Row]]

#: In its morning October closes, when nights reach so far.
CLOSING_DAY = date(2026, 11, 2)


class Dealer:
    """A partner in New York with one server, and queries of its database."""

    def __init__(self, database_url: str, zone: str = "America/New_York") -> None:
        self._url, self.zone = database_url, ZoneInfo(zone)
        self.accounts: dict[str, int] = {}
        with self.session() as session:
            partner = factories.partner(session, time_zone=zone, country="US")
            self.partner_id = partner.id
            session.commit()
        self.server_id = self.registers()

    def session(self) -> AbstractContextManager[Session]:
        """A session on the dealer's database."""
        return open_session(self._url)

    def at(self, day: date, hour: int = 9, minute: int = 0) -> datetime:
        """A moment of a day in the dealer's zone."""
        return datetime.combine(day, time(hour, minute), tzinfo=self.zone).astimezone(UTC)

    def registers(self) -> int:
        """One more server."""
        with self.session() as session:
            made = factories.server(session, session.get_one(Account, self.partner_id))
            session.commit()
            return made.id

    def connects(
        self, customer: str, now: datetime, server_id: int | None = None, **values: Any
    ) -> int:
        """A feed of a customer, for the account of its name. ``id``: the customer's."""
        found = Customer(customer, values.get("id", f"ID-{customer}"), 1)
        with self.session() as session:
            server = session.get_one(Server, server_id or self.server_id)
            if customer not in self.accounts:
                made = factories.customer(session, server.account)
                self.accounts[customer] = made.id
            account = session.get_one(Account, self.accounts[customer])
            feed = feeds.create_feed(session, server, found, account, now).feeds[0]
            session.commit()
            return feed.id

    def removes(self, feed_id: int, now: datetime) -> None:
        """Remove a feed."""
        with self.session() as session:
            feeds.remove(session, session.get_one(Feed, feed_id), now)
            session.commit()

    def removes_server(self, now: datetime, server_id: int | None = None) -> None:
        """Remove a server with its feeds."""
        with self.session() as session:
            servers.remove(session, session.get_one(Server, server_id or self.server_id), now)
            session.commit()

    def night(
        self,
        day: date,
        rows: Sequence[Row],
        server_id: int | None = None,
        *,
        backwards: bool = False,
    ) -> None:
        """Collect a server for a day, each feed in a transaction of its own."""
        now = self.at(day + timedelta(days=1), 0, 10)
        server_id = server_id or self.server_id
        with self.session() as session, Fleet() as fleet:
            collection = self._claim(session, server_id, day, now)
            fleet.add(read_row(msgspec.Raw(msgspec.json.encode(one))) for one in rows)
            planned = collector.plan_feeds(session, collection, fleet, now)
            session.commit()
            for feed_id in planned[::-1] if backwards else planned:
                settings = MeteringSettings()
                collector.collect_feed(session, collection, feed_id, fleet, settings, now)
                session.commit()
            renames.propose(session, collection, fleet, 914, now)
            collector.finish(session, collection, now)
            session.commit()

    def close_month(self, month: str, now: datetime) -> dict[str, int]:
        """Close a month of every account; returns the pages of the certificates."""
        pages = {}
        with self.session() as session:
            for customer, account_id in self.accounts.items():
                account = session.get_one(Account, account_id)
                issued = months.close(session, account, Month.parse(month), now, "Andes")
                pages[customer] = issued.pages if issued else 0
            session.commit()
        return pages

    def deposits(self) -> dict[tuple[int, date], int]:
        """Pages by feed and day."""
        query = (
            select(Deposit.feed_id, Deposit.day, func.sum(Deposit.pages))
            .join(Feed, Feed.id == Deposit.feed_id)
            .join(Server, Server.id == Feed.server_id)
            .where(Server.account_id == self.partner_id)
            .group_by(Deposit.feed_id, Deposit.day)
        )
        with self.session() as session:
            return {(feed, day): int(pages) for feed, day, pages in session.execute(query)}

    def total(self, feed_id: int | None = None) -> int:
        """All pages deposited, or those of one feed."""
        found = self.deposits().items()
        return sum(pages for (feed, _), pages in found if feed_id in (None, feed))

    def counted_in(self, feed_id: int) -> dict[str, int]:
        """Pages of a feed by the month they are counted in, months without any left out."""
        query = (
            select(Deposit.counted_in, func.sum(Deposit.pages))
            .where(Deposit.feed_id == feed_id)
            .group_by(Deposit.counted_in)
        )
        with self.session() as session:
            return {month: int(pages) for month, pages in session.execute(query) if pages}

    def devices(self) -> Sequence[Device]:
        """The partner's devices."""
        query = select(Device).join(Feed).join(Server).where(Server.account_id == self.partner_id)
        with self.session() as session:
            return session.scalars(query.order_by(Device.id)).all()

    def deltas(self, *states: str) -> Sequence[Delta]:
        """The deltas of its devices, or those in these states."""
        ids = [device.id for device in self.devices()]
        query = (
            select(Delta).where(Delta.device_id.in_(ids)).order_by(Delta.device_id, Delta.number)
        )
        with self.session() as session:
            found = session.scalars(query).all()
            return [delta for delta in found if not states or delta.state in states]

    def held(self) -> list[int]:
        """Pages of each delta under review."""
        return [delta.pages for delta in self.deltas("held")]

    def customer_of(self, feed_id: int) -> str:
        """The name of a feed's customer."""
        with self.session() as session:
            return session.get_one(Feed, feed_id).customer_name

    def outcome(self, feed_id: int) -> Outcome:
        """The latest outcome of a feed."""
        query = select(Outcome).where(Outcome.feed_id == feed_id)
        with self.session() as session:
            newest = query.order_by(Outcome.collection_id.desc()).limit(1)
            return session.scalars(newest).one()

    def facts(self) -> tuple[Any, ...]:
        """All that a night may change: deposits, readings, deltas, devices with their states."""
        ids = [device.id for device in self.devices()]
        with self.session() as session:
            return (
                self.deposits(),
                _plain(session, select(Reading).where(Reading.device_id.in_(ids)), Reading),
                _plain(session, select(Delta).where(Delta.device_id.in_(ids)), Delta),
                _plain(session, select(Device).where(Device.id.in_(ids)), Device),
            )

    def check(self) -> None:
        """Assert what must be true after every night."""
        deltas = self.deltas()
        life: dict[int, int] = defaultdict(int)
        of_feed: dict[int, int] = defaultdict(int)
        for delta in deltas:
            life[delta.device_id] += delta.counted
            of_feed[delta.feed_id] += delta.counted
            assert 0 <= delta.counted <= delta.pages
            assert sum(pages for _, pages in delta.allocation) == delta.pages
        assert {one.id: one.life_count for one in self.devices()} == {
            one.id: life[one.id] for one in self.devices()
        }
        deposited: dict[int, int] = defaultdict(int)
        for (feed_id, _), pages in self.deposits().items():
            deposited[feed_id] += pages
        assert {feed: pages for feed, pages in deposited.items() if pages} == {
            feed: pages for feed, pages in of_feed.items() if pages
        }
        self._check_books()

    def _check_books(self) -> None:
        """No deposit is older than its feed; certificates and open months are the deposits."""
        with self.session() as session:
            own = select(Feed).join(Server).where(Server.account_id == self.partner_id)
            assert [str(one) for one in reconcile(session, own).differences] == []
            first = {
                feed.id: feed.created_at.astimezone(self.zone).date()
                for feed in session.scalars(own)
            }
        assert all(day >= first[feed] for (feed, day), pages in self.deposits().items() if pages)
        self._check_device_counts()

    def _check_device_counts(self) -> None:
        """A feed counts the devices that are metered under it."""
        metered = Counter(one.feed_id for one in self.devices() if one.moved_to is None)
        query = select(Feed.id, Feed.device_count).join(Server)
        with self.session() as session:
            rows = session.execute(query.where(Server.account_id == self.partner_id))
            counted = {row.id: row.device_count for row in rows}
        assert counted == {feed_id: metered[feed_id] for feed_id in counted}

    def certified(self) -> int:
        """Pages of all its certificates."""
        query = select(func.coalesce(func.sum(Certificate.pages), 0)).where(
            Certificate.account_id.in_(self.accounts.values())
        )
        with self.session() as session:
            return int(session.scalar(query) or 0)

    def _claim(self, session: Session, server_id: int, day: date, now: datetime) -> Collection:
        """The night of a day; one more collection if it has been collected."""
        server = session.get_one(Server, server_id)
        wanted = requests.request(session, server, day=day, kind="scheduled", now=now)
        if wanted.state == "finished":
            wanted = requests.request(session, server, day=day, kind="manual", now=now)
        claimed = collector.claim(session, wanted.id, now)
        assert claimed is not None
        session.commit()
        return claimed


def days(first: date, number: int) -> list[date]:
    """Days in a row."""
    return [first + timedelta(days=n) for n in range(number)]


def simulate(
    dealer: Dealer, first: date, nights: int, fleet: Nights, *, backwards: bool = False
) -> None:
    """Collect nights, each twice, the second time with the rows in another order.

    October closes in the morning of ``CLOSING_DAY``.
    """
    for number, day in enumerate(days(first, nights)):
        if day == CLOSING_DAY:
            dealer.close_month("2026-10", dealer.at(day))
        rows = list(fleet(number, day))
        dealer.night(day, rows[::-1] if backwards else rows, backwards=backwards)
        before = dealer.facts()
        dealer.night(day, rows if backwards else rows[::-1], backwards=not backwards)
        assert dealer.facts() == before
    dealer.check()


def _plain(session: Session, query: Any, model: type[Any]) -> list[tuple[Any, ...]]:
    """The rows of a table as values, in an order of their own."""
    names = [column.key for column in model.__table__.columns]
    rows: Iterable[Any] = session.scalars(query)
    return sorted((tuple(getattr(one, name) for name in names) for one in rows), key=repr)
