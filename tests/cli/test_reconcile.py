"""``releaf reconcile``: differences and warnings."""

from datetime import date

from sqlalchemy import delete

from tests import factories
from tests.cli.conftest import Releaf
from webapp.models import AuditEntry
from webapp.services.accounts import audit


def test_warnings_are_named_and_change_no_exit_code(releaf: Releaf) -> None:
    with releaf.session() as session:
        server = factories.server(session)
        feeds = [
            factories.feed(session, server, customer_name=name) for name in ("Harbour", "Hotel")
        ]
        for feed in feeds:
            factories.device(session, feed, asset_id=f"A-{feed.id}", serial_number="CNB1")

    document = releaf.made("reconcile")
    result = releaf("reconcile")

    message = (
        "Serial number CNB1 is on 2 devices. If they are one printer, its pages are counted twice."
    )
    assert document["differences"] == []
    assert document["warnings"] == [
        {
            "kind": "serial_metered_twice",
            "message": message,
            "account": None,
            "feeds": [1, 2],
            "devices": [1, 2],
            "details": {"serial": "CNB1", "times": 2},
        }
    ]
    assert "Every page is accounted for." in result.out
    assert f"WARNING A-1 (device 1) of Harbour, A-2 (device 2) of Hotel: {message}" in result.out


def test_warnings_are_of_the_feeds_that_are_requested(releaf: Releaf) -> None:
    with releaf.session() as session:
        server = factories.server(session)
        first, second = factories.feed(session, server), factories.feed(session, server)
        factories.deposit(session, first, day=date(2020, 5, 4), pages=0)
        factories.deposit(session, second, day=date(2020, 5, 4), pages=7)

    assert releaf.made("reconcile", "--feed", first.id)["warnings"] == []
    result = releaf("reconcile", "--feed", second.id, "--json")

    assert result.code == 1  # no device explains these pages
    assert {difference["unit"] for difference in result.json["differences"]} == {"pages"}
    (warning,) = result.json["warnings"]
    assert (warning["kind"], warning["feeds"]) == ("before_feed", [second.id])
    assert warning["details"]["day"] == "2020-05-04"


def test_a_deleted_entry_of_the_audit_trail_is_a_difference(releaf: Releaf) -> None:
    with releaf.session() as session:
        feed = factories.feed(session)
        feed_id = feed.id
    for name in ("One", "Two", "Three"):
        releaf.made("account", "add", name, "--time-zone", "America/New_York")
    with releaf.session() as session:
        audit.chain(session)
        session.execute(delete(AuditEntry).where(AuditEntry.id == 2))

    result = releaf("reconcile")
    document = releaf("reconcile", "--json")

    assert (result.code, document.code) == (1, 1)
    assert "DIFFERENCE Audit trail before entry 3 (id 3): 3 and 1 entries" in result.out
    assert document.json["differences"] == [
        {
            "kind": "audit trail",
            "id": 3,
            "name": "before entry 3",
            "expected": 3,
            "found": 1,
            "unit": "entries",
        }
    ]
    assert releaf("reconcile", "--feed", feed_id).code == 0


def test_an_instance_without_a_feed_has_no_differences_and_no_warnings(releaf: Releaf) -> None:
    assert releaf.made("reconcile") == {"feeds": [], "differences": [], "warnings": []}
