"""The search over customers, feeds, devices, certificates and servers.

Each kind is found by its indexed columns. ``_CANDIDATES`` matches are read, of which the exact ones
come first, then the others by name: sorting all matches would read most of a table.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Select, case, func, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.models import Account, Certificate, Device, Feed, Server
from webapp.queries import access, lists
from webapp.queries.viewer import Viewer

#: Matches shown of each kind.
SHOWN = 8
_CANDIDATES = 100


def accounts(session: Session, viewer: Viewer, text: str) -> Sequence[Any]:
    """Return customers, and partners for operations, whose name contains a text."""
    if viewer.role == "customer":
        return ()
    found: Any = access.accounts(viewer).where(Account.kind != "operations")
    ids = _matching(found, Account.id, text, Account.name)
    query: Any = select(Account.id, Account.name, Account.kind)
    return _first(session, query, Account.id, ids, text, Account.name)


def feeds(session: Session, viewer: Viewer, text: str) -> Sequence[Any]:
    """Return the feeds whose customer's name or ID in Printerpoint contains a text."""
    found = access.feeds(viewer).where(access.IS_CONNECTED)
    ids = _matching(found, Feed.id, text, Feed.customer_name, Feed.customer_id)
    query = select(
        Feed.id, Feed.customer_name, Feed.customer_id, Account.name.label("account_name")
    )
    joined: Any = query.join(Feed.account)
    return _first(session, joined, Feed.id, ids, text, Feed.customer_name, Feed.customer_id)


def devices(session: Session, viewer: Viewer, text: str) -> Sequence[Any]:
    """Return the devices whose asset ID or serial number contains a text."""
    found: Any = select(Device).join(Device.feed)
    found = found.where(access.own_feed(viewer), access.IS_CONNECTED)
    ids = _matching(found, Device.id, text, Device.serial_number, Device.asset_id)
    query = select(Device.id, Device.asset_id, Device.serial_number, Feed.customer_name)
    joined: Any = query.join(Device.feed)
    return _first(session, joined, Device.id, ids, text, Device.serial_number, Device.asset_id)


def certificates(session: Session, viewer: Viewer, text: str) -> Sequence[Any]:
    """Return the certificates whose number or customer's name contains a text, by number."""
    columns = (Certificate.number, Certificate.account_name)
    ids = _matching(access.certificates(viewer), Certificate.id, text, *columns)
    query: Any = select(Certificate.number, Certificate.account_name, Certificate.month)
    return _first(session, query, Certificate.id, ids, text, *columns)


def servers(session: Session, viewer: Viewer, text: str) -> Sequence[Any]:
    """Return the servers whose name contains a text, without removed ones."""
    found = access.servers(viewer).where(Server.removed_at.is_(None))
    ids = _matching(found, Server.id, text, Server.name)
    query: Any = select(Server.id, Server.name, Account.name.label("partner_name"))
    return _first(session, query.join(Server.account), Server.id, ids, text, Server.name)


def _matching(
    found: Any, key: InstrumentedAttribute[int], text: str, *columns: InstrumentedAttribute[Any]
) -> CompoundSelect[Any]:
    """Select up to ``_CANDIDATES`` ids per column, equal and containing; each has its own index."""
    own: Any = found.with_only_columns(key.label("id"))
    exact = [own.where(column.in_({text, text.upper()})) for column in columns]
    others = [own.where(lists.contains(text, column)) for column in columns]
    some = [each.limit(_CANDIDATES).subquery() for each in (*exact, *others)]
    return union_all(*(select(each.c.id) for each in some))


def _first(
    session: Session,
    query: Select[Any],
    key: InstrumentedAttribute[int],
    ids: CompoundSelect[Any],
    text: str,
    *columns: InstrumentedAttribute[Any],
) -> Sequence[Any]:
    lower = text.lower()
    is_exact = case(*((func.lower(column) == lower, 0) for column in columns), else_=1)
    ordered = query.where(key.in_(ids)).order_by(is_exact, columns[0], key)
    rows: Sequence[Any] = session.execute(ordered.limit(SHOWN + 1)).all()
    return rows
