"""The chain of the audit trail goes on after entries or its end were changed or deleted."""

import sqlite3
from collections.abc import Callable

import pytest
from sqlalchemy import delete, literal_column, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.database import open_session
from tests.services.test_audit_chain import chained, record
from webapp.domain.audit_chain import START
from webapp.models import AuditChain, AuditEntry
from webapp.queries import audit as queries
from webapp.queries.audit import ChainBreak
from webapp.services.accounts import audit

__all__ = ["chained"]

#: What a value can be changed to; SQLite accepts any.
UNREADABLE = [
    ("details", "'not json'"),
    ("details", "x'ff00'"),
    ("at", "'yesterday'"),
    ("at", "20261129"),
    ("subject", "x'ff00'"),
    ("subject", "cast(x'ff41' as text)"),
    ("action", "x'00'"),
]


@pytest.mark.parametrize(("column", "value"), UNREADABLE)
@pytest.mark.parametrize("number", [7, 8, 9])
def test_an_entry_changed_before_it_is_chained_does_not_stop_the_chain(
    chained: Session, column: str, value: str, number: int
) -> None:
    record(chained, *"ghi")
    entry = update(AuditEntry).where(AuditEntry.id == number)
    chained.execute(entry.values({column: literal_column(value)}))

    counts = [audit.chain(chained), audit.chain(chained)]
    record(chained, "j")
    counts.append(audit.chain(chained))
    found = audit.check_chain(chained)

    assert counts == [3, 0, 1]
    assert (found.is_complete, found.unreadable, found.breaks) == (False, [number], [])
    assert (found.entries, found.expected, found.waiting) == (10, 10, 0)


@pytest.mark.both_databases
@pytest.mark.parametrize("details", ["null", "[1, 2]", "3", '"text"', '{"a": "\\ud800"}', "{}"])
def test_details_of_another_form_are_chained_as_they_are(session: Session, details: str) -> None:
    record(session, *"abc")
    entry = update(AuditEntry).where(AuditEntry.id == 2)
    session.execute(entry.values({"details": literal_column(f"'{details}'")}))

    assert audit.chain(session) == 3
    assert audit.check_chain(session).is_complete


def test_a_time_that_python_cannot_read_does_not_stop_the_chain(postgresql_database: str) -> None:
    with open_session(postgresql_database) as session:
        record(session, *"abc")
        entry = update(AuditEntry).where(AuditEntry.id == 2)
        session.execute(entry.values({"at": literal_column("'infinity'")}))

        assert audit.chain(session) == 3
        found = audit.check_chain(session)

    assert (found.is_complete, found.unreadable, found.entries) == (False, [2], 3)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "attack",
    [
        lambda session: session.execute(delete(AuditChain)),
        lambda session: session.execute(update(AuditChain).values(last_hash=START)),
        lambda session: session.execute(update(AuditChain).values(last_hash="")),
        lambda session: session.execute(update(AuditChain).values(entries=2**31 - 1)),
        lambda session: session.execute(update(AuditChain).values(entries=-1)),
        lambda session: [
            session.execute(delete(table).where(table.id == number))
            for table, number in ((AuditChain, 1), (AuditEntry, 1))
        ],
        lambda session: [
            session.execute(delete(table).where(table.id == number))
            for table, number in ((AuditChain, 1), (AuditEntry, 6))
        ],
    ],
)
def test_entries_are_chained_after_the_end_of_the_chain_was_changed_or_deleted(
    session: Session, attack: Callable[[Session], object]
) -> None:
    record(session, *"abcdef")
    audit.chain(session)
    attack(session)
    record(session, *"gh")

    counts = [audit.chain(session), audit.chain(session)]
    record(session, "i")
    counts.append(audit.chain(session))
    found = audit.check_chain(session)

    assert counts == [2, 0, 1]
    assert not found.is_complete
    assert found.breaks
    assert (found.has_record, found.waiting) == (True, 0)


@pytest.mark.parametrize(
    ("column", "value"),
    [("last_hash", "x'ff'"), ("last_hash", "cast(x'ff41' as text)"), ("entries", "'many'")],
)
def test_a_record_of_the_chain_that_cannot_be_read_is_replaced(
    chained: Session, column: str, value: str
) -> None:
    chained.execute(update(AuditChain).values({column: literal_column(value)}))
    before = audit.check_chain(chained)
    record(chained, *"gh")

    assert (before.is_complete, before.has_record) == (False, False)
    assert (audit.chain(chained), audit.chain(chained)) == (2, 0)
    assert audit.check_chain(chained).breaks == [ChainBreak(7, 6)]


def test_an_error_of_the_database_is_not_a_changed_entry(chained: Session) -> None:
    connection = chained.connection().connection.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    connection.set_progress_handler(lambda: 1, 1)

    with pytest.raises(OperationalError):
        queries.read(chained, select(*queries.CHAINED), [1])
    connection.set_progress_handler(None, 0)
