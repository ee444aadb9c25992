"""Accounts of customers that are connected without a named account: never another customer's.

Names do not identify a company: two customers of Printerpoint with equal names are two companies.
They share an account only if a user chooses it for both.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from webapp.db import MOST_PARAMETERS, lock
from webapp.models import Account, Feed, Server
from webapp.printerpoint.fleet import Customer
from webapp.services.accounts.accounts import LONGEST_NAME, normalize_name


@dataclass(frozen=True, slots=True)
class Assignment:
    """The account for a customer: an existing one, or None for a new one; ``name``: its name."""

    customer: Customer
    account_id: int | None
    name: str


def assign_accounts(
    session: Session,
    server: Server,
    customers: Sequence[Customer],
    fleet: Sequence[Customer],
    reserved: Collection[int] = (),
) -> list[Assignment]:
    """Return the account of each customer, in the given order.

    A customer that was connected before gets the account of its latest removed feed, also if that
    account was renamed or has other feeds. A new customer gets a new account of its name, or of its
    name and ID if that name is in use; an existing account is assigned if no feed ever had it and
    no other customer of the fleet has this name, in any letter case. ``reserved``: ids of accounts
    that must not be assigned by name.
    """
    planner = _Planner(session, server, customers, [*fleet, *customers], reserved)
    return [planner.assign(customer) for customer in customers]


def create_accounts(
    session: Session, partner: Account, assignments: Sequence[Assignment], now: datetime
) -> list[tuple[Account, bool]]:
    """Return the account of each assignment, and whether it was created."""
    ids = {one.account_id for one in assignments if one.account_id is not None}
    query = select(Account).where(Account.partner_id == partner.id)
    if len(ids) <= MOST_PARAMETERS:
        query = query.where(Account.id.in_(ids))
    known = {account.id: account for account in session.scalars(query)} if ids else {}
    found = []
    for one in assignments:
        if one.account_id is not None:
            found.append((known[one.account_id], False))
            continue
        made = Account(kind="customer", name=one.name, partner=partner, created_at=now)
        session.add(made)
        found.append((made, True))
    session.flush()
    return found


def lock_names(session: Session, partner_id: int) -> None:
    """Lock a partner, so that of two concurrent requests the second finds the first's accounts."""
    lock(session, Account.id, partner_id)


class _Planner:
    """The names and feeds of a partner's accounts, and the assignments so far."""

    def __init__(
        self,
        session: Session,
        server: Server,
        customers: Sequence[Customer],
        fleet: Sequence[Customer],
        reserved: Collection[int],
    ) -> None:
        rows = session.execute(
            select(Account.id, Account.name).where(Account.partner_id == server.account_id)
        ).all()
        self._server_id = server.id
        self._ids = {row.name: row.id for row in rows}
        self._in_use = {row.name.casefold() for row in rows}
        distinct = {(one.customer_id, one.name) for one in fleet}
        self._customers_of_name = Counter(normalize_name(name).casefold() for _, name in distinct)
        wanted = {name for one in customers for name in _preferred_names(one)}
        named = [row.id for row in rows if row.name in wanted]
        self._unavailable = set(reserved)
        self._feeds: defaultdict[tuple[str | None, str], list[Any]] = defaultdict(list)
        for feed in _feeds_of(session, server, customers, named):
            self._unavailable.add(feed.account_id)
            self._feeds[_key(feed.customer_id, feed.customer_name)].append(feed)

    def assign(self, customer: Customer) -> Assignment:
        former = self._former_feed(customer)
        if former is not None:
            return Assignment(customer, former.account_id, former.account_name)
        for name in _names(customer):
            account_id = self._ids.get(name)
            if account_id is not None and self._is_available(account_id, name, customer):
                self._unavailable.add(account_id)
                return Assignment(customer, account_id, name)
            if name.casefold() not in self._in_use:
                self._in_use.add(name.casefold())
                return Assignment(customer, None, name)
        raise AssertionError("the names never end")

    def _former_feed(self, customer: Customer) -> Any | None:
        """Return the latest feed of a customer at this server, else at a removed one."""
        feeds = self._feeds[_key(customer.customer_id, customer.name)]
        own = [one for one in feeds if one.server_id == self._server_id]
        if own:
            return own[-1]
        former = [
            one
            for one in feeds
            if one.server_removed_at is not None
            and _has_name(one, customer)
            and not _is_elsewhere(one, feeds)
        ]
        return former[-1] if former else None

    def _is_available(self, account_id: int, name: str, customer: Customer) -> bool:
        own_name = normalize_name(customer.name)
        return (
            account_id not in self._unavailable
            and name == own_name
            and self._customers_of_name[own_name.casefold()] == 1
        )


def _feeds_of(
    session: Session, server: Server, customers: Sequence[Customer], account_ids: Sequence[int]
) -> Sequence[Any]:
    """Return the feeds of customers, and of accounts, of a server's partner; the latest last."""
    query = (
        select(
            Feed.account_id,
            Account.name.label("account_name"),
            Feed.server_id,
            Feed.customer_id,
            Feed.customer_name,
            Feed.created_at,
            Server.removed_at.label("server_removed_at"),
        )
        .join(Feed.server)
        .join(Feed.account)
        .where(Server.account_id == server.account_id, Account.partner_id == server.account_id)
        .order_by(Feed.removed_at, Feed.id)
    )
    if len(customers) <= MOST_PARAMETERS:
        ids = {one.customer_id for one in customers if one.customer_id is not None}
        names = {one.name for one in customers if one.customer_id is None}
        query = query.where(
            or_(
                Feed.account_id.in_(account_ids),
                Feed.customer_id.in_(ids),
                Feed.customer_id.is_(None) & Feed.customer_name.in_(names),
            )
        )
    return session.execute(query).all()


def _key(customer_id: str | None, name: str) -> tuple[str | None, str]:
    """Return what distinguishes a customer in its fleet, whose name changes if it has an ID."""
    return customer_id, "" if customer_id is not None else name


def _has_name(feed: Any, customer: Customer) -> bool:
    """Whether a feed or its account has the customer's name: IDs repeat at other logins."""
    known = {normalize_name(feed.customer_name), feed.account_name}
    return not known.isdisjoint(_preferred_names(customer))


def _is_elsewhere(former: Any, feeds: Sequence[Any]) -> bool:
    """Whether the customer of a removed server was since connected at another one.

    One of the same ID or name that shared its account before is another customer.
    """
    connected: defaultdict[int, list[datetime]] = defaultdict(list)
    for one in feeds:
        if one.server_removed_at is None and one.account_id == former.account_id:
            connected[one.server_id].append(one.created_at)
    return any(min(moments) >= former.server_removed_at for moments in connected.values())


def _preferred_names(customer: Customer) -> list[str]:
    """Return the customer's name, and its name and ID."""
    name = normalize_name(customer.name)
    if customer.customer_id is None:
        return [name]
    return [name, _with_suffix(name, normalize_name(customer.customer_id))]


def _names(customer: Customer) -> Iterator[str]:
    """Yield possible account names, the preferred first: Miller, Miller (MILL02), Miller (2) ..."""
    preferred = _preferred_names(customer)
    yield from preferred
    for number in count(2):
        yield _with_suffix(preferred[0], str(number))


def _with_suffix(name: str, suffix: str) -> str:
    suffix = f" ({suffix[: LONGEST_NAME // 2]})"
    return name[: LONGEST_NAME - len(suffix)].rstrip() + suffix
