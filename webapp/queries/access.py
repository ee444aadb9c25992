"""Access: which rows a viewer may see. Every page and list begins with one of these.

Operations see everything. A partner's users see the partner's account and its customers'. A
customer sees its own account, feeds, devices, deposits and certificates: never a server, another
customer or other people's users.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Select, bindparam, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from webapp.db import constant, in_digits
from webapp.errors import NotFound
from webapp.models import (
    Account,
    AuditEntry,
    Brand,
    Certificate,
    Collection,
    Delta,
    Device,
    Feed,
    FeedEvent,
    HealthChange,
    Logo,
    Server,
    User,
)
from webapp.models.user import Role

#: PostgreSQL's integer; a greater id in an address cannot be anybody's.
_LARGEST_ID = 2**31 - 1

IS_HELD = Delta.state == constant("held")
IS_TIED = Feed.status != constant("removed")
#: Feeds that are collected; the health of others is the last that was known.
IS_COLLECTED = Feed.status.in_([constant("pending"), constant("active")])

Noun = TypeVar("Noun", Account, User, Server, Feed, Device, Collection, Delta)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks. The account is None for the command line and for jobs.

    ``server_ids``: those of a partner, where they are known; to name them spares the database a
    join, and lets an index have the order of a list.
    """

    role: Role
    account_id: int | None
    user_id: int | None = field(compare=False)  # whoever it is sees the same rows
    server_ids: tuple[int, ...] | None = None

    @classmethod
    def of(cls, user: User) -> Viewer:
        """The viewer that a logged-in user is."""
        return cls(cast(Role, user.role), user.account_id, user.id)

    @property
    def may_change(self) -> bool:
        """Whether the viewer may change what it sees."""
        return self.role in ("operations", "partner_admin")

    @property
    def is_operations(self) -> bool:
        """Whether the viewer sees everything."""
        return self.role == "operations"

    @property
    def is_partner(self) -> bool:
        """Whether the viewer sees a partner and its customers."""
        return self.role in ("partner_admin", "partner_viewer")


def accounts(viewer: Viewer) -> Select[Account]:
    """The accounts a viewer may see: all; a partner's and its customers'; one's own."""
    return select(Account).where(_own_account(viewer))


def partners(viewer: Viewer) -> Select[Account]:
    """The partners among them; an index has those without a partner of their own."""
    return accounts(viewer).where(Account.partner_id.is_(None), Account.kind == constant("partner"))


def customers(viewer: Viewer) -> Select[Account]:
    """The customers among them, of a partner or of all."""
    if viewer.is_partner and viewer.account_id is not None:
        return select(Account).where(Account.partner_id == in_digits(viewer.account_id))
    return accounts(viewer).where(Account.kind == "customer")


def users(viewer: Viewer) -> Select[User]:
    """The users of the accounts a viewer may see."""
    return select(User).where(_of_own_accounts(viewer, User.account_id))


def owns(viewer: Viewer, account: Any) -> ColumnElement[bool]:
    """Whether an account that a query joins, ``Account`` or an alias, is one a viewer may see."""
    if viewer.is_operations:
        return true()
    if viewer.account_id is None:
        return false()
    number = in_digits(viewer.account_id)
    own: ColumnElement[bool] = account.id == number
    return or_(own, account.partner_id == number) if viewer.is_partner else own


def of_own_accounts(viewer: Viewer) -> list[ColumnElement[bool]]:
    """Conditions on ``Account`` that leave those a viewer may see, for queries that join it."""
    return [_own_account(viewer)]


def servers(viewer: Viewer) -> Select[Server]:
    """A partner's servers, removed ones included: their history stays."""
    return select(Server).where(_own_server(viewer))


def of_own_feeds(viewer: Viewer) -> list[ColumnElement[bool]]:
    """Conditions on ``Feed`` that leave those a viewer may see, for queries that join it."""
    return [_own_feed(viewer)]


def feeds(viewer: Viewer) -> Select[Feed]:
    """The feeds of the accounts a viewer may see, removed ones included.

    A feed ties customers of the partner whose server it is, so a partner's are those of its
    servers: there are few servers, and thousands of accounts.
    """
    return select(Feed).where(_own_feed(viewer))


def devices(viewer: Viewer) -> Select[Device]:
    """The devices of the feeds a viewer may see."""
    return select(Device).where(_of_own_feeds(viewer, Device.feed_id))


