"""Rows by arguments: an id, or the exact name of an account if it is unique.

Devices have serial numbers and asset IDs instead, in any letter case.
"""

import re
from collections.abc import Collection, Sequence
from typing import TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from webapp.db import LARGEST_ID
from webapp.errors import Invalid
from webapp.models import Account, Device, Feed, Server

KINDS = frozenset({"operations", "partner", "customer"})
#: No id has more digits; int() refuses thousands of them.
_ID = re.compile(r"[0-9]{1,20}")

Noun = TypeVar("Noun", Account, Server, Feed)
Row = TypeVar("Row", Account, Server, Feed, Device)


def account(
    session: Session, text: str, field: str = "account", kinds: Collection[str] = KINDS
) -> Account:
    """Return the account of an id or exact name. Raises Invalid for ``field``."""
    query = select(Account).where(Account.kind.in_(kinds)).order_by(Account.id)
    word = f"{' or '.join(sorted(kinds))} account" if len(kinds) < len(KINDS) else "account"
    return _one(session, query, Account.id, text, field, word, "accounts")


def server(session: Session, text: str, field: str = "server") -> Server:
    """Return the server of an id, or the only one of a partner. Raises Invalid for ``field``.

    Removed servers are refused.
    """
    query = select(Server).join(Server.account).order_by(Server.id)
    row = _of_id(session, query, Server.id, text)
    if row is not None and row.removed_at is not None:
        raise Invalid(
            field,
            f"Server {row.id} ({row.name} of {row.account.name}) was removed on "
            f"{row.removed_at:%Y-%m-%d}. 'releaf server add' adds its login again.",
        )
    present = query.where(Server.removed_at.is_(None))
    return _one(session, present, Server.id, text, field, "server", "servers")


def feed(session: Session, text: str, field: str = "feed") -> Feed:
    """Return the feed of an id, or the only one of an account. Raises Invalid for ``field``."""
    query = select(Feed).join(Feed.account).order_by(Feed.id)
    return _one(session, query, Feed.id, text, field, "feed", "feeds")


def device(session: Session, text: str, field: str = "device") -> Device:
    """Return a device by its id, or by a unique serial number or asset ID. Raises Invalid.

    Surrounding blanks are ignored and, without an exact match, letter case.
    """
    text = text.strip()
    query = select(Device).join(Device.feed).order_by(Device.id)
    row = _of_id(session, query, Device.id, text)
    if row is not None:
        return row
    exact = or_(Device.serial_number == text, Device.asset_id == text)
    lower = text.lower()
    similar = or_(func.lower(Device.serial_number) == lower, func.lower(Device.asset_id) == lower)
    rows: Sequence[Device] = ()
    if text:
        rows = session.scalars(query.where(exact).limit(10)).all()
        rows = rows or session.scalars(query.where(similar).limit(10)).all()
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise Invalid(
            field, f"There is no device {text!r}. Give an id listed by 'releaf list devices'."
        )
    ids = ", ".join(str(row.id) for row in rows)
    raise Invalid(field, f"{text!r} matches more than one device. Give one of the ids {ids}.")


def with_customers(session: Session, account: Account) -> Sequence[int]:
    """Return the ids of an account and, of a partner, of its customers."""
    own = or_(Account.id == account.id, Account.partner_id == account.id)
    return session.scalars(select(Account.id).where(own).order_by(Account.id)).all()


def _of_id(
    session: Session, query: Select[Row], key: InstrumentedAttribute[int], text: str
) -> Row | None:
    """Return the row with the id ``text``, if that is one."""
    if not _ID.fullmatch(text) or int(text) > LARGEST_ID:
        return None
    return session.scalar(query.where(key == int(text)))


def _one(
    session: Session,
    query: Select[Noun],
    key: InstrumentedAttribute[int],
    text: str,
    field: str,
    word: str,
    nouns: str,
) -> Noun:
    """Return the row with the id ``text``, else the only one whose account has this exact name."""
    row = _of_id(session, query, key, text)
    if row is not None:
        return row
    rows = session.scalars(query.where(Account.name == text).limit(10)).all()
    if len(rows) == 1:
        return rows[0]
    if not rows:
        raise Invalid(
            field, f"There is no {word} {text!r}. Give its id, as 'releaf list {nouns}' shows it."
        )
    ids = ", ".join(str(row.id) for row in rows)
    raise Invalid(field, f"{text!r} names more than one {word}. Give one of the ids {ids}.")
