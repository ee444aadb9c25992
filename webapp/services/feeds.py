"""Feeds: ties between a server's customers and customer accounts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from webapp.db import lock
from webapp.domain.reasons import reason
from webapp.errors import Conflict, Invalid
from webapp.models import Account, Deposit, Device, Feed, HealthChange, Server
from webapp.printerpoint.fleet import Customer
from webapp.services import accounts

_FEW = 1_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer of a server's fleet, and the feed that ties it already, if one does."""

    customer: Customer
    feed: Feed | None


class Ties:
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

    def untied(self, customers: Sequence[Customer]) -> list[Customer]:
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


def candidates(session: Session, server: Server, customers: Sequence[Customer]) -> list[Candidate]:
    """Which of a fleet's customers are tied, and to whom; in the order given."""
    return Ties(session, server, customers).candidates(customers)


def tie(
    session: Session, server: Server, customer: Customer, account: Account | None, now: datetime
) -> Feed:
    """Tie a customer to a customer account; None: the one of the customer's name, made if missing.

    Tying it again to the same account gives the feed there is. Raises Conflict when another
    account has it or the server is removed, Invalid for an account of somebody else.
    """
    _claim_server(session, server)
    if account is None:
        name = customer.name
        account = accounts.customers_named(session, server.account, [name], now=now)[name]
    else:
        _must_own(server, account)
    return _tie(session, server, [(customer, account)], now)[0]


def tie_chosen(
    session: Session, server: Server, chosen: Sequence[tuple[Customer, str]], now: datetime
) -> list[Feed]:
    """Tie customers to the accounts of these names, all or none; as ``tie`` does.

    An account that is missing is made; an empty name means the customer's own.
    """
    _claim_server(session, server)
    named = [(customer, " ".join(name.split()) or customer.name) for customer, name in chosen]
    names = [name for _, name in named]
    owners = accounts.customers_named(session, server.account, names, now=now)
    return _tie(session, server, [(customer, owners[name]) for customer, name in named], now)


def tie_all(
    session: Session, server: Server, customers: Sequence[Customer], now: datetime
) -> list[Feed]:
    """Tie every customer that is not tied yet to the account of its name; returns the new feeds."""
    _claim_server(session, server)
    left = Ties(session, server, customers).untied(customers)
    names = [customer.name for customer in left]
    owners = accounts.customers_named(session, server.account, names, now=now)
    pairs = [(customer, owners[customer.name]) for customer in left]
    return _tie(session, server, pairs, now)


def deactivate(session: Session, feed: Feed) -> None:
    """Collect a feed no longer, until it is reactivated. An inactive one stays as it is."""
    _claim(session, feed)
    feed.status = "inactive"
    session.flush()


def reactivate(session: Session, feed: Feed, now: datetime) -> None:
    """Collect a feed again, from its next reading on; pages printed meanwhile are not counted.

    One that is pending or active stays as it is. Raises Conflict.
    """
    _claim(session, feed)
    if feed.status != "inactive":
        return
    if feed.server.removed_at is not None:
        raise Conflict(
            gettext("The feed's server has been removed; register it again and tie anew.")
        )
    feed.status = "pending"
    if feed.health != "pending":
        session.add(
            HealthChange(
                feed_id=feed.id,
                before=feed.health,
                after="pending",
                at=now,
                reason=reason("reactivated"),
                last_data_on=feed.last_data_on,
            )
        )
        feed.health, feed.health_changed_at = "pending", now
    session.execute(
        update(Device)
        .where(Device.feed_id == feed.id)
        .values(awaits_baseline=True)
        .execution_options(synchronize_session=False)
    )
    session.flush()


def remove(session: Session, feed: Feed, now: datetime) -> None:
    """Untie a customer. Its readings, deposits, certificates and history stay."""
    lock(session, Feed.id, feed.id)
    session.refresh(feed)
    if feed.status == "removed":
        return
    feed.status, feed.removed_at = "removed", now
    session.flush()


def change_account(session: Session, feed: Feed, account: Account) -> None:
    """Credit a feed's pages to another customer account of its server's partner.

    Deposits are an account's through their feed, and a certificate of the old account may state
    them; so only a feed that has none yet can change. Raises Conflict, Invalid.
    """
    _claim(session, feed)
    if account.id == feed.account_id:
        return
    _must_own(feed.server, account)
    counted = select(Deposit.feed_id).where(Deposit.feed_id == feed.id, Deposit.pages != 0)
    if session.scalar(counted.limit(1)) is not None:
        raise Conflict(
            gettext(
                "Pages of %(customer_name)s are counted for %(name)s already and stay there. "
                "Remove the feed and connect the customer again with the other account.",
                customer_name=feed.customer_name,
                name=feed.account.name,
            )
        )
    feed.account = account
    session.flush()


def _must_own(server: Server, account: Account) -> None:
    """Refuse an account that is no customer of the server's partner. Raises Invalid."""
    if account.kind != "customer" or account.partner_id != server.account_id:
        raise Invalid(
            "account",
            gettext(
                "%(name)s is not a customer account of %(name2)s.",
                name=account.name,
                name2=server.account.name,
            ),
        )


def _claim_server(session: Session, server: Server) -> None:
    """Hold a server that is not removed: two who tie at once come one after another."""
    lock(session, Server.id, server.id)
    session.refresh(server)
    if server.removed_at is not None:
        raise Conflict(
            gettext(
                "%(name)s has been removed; register it again to tie its customers.",
                name=server.name,
            )
        )


def _tie(
    session: Session, server: Server, pairs: Sequence[tuple[Customer, Account]], now: datetime
) -> list[Feed]:
    found = candidates(session, server, [customer for customer, _ in pairs])
    made: dict[tuple[str | None, str], Feed] = {}
    feeds = []
    for candidate, (customer, owner) in zip(found, pairs, strict=True):
        key = (customer.customer_id, customer.name)
        feed = candidate.feed or made.get(key)
        if feed is None:
            feed = made[key] = _new_feed(server, customer, owner, now)
            session.add(feed)
        elif feed.account_id != owner.id:
            raise Conflict(
                gettext(
                    "%(name)s is tied to %(name2)s already.",
                    name=customer.name,
                    name2=feed.account.name,
                )
            )
        feeds.append(feed)
    session.flush()
    return feeds


def _new_feed(server: Server, customer: Customer, owner: Account, now: datetime) -> Feed:
    return Feed(
        server_id=server.id,
        account_id=owner.id,
        account=owner,
        customer_id=customer.customer_id,
        customer_name=customer.name,
        status="pending",
        health="pending",
        health_changed_at=now,
        created_at=now,
    )


def _claim(session: Session, feed: Feed) -> None:
    """Hold a feed that is not removed; a night that is at it ends first."""
    lock(session, Feed.id, feed.id)
    session.refresh(feed)
    if feed.status == "removed":
        raise Conflict(
            gettext(
                "%(customer_name)s has been removed; tie the customer again to use it.",
                customer_name=feed.customer_name,
            )
        )
