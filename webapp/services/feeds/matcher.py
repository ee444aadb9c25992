"""Matcher: which customers of a fleet are connected, and by which feed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from webapp.db import MOST_PARAMETERS
from webapp.models import Feed, Server
from webapp.models.feed import COLLECTED
from webapp.printerpoint.fleet import Customer


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer of a server's fleet, and its feed, if it is connected.

    ``predecessor``: the feed whose customer is no longer found and seems to be this one.
    """

    customer: Customer
    feed: Feed | None
    predecessor: Feed | None = None


class FeedMatcher:
    """Matches the customers of a fleet and a server's feeds, by the rules of ``Fleet.find``."""

    def __init__(self, session: Session, server: Server, fleet: Sequence[Customer]) -> None:
        self._session = session
        self._feeds = select(Feed).where(Feed.server_id == server.id, Feed.status != "removed")
        self._by_id: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        self._ids_of_name = Counter(c.name for c in fleet if c.customer_id is not None)
        self._predecessors: dict[tuple[str | None, str], int] = {}
        columns = (
            Feed.id,
            Feed.customer_id,
            Feed.customer_name,
            Feed.status,
            Feed.successor_id,
            Feed.successor_name,
        )
        for row in session.execute(self._feeds.with_only_columns(*columns)):
            if row.customer_id is None:
                self._by_name[row.customer_name] = row.id
            else:
                self._by_id[row.customer_id] = row.id
            if row.successor_name is not None and row.status in COLLECTED:
                self._predecessors[row.successor_id, row.successor_name] = row.id

    def feed_id_of(self, customer: Customer) -> int | None:
        """Return the feed of a customer. Without an id, a unique name matches."""
        if customer.customer_id is None:
            return self._by_name.get(customer.name)
        feed_id = self._by_id.get(customer.customer_id)
        if feed_id is None and self._ids_of_name[customer.name] <= 1:
            feed_id = self._by_name.get(customer.name)
        return feed_id

    def unmapped(self, customers: Sequence[Customer]) -> list[Customer]:
        """Return the customers that are not connected yet, in the given order.

        Customers that seem to be those of feeds under a new name are excluded: see ``renamed``.
        """
        return [
            customer
            for customer in customers
            if self.feed_id_of(customer) is None and self.predecessor_id_of(customer) is None
        ]

    def predecessor_id_of(self, customer: Customer) -> int | None:
        """Return the feed whose customer is no longer found and seems to be this one."""
        if self.feed_id_of(customer) is not None:
            return None
        return self._predecessors.get(customer.key)

    def renamed(self, customers: Sequence[Customer]) -> list[Candidate]:
        """Return the customers that seem to be those of feeds under a new name."""
        return self.candidates(
            [one for one in customers if self.predecessor_id_of(one) is not None]
        )

    def candidates(self, customers: Sequence[Customer]) -> list[Candidate]:
        """Return the customers with their feeds, in the given order."""
        feed_ids = [self.feed_id_of(customer) for customer in customers]
        before = [self.predecessor_id_of(customer) for customer in customers]
        wanted = {feed_id for feed_id in (*feed_ids, *before) if feed_id is not None}
        query = self._feeds
        if len(wanted) <= MOST_PARAMETERS:
            query = query.where(Feed.id.in_(wanted))
        found = self._session.scalars(query.options(joinedload(Feed.account)))
        feeds = {feed.id: feed for feed in found}
        return [
            Candidate(
                customer,
                None if feed_id is None else feeds[feed_id],
                None if predecessor_id is None else feeds[predecessor_id],
            )
            for customer, feed_id, predecessor_id in zip(customers, feed_ids, before, strict=True)
        ]
