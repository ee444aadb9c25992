"""``releaf audit check``: whether the audit trail is complete."""

from sqlalchemy import delete

from tests.cli.conftest import Releaf
from webapp.models import AuditEntry
from webapp.services.accounts import audit


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
    assert "CHANGED The chain has 3 entries, but entry 3 does not continue it" in deleted.out
    assert cut_off.code == 1
    document = cut_off.json
    assert (document["complete"], document["broken_at"]) == (False, None)
    assert (document["entries"], document["expected"]) == (1, 3)
