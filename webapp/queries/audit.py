"""The audit trail: its entries, and whether one was changed or deleted."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.orm import Session, aliased

from webapp.domain.audit_chain import START, entry_hash
from webapp.models import Account, AuditChain, AuditEntry, User
from webapp.queries import access, lists
from webapp.queries.summary_differences import Difference
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
_UNREADABLE = (ValueError, TypeError, RecursionError, DataError, OperationalError)
#: The account of the user who acted.
_UserAccount = aliased(Account)


@dataclass(frozen=True, slots=True)
class ChainBreak:
    """An entry that does not continue the chain. ``before``: the last one of the chain before it.

    ``before`` was changed, or entries between the two were deleted. None: no entry is before it.
    """

    entry: int
    before: int | None


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """A check of the chain of entries.

    ``entries``: those from the first one on that continue each other, and the hash of the last of
    them, ``last_entry``; ``expected``: the number that was chained; ``waiting``: those that are not
    chained yet.
    ``unreadable``: entries with values that cannot be read, which were changed, before or after
    they were chained; ``has_record``: whether the row with the end of the chain is stored and can
    be read.
    """

    entries: int
    last_hash: str
    last_entry: int | None
    expected: int
    waiting: int
    unreadable: Sequence[int]
    breaks: Sequence[ChainBreak]
    has_record: bool
    is_complete: bool

    @property
    def broken_at(self) -> int | None:
        """The first entry that was changed or does not continue the chain, None without one."""
        return min([*self.unreadable, *(one.entry for one in self.breaks)], default=None)


def check_chain(session: Session) -> ChainCheck:
    """Compute the hashes of all entries, and follow the chain.

    Entries must not be chained meanwhile: ``services.accounts.audit.check_chain`` locks it.
    """
    end = chain_end(session)
    last_hash, entries = START, 0
    last_id: int | None = None
    apart: dict[str, tuple[int, str]] = {}
    unreadable = []
    for number, prev_hash, own_hash, is_readable in _hashes(session):
        if not is_readable:
            unreadable.append(number)
        if prev_hash is None:
            continue
        apart[prev_hash] = (number, own_hash)
        while last_hash in apart:
            last_id, last_hash = apart.pop(last_hash)
            entries += 1
    waiting = session.scalar(select(func.count()).where(AuditEntry.prev_hash.is_(None)))
    expected, end_hash = end or (0, START)
    is_whole = not apart and not unreadable
    return ChainCheck(
        entries=entries,
        last_hash=last_hash,
        last_entry=last_id,
        expected=expected,
        waiting=waiting or 0,
        unreadable=unreadable,
        breaks=_breaks(apart, last_id, unreadable),
        has_record=end is not None,
        is_complete=is_whole and (entries, last_hash) == (expected, end_hash),
    )


def chain_end(session: Session) -> tuple[int, str] | None:
    """Return the number of chained entries and the hash of the last one.

    None if they are not stored, or were changed to values that cannot be read.
    """
    try:
        end = session.execute(
            select(AuditChain.entries, AuditChain.last_hash).where(AuditChain.id == CHAIN_ID)
        ).one_or_none()
    except _UNREADABLE as error:
        _raise_unless_unreadable(error)
        return None
    if end is None or not isinstance(end.entries, int) or not isinstance(end.last_hash, str):
        return None
    return end.entries, end.last_hash


def read(
    session: Session, query: Select[*tuple[Any, ...]], ids: Sequence[int]
) -> dict[int, Row[Any]]:
    """Return the rows of entries by id, without those with a value that cannot be read.

    Such a value was changed in the database. SQLite stores any text as a time or as JSON, and text
    in any encoding.
    """
    rows = _read_together(session, query, ids)
    if rows is None:
        rows = [row for number in ids for row in _read_together(session, query, [number]) or ()]
    return {row.id: row for row in rows}


def _read_together(
    session: Session, query: Select[*tuple[Any, ...]], ids: Sequence[int]
) -> Sequence[Row[Any]] | None:
    """Return the rows of entries; None if a value of one cannot be read."""
    try:
        return session.execute(query.where(AuditEntry.id.in_(ids))).all()
    except _UNREADABLE as error:
        _raise_unless_unreadable(error)
        return None


def _raise_unless_unreadable(error: Exception) -> None:
    """Raise an error of the database itself, which has a code, unlike text that is not UTF-8."""
    if isinstance(error, OperationalError) and not (
        isinstance(error.orig, sqlite3.OperationalError)
        and getattr(error.orig, "sqlite_errorcode", None) is None
    ):
        raise error


def _hashes(session: Session) -> Iterator[tuple[int, str | None, str, bool]]:
    """Yield of chained entries: the id, the previous hash, the hash, and if it has all values.

    The previous hash is None if it was changed and cannot be read.
    """
    ids = session.scalars(
        select(AuditEntry.id)
        .where(AuditEntry.prev_hash.is_not(None))
        .order_by(AuditEntry.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for some in ids.partitions():
        rows = read(session, select(*CHAINED), some)
        before = read(session, select(AuditEntry.id, AuditEntry.prev_hash), some)
        for number in some:
            prev_hash = before[number].prev_hash if number in before else None
            if isinstance(prev_hash, str):
                yield number, prev_hash, *entry_hash(prev_hash, number, rows.get(number))
            else:
                yield number, None, "", False


def _breaks(
    apart: Mapping[str, tuple[int, str]], last_id: int | None, unreadable: Sequence[int]
) -> list[ChainBreak]:
    """Return the breaks of the chain, without those after an entry that is unreadable anyway.

    ``apart``: those that are not reached, by the previous hash; ``last_id``: the last one reached.
    """
    hashes = {own_hash for _, own_hash in apart.values()}
    starts = {number for prev_hash, (number, _) in apart.items() if prev_hash not in hashes}
    ends = {number for number, own_hash in apart.values() if own_hash not in apart}
    ends.update(unreadable, [] if last_id is None else [last_id])
    changed, before, breaks = set(unreadable), None, []
    for number in sorted({*starts, *ends}):
        if number in starts and before not in changed:
            breaks.append(ChainBreak(number, before))
        before = number if number in ends else before
    return breaks


def differences(found: ChainCheck) -> list[Difference]:
    """Return the difference of an incomplete trail for a reconciliation."""
    if found.is_complete:
        return []
    number = found.broken_at
    where = "at its end" if number is None else f"before entry {number}"
    if number in found.unreadable:
        where = f"at entry {number}"
    elif number is None and not found.has_record:
        where = "without the record of its chain"
    return [Difference("Audit trail", number or 0, where, found.expected, found.entries, "entries")]


def search(
    viewer: Viewer,
    *,
    text: str = "",
    action: str = "",
    user_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Select[Any]:
    """Select the ids of the entries a viewer may see, the latest first; ``until`` is exclusive."""
    query: Any = access.audit_entries(viewer).outerjoin(AuditEntry.user)
    if user_id is not None:
        query = query.where(AuditEntry.user_id == user_id, User.id.in_(_ids_of_users(viewer)))
    if since is not None:
        query = query.where(AuditEntry.at >= since)
    if until is not None:
        query = query.where(AuditEntry.at < until)
    if action:
        query = query.where(AuditEntry.action == action)
    if text:
        columns = (AuditEntry.subject, AuditEntry.action, User.full_name, User.email)
        query = query.where(lists.contains(text, *columns))
    selected: Select[Any] = query.with_only_columns(AuditEntry.id)
    return selected.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())


def actors(session: Session, viewer: Viewer, limit: int) -> Sequence[Row[Any]]:
    """Return ids and names of users a viewer may see with entries in the trail, by name."""
    acted = access.audit_entries(viewer).where(AuditEntry.user_id == User.id)
    query: Any = access.users(viewer).where(acted.exists())
    query = query.with_only_columns(User.id, User.full_name).order_by(User.full_name, User.id)
    rows: Sequence[Row[Any]] = session.execute(query.limit(limit)).all()
    return rows


def _ids_of_users(viewer: Viewer) -> Select[Any]:
    found: Any = access.users(viewer)
    ids: Select[Any] = found.with_only_columns(User.id)
    return ids


def entries(session: Session, viewer: Viewer, ids: Sequence[int]) -> list[Row[Any] | None]:
    """Return the entries with these ids, in their order; None for one that cannot be read.

    ``named``: whether the viewer may see who acted; partners do not see users of operations.
    """
    query: Any = access.audit_entries(viewer).outerjoin(AuditEntry.user)
    query = query.outerjoin(AuditEntry.account)
    query = query.outerjoin(_UserAccount, _UserAccount.id == User.account_id)
    selected: Select[Any] = query.with_only_columns(
        AuditEntry.id,
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
    rows = read(session, selected, ids)
    return [rows.get(number) for number in ids]
