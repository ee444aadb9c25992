"""Matcher: which customers of a fleet are connected, and by which feed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from webapp.models import Feed, Server
from webapp.printerpoint.fleet import Customer

_FEW = 1_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer of a server's fleet, and the feed that ties it already, if one does."""

    customer: Customer
    feed: Feed | None


class FeedMatcher:
    """Which customers of a fleet a server's feeds match, by the rules of ``Fleet.find``."""

    def __init__(self, session: Session, server: Server, fleet: Sequence[Customer]) -> None:
        self._session = session
        self._feeds = select(Feed).where(Feed.server_id == server.id, Feed.status != "removed")
        self._by_id: dict[str, int] = {}
        self._by_name: dict[str, int] = {}
        self._ids_of_name = Counter(c.name for c in fleet if c.customer_id is not None)
        columns = (Feed.id, Feed.customer_id, Feed.customer_name)
        for row in session.execute(self._feeds.with_only_columns(*columns)):
            if row.customer_id is None:
                self._by_name[row.customer_name] = row.id
            else:
                self._by_id[row.customer_id] = row.id

    def feed_id_of(self, customer: Customer) -> int | None:
        """The feed of a customer. One without an id matches by name alone, where that is one."""
        if customer.customer_id is None:
            return self._by_name.get(customer.name)
        feed_id = self._by_id.get(customer.customer_id)
        if feed_id is None and self._ids_of_name[customer.name] <= 1:
            feed_id = self._by_name.get(customer.name)
        return feed_id

    def unmapped(self, customers: Sequence[Customer]) -> list[Customer]:
        """Those of the customers that are not tied yet, in the order given."""
        return [customer for customer in customers if self.feed_id_of(customer) is None]

    def candidates(self, customers: Sequence[Customer]) -> list[Candidate]:
        """The customers with their feeds, in the order given."""
        feed_ids = [self.feed_id_of(customer) for customer in customers]
        wanted = {feed_id for feed_id in feed_ids if feed_id is not None}
        query = self._feeds
        if len(wanted) <= _FEW:  # a database takes only so many values in one statement
            query = query.where(Feed.id.in_(wanted))
        found = self._session.scalars(query.options(joinedload(Feed.account)))
        feeds = {feed.id: feed for feed in found}
        return [
            Candidate(customer, None if feed_id is None else feeds[feed_id])
            for customer, feed_id in zip(customers, feed_ids, strict=True)
        ]
