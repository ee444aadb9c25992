"""Feeds: mappings of a server's customers to customer accounts."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import lock
from webapp.errors import Conflict, Invalid
from webapp.models import Account, Deposit, Feed, Server
from webapp.printerpoint.fleet import Customer
from webapp.services.accounts import accounts
from webapp.services.feeds import feed_accounts
from webapp.services.feeds.matcher import Candidate, FeedMatcher


@dataclass(frozen=True, slots=True)
class ConnectedFeeds:
    """Feeds, and those of their accounts that were created with them.

    ``new``: the feeds that did not exist before; ``skipped``: customers that seem to be those of
    other feeds under a new name.
    """

    feeds: list[Feed]
    created: list[Account]
    new: list[Feed]
    skipped: list[Candidate] = field(default_factory=list)


def create_feed(
    session: Session,
    server: Server,
    customer: Customer,
    account: Account | None,
    now: datetime,
    fleet: Sequence[Customer] = (),
) -> ConnectedFeeds:
    """Connect a customer to a customer account; None: its own, see ``assign_accounts``.

    Returns the existing feed if it is connected to the same account. Raises Conflict when it is
    connected to another account or the server is removed, Invalid for an account of another
    partner.
    """
    lock_registered(session, server)
    if account is None:
        return _create_with_own_accounts(session, server, [customer], fleet, now)
    _require_own_customer(server, account)
    return _create_feeds(session, server, [(customer, account)], now, fleet)


def create_chosen_feeds(
    session: Session,
    server: Server,
    chosen: Sequence[tuple[Customer, str]],
    now: datetime,
    fleet: Sequence[Customer] = (),
) -> ConnectedFeeds:
    """Connect customers to the accounts of these names, all or none; as ``create_feed`` does.

    Missing accounts are created; an empty name means the customer's own.
    """
    lock_registered(session, server)
    names = [" ".join(name.split()) for _, name in chosen]
    named, created = accounts.customers_named(session, server.account, filter(None, names), now=now)
    given = [(one, named[name]) for (one, _), name in zip(chosen, names, strict=True) if name]
    others = [one for (one, _), name in zip(chosen, names, strict=True) if not name]
    reserved = [account.id for account in named.values()]
    own = _create_with_own_accounts(session, server, others, fleet, now, reserved)
    connected = _create_feeds(session, server, given, now, fleet)
    of_own, of_given = iter(own.feeds), iter(connected.feeds)
    made = [next(of_given) if name else next(of_own) for name in names]
    return ConnectedFeeds(made, created + own.created, own.new + connected.new)


def create_all_feeds(
    session: Session,
    server: Server,
    customers: Sequence[Customer],
    now: datetime,
    fleet: Sequence[Customer] = (),
) -> ConnectedFeeds:
    """Connect every customer without a feed to its own account; return the new feeds.

    A customer that seems to be that of a feed under a new name is skipped: see ``renames.relink``.
    ``fleet``: all customers of the server, if ``customers`` are some of them.
    """
    lock_registered(session, server)
    matcher = FeedMatcher(session, server, fleet or customers)
    left = matcher.unmapped(customers)
    connected = _create_with_own_accounts(session, server, left, fleet or customers, now)
    return replace(connected, skipped=matcher.renamed(customers))


def lock_connected(session: Session, feed: Feed) -> None:
    """Lock a feed, after a running collection of it. Raises Conflict if it is removed."""
    lock(session, Feed.id, feed.id)
    session.refresh(feed)
    if feed.status == "removed":
        raise Conflict(
            gettext(
                "%(customer_name)s has been removed; connect the customer again to use it.",
                customer_name=feed.customer_name,
            )
        )


def remove(session: Session, feed: Feed, now: datetime) -> bool:
    """Disconnect a customer; return whether it was connected.

    Its readings, deposits, certificates and history are kept.
    """
    lock(session, Feed.id, feed.id)
    session.refresh(feed)
    if feed.status == "removed":
        return False
    feed.status, feed.removed_at = "removed", now
    session.flush()
    return True


def change_account(session: Session, feed: Feed, account: Account) -> bool:
    """Credit a feed's pages to another customer account of its server's partner.

    Deposits belong to an account through their feed, and a certificate of the old account may state
    them; therefore a feed with deposits cannot change. Returns whether the account changed. Raises
    Conflict, Invalid.
    """
    lock_connected(session, feed)
    if account.id == feed.account_id:
        return False
    _require_own_customer(feed.server, account)
    counted = select(Deposit.feed_id).where(Deposit.feed_id == feed.id, Deposit.pages != 0)
    if session.scalar(counted.limit(1)) is not None:
        raise Conflict(
            gettext(
                "Pages of %(customer_name)s are already counted for %(name)s. Remove the feed and "
                "connect the customer to the other account instead.",
                customer_name=feed.customer_name,
                name=feed.account.name,
            )
        )
    feed.account = account
    session.flush()
    return True


def _require_own_customer(server: Server, account: Account) -> None:
    """Raise Invalid for an account that is not a customer of the server's partner."""
    if account.kind != "customer" or account.partner_id != server.account_id:
        raise Invalid(
            "account",
            gettext(
                "%(name)s is not a customer account of %(name2)s.",
                name=account.name,
                name2=server.account.name,
            ),
        )


