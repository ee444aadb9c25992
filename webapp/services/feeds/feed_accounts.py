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

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import lock
from webapp.models import Account, Feed, Server
from webapp.printerpoint.fleet import Customer
from webapp.services.accounts.accounts import LONGEST_NAME, tolerated_name

#: Databases limit the number of parameters of a statement.
_FEW = 1_000


@dataclass(frozen=True, slots=True)
class Assignment:
    """The account for a customer: an existing one, or None for a new one of this name."""

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

    A customer gets a new account of its name, or of its name and ID if that name is in use. An
    existing one is assigned if the customer had it before its feed was removed, or if no feed ever
    had it and no other customer of the fleet has this name, in any letter case. ``reserved``: ids
    of accounts that must not be assigned.
    """
    planner = _Planner(session, server, customers, [*fleet, *customers], reserved)
    return [planner.assign(customer) for customer in customers]


def create_accounts(
    session: Session, partner: Account, assignments: Sequence[Assignment], now: datetime
) -> list[tuple[Account, bool]]:
    """Return the account of each assignment, and whether it was created."""
    ids = [one.account_id for one in assignments if one.account_id is not None]
    known = {account_id: session.get_one(Account, account_id) for account_id in ids}
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
        self._customers_of_name = Counter(tolerated_name(name).casefold() for _, name in distinct)
        self._unavailable = set(reserved)
        wanted = {name for one in customers for name in _preferred_names(one)}
        self._feeds = _feeds_of(session, server, [row.id for row in rows if row.name in wanted])

    def assign(self, customer: Customer) -> Assignment:
        for name in _names(customer):
            account_id = self._ids.get(name)
            if account_id is not None and self._may_take(account_id, name, customer):
                self._unavailable.add(account_id)
                return Assignment(customer, account_id, name)
            if name.casefold() not in self._in_use:
                self._in_use.add(name.casefold())
                return Assignment(customer, None, name)
        raise AssertionError("the names never end")

    def _may_take(self, account_id: int, name: str, customer: Customer) -> bool:
        if account_id in self._unavailable or name not in _preferred_names(customer):
            return False
        feeds = self._feeds[account_id]
        if feeds:
            return all(self._was_removed_of(feed, customer) for feed in feeds)
        own_name = tolerated_name(customer.name)
        return name == own_name and self._customers_of_name[own_name.casefold()] == 1

    def _was_removed_of(self, feed: Any, customer: Customer) -> bool:
        """Whether a feed was of this customer, and it or its server is removed."""
        same_place = feed.server_id == self._server_id or feed.server_removed_at is not None
        same = feed.customer_id == customer.customer_id and (
            customer.customer_id is not None or feed.customer_name == customer.name
        )
        return feed.status == "removed" and same_place and same


def _feeds_of(
    session: Session, server: Server, account_ids: Sequence[int]
) -> defaultdict[int, list[Any]]:
    query = (
        select(
            Feed.account_id,
            Feed.server_id,
            Feed.status,
            Feed.customer_id,
            Feed.customer_name,
            Server.removed_at.label("server_removed_at"),
        )
        .join(Feed.server)
        .where(Server.account_id == server.account_id)
    )
    if len(account_ids) <= _FEW:
        query = query.where(Feed.account_id.in_(account_ids))
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in session.execute(query):
        found[row.account_id].append(row)
    return found


def _preferred_names(customer: Customer) -> list[str]:
    """Return the customer's name, and its name and ID."""
    name = tolerated_name(customer.name)
    if customer.customer_id is None:
        return [name]
    return [name, _with_suffix(name, tolerated_name(customer.customer_id))]


def _names(customer: Customer) -> Iterator[str]:
    """Yield possible account names, the preferred first: Miller, Miller (MILL02), Miller (2) ..."""
    preferred = _preferred_names(customer)
    yield from preferred
    for number in count(2):
        yield _with_suffix(preferred[0], str(number))


def _with_suffix(name: str, suffix: str) -> str:
    suffix = f" ({suffix[: LONGEST_NAME // 2]})"
    return name[: LONGEST_NAME - len(suffix)].rstrip() + suffix