def collections(viewer: Viewer) -> Select[Collection]:
    """The collections of the servers a viewer may see; they name every customer of a server."""
    return select(Collection).where(of_servers(viewer, Collection.server_id))


def certificates(viewer: Viewer) -> Select[Certificate]:
    """The certificates of the accounts a viewer may see."""
    return select(Certificate).where(_of_own_accounts(viewer, Certificate.account_id))


def deltas(viewer: Viewer) -> Select[Delta]:
    """The gains of the feeds a viewer may see; for partners and operations to judge."""
    if viewer.role == "customer":
        return select(Delta).where(false())
    return select(Delta).where(_of_own_feeds(viewer, Delta.feed_id))


def held(viewer: Viewer) -> Select[Delta]:
    """The gains that wait for a person; the database keeps of which server they are."""
    if viewer.is_partner:
        return select(Delta).where(IS_HELD, of_servers(viewer, Delta.server_id))
    return deltas(viewer).where(IS_HELD)


def feed_events(viewer: Viewer) -> Select[FeedEvent]:
    """The histories of the feeds a viewer may see."""
    return select(FeedEvent).where(_of_own_feeds(viewer, FeedEvent.feed_id))


def audit_entries(viewer: Viewer) -> Select[AuditEntry]:
    """The audit trail: all of it, or a partner's own; a customer sees none."""
    if viewer.is_operations:
        return select(AuditEntry)
    if not viewer.is_partner:
        return select(AuditEntry).where(false())
    return select(AuditEntry).where(AuditEntry.account_id == viewer.account_id)


def health_changes(viewer: Viewer) -> Select[HealthChange]:
    """The health changes of the servers and feeds a viewer may see."""
    if viewer.is_operations:
        return select(HealthChange)
    of_feed = HealthChange.feed_id.in_(select(Feed.id).where(_own_feed(viewer)))
    of_server = of_servers(viewer, HealthChange.server_id)
    return select(HealthChange).where(or_(of_feed, of_server))


def logos(viewer: Viewer) -> Select[Logo]:
    """The logos that a viewer's pages bear: all; its own or its partner's."""
    if viewer.is_operations:
        return select(Logo)
    partner_id = select(func.coalesce(Account.partner_id, Account.id)).where(
        Account.id == viewer.account_id
    )
    borne = select(Brand.logo_digest).where(Brand.account_id == partner_id.scalar_subquery())
    return select(Logo).where(Logo.digest.in_(borne))


def account(session: Session, viewer: Viewer, account_id: int) -> Account:
    """An account. Raises NotFound."""
    return _one(session, viewer, _whole_accounts, Account.id, account_id, "account")


def user(session: Session, viewer: Viewer, user_id: int) -> User:
    """A user. Raises NotFound."""
    return _one(session, viewer, users, User.id, user_id, "user")


def server(session: Session, viewer: Viewer, server_id: int) -> Server:
    """A server, removed or not. Raises NotFound."""
    return _one(session, viewer, _whole_servers, Server.id, server_id, "server")


def feed(session: Session, viewer: Viewer, feed_id: int) -> Feed:
    """A feed, removed or not. Raises NotFound."""
    return _one(session, viewer, _whole_feeds, Feed.id, feed_id, "feed")


def device(session: Session, viewer: Viewer, device_id: int) -> Device:
    """A device. Raises NotFound."""
    return _one(session, viewer, _whole_devices, Device.id, device_id, "device")


def collection(session: Session, viewer: Viewer, collection_id: int) -> Collection:
    """A collection. Raises NotFound."""
    return _one(session, viewer, _whole_collections, Collection.id, collection_id, "collection")


def delta(session: Session, viewer: Viewer, delta_id: int) -> Delta:
    """A gain, in whatever state. Raises NotFound."""
    return _one(session, viewer, _whole_deltas, Delta.id, delta_id, "gain")


def certificate(session: Session, viewer: Viewer, number: str) -> Certificate:
    """A certificate by its number. Raises NotFound."""
    found = None
    if number.isascii() and number.isprintable() and len(number) <= 24:
        found = session.scalar(_by_number(viewer), {"wanted": number})
    if found is None:
        raise NotFound(f"there is no certificate {number!r}")
    return found


