"""``releaf feed``: deactivated, removed, given to another account."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.cli.conftest import Releaf
from webapp.models import Account, AuditEntry, Device, Feed
from webapp.printerpoint.sandbox import Sandbox


@pytest.fixture
def bakery(northwind: Releaf, printerpoint: Sandbox) -> Releaf:
    """Northwind with the feed 1 of Bluebird Bakery."""
    customer = printerpoint.add_customer("Bluebird Bakery", customer_id="BLUE01")
    printerpoint.add_printer(customer, serial="S1", count=1_000)
    northwind.made("feed", "add", 1, "--customer", "BLUE01")
    return northwind


def test_a_deactivated_feed_is_reported(bakery: Releaf) -> None:
    row = bakery.made("feed", "deactivate", 1)
    again = bakery("feed", "deactivate", "Bluebird Bakery")

    assert (row["id"], row["status"]) == (1, "inactive")
    assert (again.code, again.out) == (0, "feed 1: Bluebird Bakery, account 2, inactive\n")
    assert noted(bakery).count("feed deactivated") == 1


@pytest.mark.parametrize(
    ("options", "counted"),
    [((), True), (("--count-pause",), True), (("--no-count-pause",), False)],
)
def test_a_feed_is_reactivated_with_or_without_its_pause(
    bakery: Releaf, options: tuple[str, ...], counted: bool
) -> None:
    with bakery.session() as session:
        factories.device(session, session.get_one(Feed, 1))
    bakery.made("feed", "deactivate", 1)

    row = bakery.made("feed", "reactivate", 1, *options)
    again = bakery.made("feed", "reactivate", 1, "--no-count-pause")

    assert (row["status"], row["pause_counted"]) == ("pending", counted)
    assert again["pause_counted"] is None
    assert noted(bakery).count("feed reactivated") == 1
    with bakery.session() as session:
        assert session.scalars(select(Device)).one().awaits_baseline is not counted


def test_a_long_pause_does_not_count_by_itself(bakery: Releaf) -> None:
    bakery.made("feed", "deactivate", 1)
    with bakery.session() as session:
        feed = session.get_one(Feed, 1)
        assert feed.deactivated_at is not None
        feed.deactivated_at -= timedelta(days=1)

    result = bakery("feed", "reactivate", 1)

    assert result.out == (
        "feed 1: Bluebird Bakery, account 2, pending; pages printed while inactive are not "
        "counted\n"
    )


def test_a_removed_feed_frees_its_customer(bakery: Releaf) -> None:
    row = bakery.made("feed", "remove", 1)
    again = bakery.made("feed", "remove", 1)
    refused = bakery("feed", "deactivate", 1, "--json")
    connected = bakery.made("feed", "add", 1, "--customer", "BLUE01")

    assert (row["status"], again["status"]) == ("removed", "removed")
    assert noted(bakery).count("feed removed") == 1
    assert refused.code == 1
    assert "has been removed" in refused.error[1]
    assert connected["id"] == 2


def test_connecting_a_connected_customer_is_audited_once(bakery: Releaf) -> None:
    again = bakery.made("feed", "add", 1, "--customer", "BLUE01")

    assert again["id"] == 1
    assert noted(bakery).count("feeds connected") == 1


def test_an_unknown_feed_is_a_usage_error(bakery: Releaf) -> None:
    for command in ("deactivate", "remove"):
        result = bakery("feed", command, 7, "--json")
        assert (result.code, result.error[0]) == (2, "feed")


def test_a_feed_without_pages_is_assigned_to_another_account(bakery: Releaf) -> None:
    bakery.made("account", "add", "Bakers United", "--partner", "Northwind")

    row = bakery.made("feed", "edit", 1, "--account", "Bakers United")

    assert (row["account"], row["account_name"]) == (3, "Bakers United")
    with bakery.session() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "feed changed")).one()
        assert entry.account_id == 1
        assert entry.details == {"before": "Bluebird Bakery", "to": "Bakers United"}


def test_the_account_of_a_feed_with_pages_cannot_change_and_the_message_has_the_remedy(
    bakery: Releaf,
) -> None:
    bakery.made("account", "add", "Bakers United", "--partner", "Northwind")
    with bakery.session() as session:
        factories.deposit(session, session.get_one(Feed, 1), pages=12)

    refused = bakery("feed", "edit", 1, "--account", "Bakers United", "--json")
    same = bakery.made("feed", "edit", 1, "--account", "Bluebird Bakery")

    assert refused.code == 1
    assert "Remove the feed and connect the customer to the other account" in refused.error[1]
    assert same["account_name"] == "Bluebird Bakery"
    assert "feed changed" not in noted(bakery)


def test_a_feed_is_not_assigned_to_another_partners_customer(bakery: Releaf) -> None:
    bakery.made("account", "add", "Southwind")
    bakery.made("account", "add", "Quay Hotel", "--partner", "Southwind")

    foreign = bakery("feed", "edit", 1, "--account", "Quay Hotel", "--json")
    partner = bakery("feed", "edit", 1, "--account", "Northwind", "--json")
    nothing = bakery("feed", "edit", 1, "--json")

    assert (foreign.code, foreign.error[0]) == (2, "account")
    assert (partner.code, partner.error[0]) == (2, "account")
    assert nothing.code == 2
    with bakery.session() as session:
        assert session.get_one(Account, session.get_one(Feed, 1).account_id).name == (
            "Bluebird Bakery"
        )


def test_a_feed_is_marked_as_read_by_hand_and_read_nightly_again(bakery: Releaf) -> None:
    marked = bakery.made("feed", "edit", 1, "--read-by-hand", 30)
    listed = bakery.made("list", "feeds")
    again = bakery.made("feed", "edit", 1, "--read-by-hand", 30)
    cleared = bakery.made("feed", "edit", 1, "--no-read-by-hand")
    bakery.made("feed", "edit", 1, "--read-by-hand", 7)
    zero = bakery.made("feed", "edit", 1, "--read-by-hand", 0)

    assert [row["read_by_hand"] for row in (marked, *listed, again)] == [30, 30, 30]
    assert (cleared["read_by_hand"], zero["read_by_hand"]) == (None, None)
    assert noted(bakery).count("feed changed") == 4


def test_an_invalid_interval_is_a_usage_error(bakery: Releaf) -> None:
    for options in (
        ("--read-by-hand", 1),
        ("--read-by-hand", 93),
        ("--read-by-hand", -30),
        ("--read-by-hand", "monthly"),
        ("--read-by-hand", 30, "--no-read-by-hand"),
    ):
        result = bakery("feed", "edit", 1, *options, "--json")
        assert (result.code, result.error[0]) == (2, "read_by_hand")


@pytest.mark.slow
def test_a_customer_under_a_new_name_is_connected_again_with_one_command(
    bakery: Releaf, printerpoint: Sandbox
) -> None:
    clinic = printerpoint.add_customer("City Clinic")
    printerpoint.add_printer(clinic, serial="VNC1", count=500)
    bakery.made("feed", "add", 1, "--customer", "City Clinic")
    bakery.made("collect")
    printerpoint.rename_customer("City Clinic", "Clinic of the City")
    printerpoint.print_pages("VNC1", 25)
    bakery.made("collect")

    listed = {row["id"]: row["successor_name"] for row in bakery.made("list", "feeds")}
    added = bakery.made("feed", "add", 1, "--all")
    printed = bakery("feed", "add", 1, "--all").out
    row = bakery.made("feed", "relink", "City Clinic")
    again = bakery("feed", "relink", 2, "--json")
    bakery.made("collect")

    assert listed == {1: None, 2: "Clinic of the City"}
    assert added == {
        "feeds": [],
        "skipped": [
            {
                "customer_id": None,
                "customer_name": "Clinic of the City",
                "feed": 2,
                "feed_customer_name": "City Clinic",
            }
        ],
    }
    assert "releaf feed relink 2 reconnects it" in printed
    assert (row["id"], row["customer_name"]) == (2, "Clinic of the City")
    assert again.code == 1
    assert "No other customer has the printers" in again.error[1]
    assert noted(bakery).count("feed relinked") == 1
    assert bakery.made("list", "feeds")[1]["status"] == "active"


def test_a_feed_is_connected_to_the_customer_that_is_named(
    bakery: Releaf, printerpoint: Sandbox
) -> None:
    clinic = printerpoint.add_customer("City Clinic", customer_id="CLIN")
    printerpoint.add_printer(clinic, serial="VNC1", count=500)

    unknown = bakery("feed", "relink", 1, "--customer", "Nobody", "--json")
    row = bakery.made("feed", "relink", 1, "--customer", "City Clinic")
    by_id = bakery.made("feed", "relink", 1, "--customer", "BLUE01")

    assert (unknown.code, unknown.error[0]) == (2, "customer")
    assert (row["customer_id"], row["customer_name"]) == ("CLIN", "City Clinic")
    assert (by_id["customer_id"], by_id["customer_name"]) == ("BLUE01", "Bluebird Bakery")


@pytest.mark.parametrize("removed", ["feed", "server"])
@pytest.mark.parametrize("customer_id", ["CLIN", None])
def test_a_customer_connected_again_gets_its_renamed_account(
    bakery: Releaf, printerpoint: Sandbox, removed: str, customer_id: str | None
) -> None:
    clinic = printerpoint.add_customer("City Clinic", customer_id=customer_id)
    printerpoint.add_printer(clinic, serial="VNC1", count=500)
    before = bakery.made("feed", "add", 1, "--customer", customer_id or "City Clinic")
    bakery.made("account", "edit", "City Clinic", "--name", "Clinic Group")

    server = disconnects(bakery, printerpoint, removed, before["id"])
    connected = bakery.made("feed", "add", server, "--all")["feeds"]
    server = disconnects(bakery, printerpoint, removed, connected[-1]["id"], server)
    again = bakery.made("feed", "add", server, "--customer", customer_id or "City Clinic")

    assert not any(row["account_created"] for row in connected)
    assert [row["account_name"] for row in (connected[-1], again)] == ["Clinic Group"] * 2
    assert {row["account"] for row in (connected[-1], again)} == {before["account"]}


@pytest.mark.parametrize("removed", ["feed", "server"])
def test_a_relinked_customer_connected_again_gets_its_account(
    bakery: Releaf, printerpoint: Sandbox, removed: str
) -> None:
    printerpoint.add_printer(printerpoint.add_customer("OldName"), serial="VNC1", count=500)
    before = bakery.made("feed", "add", 1, "--customer", "OldName")
    printerpoint.rename_customer("OldName", "NewName")
    bakery.made("feed", "relink", before["id"], "--customer", "NewName")

    server = disconnects(bakery, printerpoint, removed, before["id"])
    connected = bakery.made("feed", "add", server, "--all")["feeds"]

    assert not any(row["account_created"] for row in connected)
    assert (connected[-1]["customer_name"], connected[-1]["account_name"]) == ("NewName", "OldName")
    assert connected[-1]["account"] == before["account"]


def disconnects(
    releaf: Releaf, printerpoint: Sandbox, what: str, feed: int, server: int = 1
) -> int:
    """Remove a feed; or its server, which is registered anew. Returns the server to use."""
    if what == "feed":
        releaf.made("feed", "remove", feed)
        return server
    releaf.made("server", "remove", server)
    added = releaf.made("server", "add", "--account", "Northwind", stdin=printerpoint.token)
    return int(added["id"])


def noted(releaf: Releaf) -> list[str]:
    """The acts in the audit trail."""
    with releaf.session() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
