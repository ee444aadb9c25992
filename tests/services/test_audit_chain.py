"""The chain of the audit trail: what is changed or deleted is noticed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, literal_column, update
from sqlalchemy.orm import Session

from tests import factories
from tests.database import open_session
from tests.factories import NOW
from webapp.domain.audit_chain import START
from webapp.domain.reasons import reason
from webapp.models import AuditChain, AuditEntry
from webapp.queries.audit import ChainBreak
from webapp.services.accounts import audit
from webapp.services.accounts.audit import Actor


def record(session: Session, *subjects: str) -> None:
    """Record an entry for each subject."""
    for number, subject in enumerate(subjects):
        audit.record(
            session,
            Actor(None, "command"),
            "feed changed",
            subject,
            account_id=None,
            details={"to": reason("new_link"), "ä": [number, None, 1.5]},
            now=NOW + timedelta(microseconds=number),
        )
        session.flush()


@pytest.fixture
def chained(session: Session) -> Session:
    """Six entries, chained."""
    record(session, *"abcdef")
    assert audit.chain(session) == 6
    session.commit()
    return session


def test_entries_are_chained_once_and_follow_each_other(chained: Session) -> None:
    first = audit.check_chain(chained)
    record(chained, "g", "\x00 or 'ß' in \u202e any 🌲 script")
    waiting = audit.check_chain(chained)
    counts = [audit.chain(chained), audit.chain(chained)]
    last = audit.check_chain(chained)

    assert (first.entries, first.waiting, first.is_complete) == (6, 0, True)
    assert (waiting.entries, waiting.waiting, waiting.is_complete) == (6, 2, True)
    assert waiting.last_hash == first.last_hash
    assert counts == [2, 0]
    assert (last.entries, last.expected, last.waiting, last.is_complete) == (8, 8, 0, True)
    assert last.last_hash != first.last_hash


@pytest.mark.both_databases
def test_hashes_are_the_same_when_entries_are_read_again(
    chained: Session, database_url: str
) -> None:
    with open_session(database_url) as other:
        assert audit.check_chain(other).is_complete


def test_an_empty_trail_is_complete(session: Session) -> None:
    found = audit.check_chain(session)

    assert (found.is_complete, found.entries, found.last_hash) == (True, 0, START)
    assert audit.chain(session) == 0


@pytest.mark.parametrize(("number", "broken_at"), [(1, 2), (3, 4), (5, 6), (6, None)])
def test_a_deleted_entry_breaks_the_chain(
    chained: Session, number: int, broken_at: int | None
) -> None:
    chained.execute(delete(AuditEntry).where(AuditEntry.id == number))

    found = audit.check_chain(chained)

    assert (found.is_complete, found.broken_at) == (False, broken_at)
    assert (found.entries, found.expected) == (number - 1, 6)


@pytest.mark.parametrize(
    "changed",
    [
        {"subject": "x"},
        {"user_id": 1},
        {"account_id": 1},
        {"at": NOW + timedelta(days=1)},
        {"action": "feed removed"},
        {"place": "browser"},
        {"details": {}},
        {"prev_hash": None},
        {"prev_hash": "0" * 63 + "1"},
        {"id": 17},
    ],
)
@pytest.mark.parametrize("number", [3, 6])
def test_a_changed_entry_breaks_the_chain(
    chained: Session, changed: dict[str, object], number: int
) -> None:
    factories.user(chained)
    chained.execute(update(AuditEntry).where(AuditEntry.id == number).values(**changed))

    assert not audit.check_chain(chained).is_complete


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("details", "'not json'"),
        ("details", "''"),
        ("details", "x'ff00'"),
        ("details", "replace(hex(zeroblob(100000)), '0', '[')"),
        ("at", "'yesterday'"),
        ("at", "20261129"),
        ("at", "'2026-13-45 00:00:00'"),
        ("subject", "x'ff00'"),
        ("subject", "cast(x'ff41' as text)"),
        ("action", "x'00'"),
        ("prev_hash", "x'00'"),
    ],
)
@pytest.mark.parametrize("number", [1, 3, 6])
def test_an_entry_that_cannot_be_read_is_changed_and_the_rest_is_checked(
    chained: Session, column: str, value: str, number: int
) -> None:
    entry = update(AuditEntry).where(AuditEntry.id == number)
    chained.execute(entry.values({column: literal_column(value)}))
    alone = audit.check_chain(chained)
    chained.execute(delete(AuditEntry).where(AuditEntry.id == 4))
    deleted = audit.check_chain(chained)

    reached = number - 1 if column == "prev_hash" else number
    assert (alone.is_complete, alone.entries, alone.broken_at) == (False, reached, number)
    assert (alone.unreadable, alone.breaks) == ([number], [])
    assert deleted.unreadable == [number]
    breaks = [] if number == 3 else [ChainBreak(5, 3)]
    assert deleted.breaks == breaks


def test_a_time_that_python_cannot_read_is_a_change(postgresql_database: str) -> None:
    with open_session(postgresql_database) as session:
        record(session, *"abc")
        audit.chain(session)
        entry = update(AuditEntry).where(AuditEntry.id == 2)
        session.execute(entry.values({"at": literal_column("'infinity'")}))

        found = audit.check_chain(session)

    assert (found.is_complete, found.unreadable, found.entries) == (False, [2], 2)


def test_every_break_is_returned_with_the_entry_before_it(chained: Session) -> None:
    chained.execute(update(AuditEntry).where(AuditEntry.id == 2).values(subject="x"))
    chained.execute(delete(AuditEntry).where(AuditEntry.id == 5))

    found = audit.check_chain(chained)

    assert found.breaks == [ChainBreak(3, 2), ChainBreak(6, 4)]


@pytest.mark.parametrize(
    "attack",
    [
        lambda session: session.execute(delete(AuditEntry)),
        lambda session: session.execute(delete(AuditEntry).where(AuditEntry.id <= 3)),
        lambda session: session.execute(delete(AuditEntry).where(AuditEntry.id >= 4)),
        lambda session: session.execute(delete(AuditChain)),
        lambda session: session.execute(update(AuditChain).values(entries=5)),
        lambda session: session.execute(update(AuditEntry).values(prev_hash=None)),
    ],
)
def test_several_deleted_entries_and_a_changed_end_break_the_chain(
    chained: Session, attack: Callable[[Session], object]
) -> None:
    attack(chained)

    assert not audit.check_chain(chained).is_complete


def test_entries_that_lost_their_hash_are_not_a_new_chain(chained: Session) -> None:
    chained.execute(update(AuditEntry).where(AuditEntry.id >= 3).values(prev_hash=None))
    chained.execute(delete(AuditEntry).where(AuditEntry.id == 4))

    audit.chain(chained)

    assert not audit.check_chain(chained).is_complete


def test_an_entry_that_is_committed_late_is_chained_after_later_ones(
    postgresql_database: str,
) -> None:
    with open_session(postgresql_database) as slow, open_session(postgresql_database) as quick:
        record(slow, "slow")
        record(quick, "quick")
        quick.commit()
        before = audit.chain(quick)
        quick.commit()
        slow.commit()
        after = audit.chain(quick)
        quick.commit()

        found = audit.check_chain(quick)
        second, first = (quick.get_one(AuditEntry, number).prev_hash for number in (1, 2))

    assert (before, after) == (1, 1)
    assert (found.is_complete, found.entries) == (True, 2)
    assert first == START
    assert second not in (None, START, found.last_hash)


def test_a_transaction_that_records_waits_for_no_other(postgresql_database: str) -> None:
    with open_session(postgresql_database) as one, open_session(postgresql_database) as other:
        record(one, "a")
        record(other, "b")
        audit.chain(other)
        record(one, "c")
        one.commit()
        other.commit()

        assert audit.chain(other) == 2
        assert audit.check_chain(other).entries == 3
