"""Access: which rows a viewer may see. Every page and list starts with one of these queries.

Operations see everything. A partner's users see the partner's account and its customers'. A
customer sees its own account, feeds, devices, deposits and certificates, but no servers, other
customers or users.
"""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from webapp.db import LARGEST_ID
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
from webapp.models.feed import COLLECTED
from webapp.queries.viewer import Viewer

IS_HELD = Delta.state == "held"
IS_CONNECTED = Feed.status != "removed"
IS_COLLECTED = Feed.status.in_(COLLECTED)
#: Feeds whose customer is not found, while another one lists its devices.
IS_RENAMED = and_(IS_COLLECTED, Feed.successor_name.is_not(None))

Noun = TypeVar("Noun", Account, User, Server, Feed, Device, Collection, Delta)


def accounts(viewer: Viewer) -> Select[Account]:
    """Select the accounts a viewer may see: all; a partner's and its customers'; a customer's."""
    return select(Account).where(owns(viewer, Account))


def partners(viewer: Viewer) -> Select[Account]:
    """Select the partners a viewer may see; an index covers accounts without a partner."""
    return accounts(viewer).where(Account.partner_id.is_(None), Account.kind == "partner")


def customers(viewer: Viewer) -> Select[Account]:
    """Select the customers a viewer may see."""
    if viewer.is_partner and viewer.account_id is not None:
        return select(Account).where(Account.partner_id == viewer.account_id)
    return accounts(viewer).where(Account.kind == "customer")


def users(viewer: Viewer) -> Select[User]:
    """Select the users of the accounts a viewer may see."""
    return select(User).where(_of_own_accounts(viewer, User.account_id))


def owns(viewer: Viewer, account: Any) -> ColumnElement[bool]:
    """Whether a joined account, ``Account`` or an alias, is one that a viewer may see."""
    if viewer.is_operations:
        return true()
    if viewer.account_id is None:
        return false()
    number = viewer.account_id
    own: ColumnElement[bool] = account.id == number
    return or_(own, account.partner_id == number) if viewer.is_partner else own


def servers(viewer: Viewer) -> Select[Server]:
    """Select the servers a viewer may see, removed ones included."""
    return select(Server).where(_own_server(viewer))


def feeds(viewer: Viewer) -> Select[Feed]:
    """Select the feeds of the accounts a viewer may see, removed ones included.

    A feed's customer and server have the same partner, so a partner's feeds are selected by its few
    servers rather than by thousands of accounts.
    """
    return select(Feed).where(own_feed(viewer))


def devices(viewer: Viewer) -> Select[Device]:
    """Select the devices of the feeds a viewer may see."""
    return select(Device).where(of_own_feeds(viewer, Device.feed_id))


def collections(viewer: Viewer) -> Select[Collection]:
    """Select the collections of the servers a viewer may see; none for customers."""
    return select(Collection).where(of_servers(viewer, Collection.server_id))


def certificates(viewer: Viewer) -> Select[Certificate]:
    """Select the certificates of the accounts a viewer may see."""
    return select(Certificate).where(_of_own_accounts(viewer, Certificate.account_id))


def deltas(viewer: Viewer) -> Select[Delta]:
    """Select the deltas of the feeds that a partner or operations may see."""
    if viewer.role == "customer":
        return select(Delta).where(false())
    return select(Delta).where(of_own_feeds(viewer, Delta.feed_id))


def held(viewer: Viewer) -> Select[Delta]:
    """Select the held deltas among them."""
    return deltas(viewer).where(IS_HELD)


def feed_events(viewer: Viewer) -> Select[FeedEvent]:
    """Select the events of the feeds a viewer may see."""
    return select(FeedEvent).where(of_own_feeds(viewer, FeedEvent.feed_id))


def audit_entries(viewer: Viewer) -> Select[AuditEntry]:
    """Select the audit trail: all of it, or a partner's own; none for a customer."""
    if viewer.is_operations:
        return select(AuditEntry)
    if not viewer.is_partner:
        return select(AuditEntry).where(false())
    return select(AuditEntry).where(AuditEntry.account_id == viewer.account_id)


def health_changes(viewer: Viewer) -> Select[HealthChange]:
    """Select the health changes of the servers and feeds a viewer may see."""
    if viewer.is_operations:
        return select(HealthChange)
    of_feed = HealthChange.feed_id.in_(select(Feed.id).where(own_feed(viewer)))
    of_server = of_servers(viewer, HealthChange.server_id)
    return select(HealthChange).where(or_(of_feed, of_server))


def logos(viewer: Viewer) -> Select[Logo]:
    """Select the logos on a viewer's pages: all; its own or its partner's."""
    if viewer.is_operations:
        return select(Logo)
    partner_id = select(func.coalesce(Account.partner_id, Account.id)).where(
        Account.id == viewer.account_id
    )
    shown = select(Brand.logo_digest).where(Brand.account_id == partner_id.scalar_subquery())
    return select(Logo).where(Logo.digest.in_(shown))


