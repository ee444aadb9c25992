"""The audit trail: who did what, when and from where. Entries are never changed."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from webapp.db import LARGEST_ID, lock, upsert
from webapp.domain.audit_chain import START, entry_hash
from webapp.domain.reasons import reason
from webapp.models import Account, AuditChain, AuditEntry, User
from webapp.models.audit_entry import Origin
from webapp.queries import audit as queries

Action = Literal[
    "account added",
    "account changed",
    "badge changed",
    "brand changed",
    "brand reset",
    "certificate minimum changed",
    "collection cancelled",
    "collection requested",
    "deltas reviewed",
    "email resent",
    "equivalent changed",
    "feed changed",
    "feed deactivated",
    "feed note added",
    "feed note deleted",
    "feed reactivated",
    "feed relinked",
    "feed removed",
    "feeds connected",
    "invitation accepted",
    "month closed",
    "name sharing changed",
    "password refused",
    "password reset",
    "password reset requested",
    "pages recounted",
    "queue changed",
    "review reopened",
    "server approved",
    "server checked",
    "server registered",
    "server removed",
    "server renamed",
    "server token replaced",
    "tokens re-encrypted",
    "tries limited",
    "user changed email",
    "user changed name",
    "user changed password",
    "user disabled",
    "user enabled",
    "user invited",
    "user log-in refused",
    "user logged in",
    "user logged out",
    "user logged out everywhere",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
_UNKNOWN_A_MINUTE = 30
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Actor:
    """The actor: a user in the browser, or the command line."""

    user_id: int | None
    place: Origin


def record(
    session: Session,
    actor: Actor,
    action: Action,
    subject: str,
    *,
    account_id: int | None,
    details: Mapping[str, Any],
    now: datetime,
) -> None:
    """Record an action in its transaction. ``account_id``: see ``audit_account_id``."""
    session.add(
        AuditEntry(
            at=now,
            user_id=actor.user_id,
            account_id=account_id,
            place=actor.place,
            action=action,
            subject=subject[:250],
            details=dict(details),
        )
    )


def record_refusal(session: Session, users: Sequence[User], action: Action, now: datetime) -> None:
    """Record what a visitor without a login was refused, or requested, for the users of an email.

    All of them, so that no partner learns from its trail whether another has a user with it.
    What was typed is not recorded if it is no user's email, as it may be a password; of these
    entries, ``_UNKNOWN_A_MINUTE`` are recorded in a minute.
    """
    visitor = Actor(None, "browser")
    for user in users:
        account_id = audit_account_id(user.account)
        record(session, visitor, action, user.email, account_id=account_id, details={}, now=now)
    if not users and _unknown_in(session, now - timedelta(minutes=1)) < _UNKNOWN_A_MINUTE:
        details = {} if action == "tries limited" else {"result": reason("unknown_email")}
        record(session, visitor, action, "", account_id=None, details=details, now=now)


def check_chain(session: Session) -> queries.ChainCheck:
    """Check the chain of all entries; none is chained meanwhile."""
    lock(session, AuditChain.id, queries.CHAIN_ID)
    return queries.check_chain(session)


def _unknown_in(session: Session, since: datetime) -> int:
    found = session.scalar(
        select(func.count()).where(
            AuditEntry.at > since,
            AuditEntry.subject == "",
            AuditEntry.user_id.is_(None),
            AuditEntry.place == "browser",
        )
    )
    return found or 0


def chain(session: Session) -> int:
    """Chain the oldest entries that are not chained yet; return how many, ``_AT_ONCE`` at most.

    An entry that was changed and cannot be read is chained, too, by its id alone.
    Transactions that record an entry wait neither for this nor for each other. The order of the
    chain is that in which this function finds the entries (docs/decisions/0007).
    """
    lock(session, AuditChain.id, queries.CHAIN_ID)
    entries, last_hash = _chain_end(session)
    ids = session.scalars(
        select(AuditEntry.id)
        .where(AuditEntry.prev_hash.is_(None))
        .order_by(AuditEntry.id)
        .limit(_AT_ONCE)
    ).all()
    if not ids:
        return 0
    rows = queries.read(session, select(*queries.CHAINED), ids)
    chained = []
    for number in ids:
        chained.append({"id": number, "prev_hash": last_hash})
        last_hash, _ = entry_hash(last_hash, number, rows.get(number))
    session.execute(update(AuditEntry), chained)
    end = {"id": queries.CHAIN_ID, "entries": entries + len(ids), "last_hash": last_hash}
    upsert(session, AuditChain, [end], key=["id"], update=["entries", "last_hash"])
    return len(ids)


def _chain_end(session: Session) -> tuple[int, str]:
    """Return the number of chained entries, and the hash with which the next one is chained.

    Without a usable record of the end, which was then deleted or changed, entries are chained from
    a random hash: they continue no entry, which every later check reports.
    """
    end = queries.chain_end(session)
    chained = select(func.count()).select_from(AuditEntry).where(AuditEntry.prev_hash.is_not(None))
    if end is None:
        entries = session.scalar(chained) or 0
        return entries, secrets.token_hex(32) if entries else START
    entries, last_hash = end
    is_usable = 0 <= entries < LARGEST_ID - _AT_ONCE and len(last_hash) == len(START)
    if is_usable and not session.scalar(chained.where(AuditEntry.prev_hash == last_hash)):
        return end
    return session.scalar(chained) or 0, secrets.token_hex(32)


def audit_account_id(account: Account | None) -> int | None:
    """Return the account whose trail has an action: the partner's, also for its customers; None:
    operations'.
    """
    if account is None or account.kind == "operations":
        return None
    return account.partner_id or account.id
