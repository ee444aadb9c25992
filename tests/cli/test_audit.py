"""``releaf audit check``: whether the audit trail is complete."""

import pytest
from sqlalchemy import delete, literal_column, update

from tests.cli.conftest import Releaf
from webapp.models import AuditChain, AuditEntry
from webapp.services.accounts import audit


@pytest.fixture
def chained(releaf: Releaf) -> Releaf:
    """A trail of four entries, chained."""
    for name in ("One", "Two", "Three", "Four"):
        releaf.made("account", "add", name, "--time-zone", "America/New_York")
    with releaf.session() as session:
        assert audit.chain(session) == 4
    return releaf


def test_the_chain_is_checked_and_its_last_hash_printed(releaf: Releaf) -> None:
    for name in ("One", "Two"):
        releaf.made("account", "add", name, "--time-zone", "America/New_York")
    before = releaf.made("audit", "check")
    with releaf.session() as session:
        audit.chain(session)

    after, result = releaf.made("audit", "check"), releaf("audit", "check")

    assert (before["complete"], before["entries"], before["waiting"]) == (True, 0, 2)
    assert (after["complete"], after["entries"], after["waiting"]) == (True, 2, 0)
    assert after["broken_at"] is None
    assert result.code == 0
    assert f"2 entries are chained; the hash of the last one is {after['last_hash']}." in result.out


def test_a_deleted_entry_is_named_with_exit_code_1(releaf: Releaf) -> None:
    for name in ("One", "Two", "Three"):
        releaf.made("account", "add", name, "--time-zone", "America/New_York")
    with releaf.session() as session:
        audit.chain(session)
        session.execute(delete(AuditEntry).where(AuditEntry.id == 2))
    deleted = releaf("audit", "check")
    with releaf.session() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id == 3))
    cut_off = releaf("audit", "check", "--json")

    assert deleted.code == 1
    assert "CHANGED Entry 3 does not continue entry 1: " in deleted.out
    assert "or an entry between them or the record of the chain was deleted." in deleted.out
    assert cut_off.code == 1
    document = cut_off.json
    assert (document["complete"], document["broken_at"]) == (False, None)
    assert (document["entries"], document["expected"]) == (1, 3)


@pytest.mark.parametrize("column", ["at", "details"])
def test_an_entry_that_cannot_be_read_is_named(chained: Releaf, column: str) -> None:
    with chained.session() as session:
        entry = update(AuditEntry).where(AuditEntry.id == 2)
        session.execute(entry.values({column: literal_column("'not json'")}))

    result, document = chained("audit", "check"), chained("audit", "check", "--json").json
    reconciled = chained("reconcile")

    assert (result.code, reconciled.code) == (1, 1)
    assert "2 entries are chained" in result.out
    assert result.out.count("CHANGED") == 1
    assert "CHANGED Entry 2 was changed: it cannot be read." in result.out
    assert (document["unreadable"], document["breaks"], document["broken_at"]) == ([2], [], 2)
    assert "DIFFERENCE Audit trail at entry 2 (id 2): 4 and 2 entries" in reconciled.out


def test_the_entry_before_the_one_that_does_not_continue_it_is_named(chained: Releaf) -> None:
    with chained.session() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 2).values(subject="x"))

    result, document = chained("audit", "check"), chained("audit", "check", "--json").json

    assert "CHANGED Entry 3 does not continue entry 2: entry 2, or the hash of it" in result.out
    assert document["breaks"] == [{"entry": 3, "before": 2}]


def test_changes_at_the_ends_of_the_chain_are_named(chained: Releaf) -> None:
    with chained.session() as session:
        session.execute(update(AuditEntry).where(AuditEntry.id == 4).values(subject="x"))
    last = chained("audit", "check").out
    with chained.session() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id == 4))
    cut_off = chained("audit", "check").out
    with chained.session() as session:
        session.execute(update(AuditChain).values(entries=2))
    record = chained("audit", "check").out
    with chained.session() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.id == 1))
    first = chained("audit", "check").out

    assert "CHANGED The last entry, 4, or the record of the chain was changed." in last
    assert "CHANGED The chain had 4 entries; the last entry was deleted." in cut_off
    assert "CHANGED The record of the chain, in the table audit_chain, has 2 entries" in record
    assert "CHANGED Entry 2 does not continue the chain: an entry before it was deleted" in first


def test_a_missing_record_of_the_chain_is_named(chained: Releaf) -> None:
    with chained.session() as session:
        session.execute(delete(AuditChain))

    result, reconciled = chained("audit", "check"), chained("reconcile")

    assert (result.code, result.out.count("CHANGED")) == (1, 1)
    assert "4 entries are chained" in result.out
    assert "CHANGED The record of the chain, the row of the table audit_chain, is" in result.out
    assert "DIFFERENCE Audit trail without the record of its chain" in reconciled.out


def test_one_entry_is_not_chained_yet(chained: Releaf) -> None:
    chained.made("account", "add", "Five", "--time-zone", "America/New_York")

    assert "\n1 entry is not chained yet; a job chains new entries" in chained("audit", "check").out
