"""The audit trail: its entries, and whether one was changed or deleted."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from webapp.db import lock
from webapp.domain.audit_chain import START, entry_hash
from webapp.models import Account, AuditChain, AuditEntry, User
from webapp.queries import access, lists
from webapp.queries.reconciliation import Difference
from webapp.queries.viewer import Viewer

#: What the hash of an entry is made of.
CHAINED = (
    AuditEntry.id,
    AuditEntry.at,
    AuditEntry.user_id,
    AuditEntry.account_id,
    AuditEntry.place,
    AuditEntry.action,
    AuditEntry.subject,
    AuditEntry.details,
)
#: The only row of ``AuditChain``.
CHAIN_ID = 1
_AT_ONCE = 1_000
#: The account of the user who acted.
_UserAccount = aliased(Account)


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """A check of the chain of entries.

    ``entries``: those from the first one on that continue each other, and the hash of the last of
    them; ``expected``: the number that was chained; ``waiting``: those that are not chained yet;
    ``broken_at``: the first entry that does not continue the chain, None without one.
    """

    entries: int
    last_hash: str
    expected: int
    waiting: int
    broken_at: int | None
    is_complete: bool


def check_chain(session: Session) -> ChainCheck:
    """Compute the hashes of all entries, and follow the chain."""
    lock(session, AuditChain.id, CHAIN_ID)  # no entry is chained meanwhile
    end = session.get(AuditChain, CHAIN_ID, populate_existing=True)
    last_hash, entries = START, 0
    apart: dict[str, tuple[int, str]] = {}
    for *values, prev_hash in session.execute(
        select(*CHAINED, AuditEntry.prev_hash)
        .where(AuditEntry.prev_hash.is_not(None))
        .order_by(AuditEntry.id)
        .execution_options(yield_per=_AT_ONCE)
    ):
        apart[prev_hash] = (values[0], entry_hash(prev_hash, values))
        while last_hash in apart:
            last_hash = apart.pop(last_hash)[1]
            entries += 1
    waiting = session.scalar(select(func.count()).where(AuditEntry.prev_hash.is_(None)))
    expected, end_hash = (end.entries, end.last_hash) if end else (0, START)
    return ChainCheck(
        entries=entries,
        last_hash=last_hash,
        expected=expected,
        waiting=waiting or 0,
        broken_at=min((number for number, _ in apart.values()), default=None),
        is_complete=not apart and (entries, last_hash) == (expected, end_hash),
    )


def differences(session: Session) -> list[Difference]:
    """Return the difference of an incomplete trail for a reconciliation."""
    found = check_chain(session)
    if found.is_complete:
        return []
    where = "at its end" if found.broken_at is None else f"before entry {found.broken_at}"
    number = found.broken_at or 0
    return [Difference("Audit trail", number, where, found.expected, found.entries, "entries")]


def search(viewer: Viewer, *, text: str = "", action: str = "") -> Select[Any]:
    """Select the entries a viewer may see, the latest first.

    ``named``: whether the viewer may see who acted; partners do not see users of operations.
    """
    query: Any = access.audit_entries(viewer).outerjoin(AuditEntry.user)
    query = query.outerjoin(AuditEntry.account)
    query = query.outerjoin(_UserAccount, _UserAccount.id == User.account_id)
    if action:
        query = query.where(AuditEntry.action == action)
    if text:
        columns = (AuditEntry.subject, AuditEntry.action, User.full_name, User.email)
        query = query.where(lists.contains(text, *columns))
    selected: Select[Any] = query.with_only_columns(
        AuditEntry.at,
        AuditEntry.place,
        AuditEntry.action,
        AuditEntry.subject,
        AuditEntry.details,
        AuditEntry.user_id,
        User.full_name,
        User.email,
        Account.name.label("account_name"),
        access.owns(viewer, _UserAccount).label("named"),
    )
    return selected.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