def lock_registered(session: Session, server: Server) -> None:
    """Lock a server: concurrent connections of customers wait for each other.

    Raises Conflict if it is removed.
    """
    lock(session, Server.id, server.id)
    session.refresh(server)
    if server.removed_at is not None:
        raise Conflict(
            gettext(
                "%(name)s has been removed. Add the server again to connect its customers.",
                name=server.name,
            )
        )


def _create_with_own_accounts(
    session: Session,
    server: Server,
    customers: Sequence[Customer],
    fleet: Sequence[Customer],
    now: datetime,
    reserved: Sequence[int] = (),
) -> ConnectedFeeds:
    """Connect customers to their own accounts; a connected one keeps its account."""
    feed_accounts.lock_names(session, server.account_id)
    found = FeedMatcher(session, server, fleet or customers).candidates(customers)
    free = list(dict.fromkeys(one.customer for one in found if one.feed is None))
    plan = feed_accounts.assign_accounts(session, server, free, fleet or customers, reserved)
    owners = feed_accounts.create_accounts(session, server.account, plan, now)
    of_customer = {one: owner for one, (owner, _) in zip(free, owners, strict=True)}
    pairs = [
        (one.customer, of_customer[one.customer] if one.feed is None else one.feed.account)
        for one in found
    ]
    created = [owner for owner, is_new in owners if is_new]
    return replace(_create_feeds(session, server, pairs, now, fleet), created=created)


def _create_feeds(
    session: Session,
    server: Server,
    pairs: Sequence[tuple[Customer, Account]],
    now: datetime,
    fleet: Sequence[Customer],
) -> ConnectedFeeds:
    customers = [customer for customer, _ in pairs]
    found = FeedMatcher(session, server, fleet or customers).candidates(customers)
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
                    "%(name)s is already connected to %(name2)s.",
                    name=customer.name,
                    name2=feed.account.name,
                )
            )
        feeds.append(feed)
    withdraw_proposals(session, server.id, list(made))
    session.flush()
    return ConnectedFeeds(feeds, [], list(made.values()))


def withdraw_proposals(
    session: Session, server_id: int, customers: Sequence[tuple[str | None, str]]
) -> None:
    """Withdraw proposals of these customers, by ID and name, as successors of others."""
    proposed = select(Feed).where(Feed.server_id == server_id, Feed.successor_name.is_not(None))
    keys = set(customers)
    for feed in session.scalars(proposed) if keys else ():
        if (feed.successor_id, feed.successor_name) in keys:
            withdraw_proposal(feed)


def withdraw_proposal(feed: Feed) -> None:
    """Withdraw the proposed successor of a feed's customer, if it has one."""
    feed.successor_id = feed.successor_name = None
    feed.successor_devices = feed.successor_of = None


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