def _one(
    session: Session,
    viewer: Viewer,
    of: Callable[[Viewer], Select[Noun]],
    key: InstrumentedAttribute[int],
    wanted: int,
    word: str,
) -> Noun:
    may_exist(wanted, word)
    found: Noun | None = session.scalar(_by_id(viewer, of, key), {"wanted": wanted})
    if found is None:
        raise NotFound(f"there is no {word} {wanted}")
    return found


def may_exist(wanted: int, word: str) -> None:
    """Raise NotFound for an id that no row can have; a database would refuse it."""
    if not 0 < wanted <= _LARGEST_ID:
        raise NotFound(f"there is no {word} {wanted}")


@lru_cache(maxsize=1024)
def _by_id(
    viewer: Viewer, of: Callable[[Viewer], Select[Any]], key: InstrumentedAttribute[int]
) -> Select[Any]:
    """Made once for a viewer: every page of one thing begins with it."""
    return of(viewer).where(key == bindparam("wanted"))


@lru_cache(maxsize=1024)
def _by_number(viewer: Viewer) -> Select[Certificate]:
    """With its account, and whether it is drawn."""
    whole = (joinedload(Certificate.account, innerjoin=True), joinedload(Certificate.undrawn))
    wanted = Certificate.number == bindparam("wanted")
    return certificates(viewer).where(wanted).options(*whole)


# With what every page of it names, or has its days from: each would be a question of its own.
_ACCOUNT = (
    Account.kind,
    Account.name,
    Account.partner_id,
    Account.time_zone,
    Account.country,
    Account.region,
    Account.language,
)
_SERVER = (Server.account_id, Server.name, Server.health, Server.removed_at)


def _with_account(of: Any) -> list[Any]:
    """An account, and its partner."""
    return [of.load_only(*_ACCOUNT), of.joinedload(Account.partner).load_only(*_ACCOUNT)]


def _whole_accounts(viewer: Viewer) -> Select[Account]:
    return accounts(viewer).options(joinedload(Account.partner).load_only(*_ACCOUNT))


def _whole_servers(viewer: Viewer) -> Select[Server]:
    return servers(viewer).options(*_with_account(joinedload(Server.account, innerjoin=True)))


def _whole_feeds(viewer: Viewer) -> Select[Feed]:
    whose = _with_account(joinedload(Feed.account, innerjoin=True))
    server = joinedload(Feed.server, innerjoin=True).load_only(*_SERVER)
    return feeds(viewer).options(*whose, server)


def _whole_devices(viewer: Viewer) -> Select[Device]:
    return devices(viewer).options(*_of_device(joinedload(Device.feed, innerjoin=True)))


def _whole_deltas(viewer: Viewer) -> Select[Delta]:
    device = joinedload(Delta.device, innerjoin=True)
    return deltas(viewer).options(*_of_device(device.joinedload(Device.feed, innerjoin=True)))


def _of_device(feed: Any) -> list[Any]:
    return _with_account(feed.joinedload(Feed.account, innerjoin=True))


def _whole_collections(viewer: Viewer) -> Select[Collection]:
    server = joinedload(Collection.server, innerjoin=True)
    whose = _with_account(server.joinedload(Server.account, innerjoin=True))
    return collections(viewer).options(server.load_only(*_SERVER), *whose)


def _own_account(viewer: Viewer) -> ColumnElement[bool]:
    return owns(viewer, Account)


def _of_own_accounts(viewer: Viewer, account_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Rows that belong to an account the viewer may see."""
    if viewer.is_operations:
        return true()
    if viewer.is_partner:
        return account_id.in_(select(Account.id).where(_own_account(viewer)))
    return account_id == viewer.account_id


def _of_own_feeds(viewer: Viewer, feed_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    if viewer.is_operations:
        return true()
    return feed_id.in_(select(Feed.id).where(_own_feed(viewer)))


def _own_feed(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.is_operations:
        return true()
    if viewer.is_partner:
        return of_servers(viewer, Feed.server_id)
    return Feed.account_id == viewer.account_id


def of_servers(viewer: Viewer, server_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Rows that belong to the servers a viewer may see."""
    if viewer.is_operations:
        return true()
    if viewer.server_ids is None:
        return server_id.in_(select(Server.id).where(_own_server(viewer)))
    if len(viewer.server_ids) == 1:
        return server_id == in_digits(viewer.server_ids[0])
    return server_id.in_(viewer.server_ids)


def _own_server(viewer: Viewer) -> ColumnElement[Any]:
    if viewer.is_operations:
        return true()
    return Server.account_id == viewer.account_id if viewer.is_partner else false()