def logo(session: Session, viewer: Viewer, digest: str) -> Logo | None:
    """Return the logo with this digest, if the viewer's pages may show it."""
    return session.scalar(logos(viewer).where(Logo.digest == digest))


def account(session: Session, viewer: Viewer, account_id: int) -> Account:
    """Return an account with its partner. Raises NotFound."""
    query = accounts(viewer).options(joinedload(Account.partner))
    return _one(session, query, Account.id, account_id, "account")


def partner(session: Session, viewer: Viewer, account_id: int) -> Account:
    """Return a partner, also by the id of a customer. Raises NotFound, also for operations."""
    found = account(session, viewer, account_id)
    if found.kind == "operations":
        raise NotFound(f"account {account_id} has no partner")
    return found.partner or found


def user(session: Session, viewer: Viewer, user_id: int) -> User:
    """Return a user. Raises NotFound."""
    return _one(session, users(viewer), User.id, user_id, "user")


def server(session: Session, viewer: Viewer, server_id: int) -> Server:
    """Return a server with its partner, removed or not. Raises NotFound."""
    query = servers(viewer).options(joinedload(Server.account, innerjoin=True))
    return _one(session, query, Server.id, server_id, "server")


def feed(session: Session, viewer: Viewer, feed_id: int) -> Feed:
    """Return a feed with its account, partner and server, removed or not. Raises NotFound."""
    query = feeds(viewer).options(
        joinedload(Feed.account, innerjoin=True).joinedload(Account.partner),
        joinedload(Feed.server, innerjoin=True),
    )
    return _one(session, query, Feed.id, feed_id, "feed")


def device(session: Session, viewer: Viewer, device_id: int) -> Device:
    """Return a device with its feed, account and partner. Raises NotFound."""
    query = devices(viewer).options(
        joinedload(Device.feed, innerjoin=True)
        .joinedload(Feed.account, innerjoin=True)
        .joinedload(Account.partner)
    )
    return _one(session, query, Device.id, device_id, "device")


def collection(session: Session, viewer: Viewer, collection_id: int) -> Collection:
    """Return a collection with its server and partner. Raises NotFound."""
    server = joinedload(Collection.server, innerjoin=True)
    query = collections(viewer).options(server.joinedload(Server.account, innerjoin=True))
    return _one(session, query, Collection.id, collection_id, "collection")


def delta(session: Session, viewer: Viewer, delta_id: int) -> Delta:
    """Return a delta in any state, with device, feed, account and partner. Raises NotFound."""
    query = deltas(viewer).options(
        joinedload(Delta.device, innerjoin=True),
        joinedload(Delta.feed, innerjoin=True)
        .joinedload(Feed.account, innerjoin=True)
        .joinedload(Account.partner),
    )
    return _one(session, query, Delta.id, delta_id, "delta")


def certificate(session: Session, viewer: Viewer, number: str) -> Certificate:
    """Return a certificate by its number, with its account. Raises NotFound."""
    found = None
    if number.isascii() and number.isprintable() and len(number) <= 24:
        found = session.scalar(
            certificates(viewer)
            .where(Certificate.number == number)
            .options(joinedload(Certificate.account, innerjoin=True))
        )
    if found is None:
        raise NotFound(f"there is no certificate {number!r}")
    return found


def _one(
    session: Session,
    query: Select[Noun],
    key: InstrumentedAttribute[int],
    wanted: int,
    word: str,
) -> Noun:
    """Return the row with this id. Databases refuse ids out of range, so these are checked here."""
    found: Noun | None = None
    if 0 < wanted <= LARGEST_ID:
        found = session.scalar(query.where(key == wanted))
    if found is None:
        raise NotFound(f"there is no {word} {wanted}")
    return found


def _of_own_accounts(viewer: Viewer, account_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether rows belong to an account that the viewer may see."""
    if viewer.is_operations:
        return true()
    if viewer.is_partner:
        return account_id.in_(select(Account.id).where(owns(viewer, Account)))
    return account_id == viewer.account_id


def of_own_feeds(viewer: Viewer, feed_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether rows belong to feeds that a viewer may see."""
    if viewer.is_operations:
        return true()
    return feed_id.in_(select(Feed.id).where(own_feed(viewer)))


def own_feed(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a joined ``Feed`` is one that a viewer may see."""
    if viewer.is_operations:
        return true()
    if viewer.is_partner:
        return of_servers(viewer, Feed.server_id)
    return Feed.account_id == viewer.account_id


def of_servers(viewer: Viewer, server_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether rows belong to servers that a viewer may see."""
    if viewer.is_operations:
        return true()
    return server_id.in_(select(Server.id).where(_own_server(viewer)))


def _own_server(viewer: Viewer) -> ColumnElement[Any]:
    if viewer.is_operations:
        return true()
    return Server.account_id == viewer.account_id if viewer.is_partner else false()
