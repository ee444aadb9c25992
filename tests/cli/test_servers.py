"""``releaf server``, on a real sandbox."""

from functools import partial

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from tests.cli.conftest import Releaf
from tests.printerpoint.fake_clock import FakeClock
from webapp.models import AuditEntry
from webapp.printerpoint.client import Client
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.servers import clients


def test_a_server_is_registered_with_a_token_from_standard_input(
    releaf: Releaf, printerpoint: Sandbox
) -> None:
    releaf.made("account", "add", "Northwind")

    server = releaf.made(
        "server", "add", "--account", "Northwind", stdin=f"  {printerpoint.token}\n"
    )

    assert (server["id"], server["account"], server["name"], server["health"]) == (
        1,
        1,
        "Printerpoint",
        "healthy",
    )
    assert printerpoint.token not in str(server)


@pytest.mark.parametrize("stdin", ["", " \n"])
def test_without_a_token_nothing_is_requested(
    releaf: Releaf, printerpoint: Sandbox, stdin: str
) -> None:
    releaf.made("account", "add", "Northwind")

    result = releaf("server", "add", "--account", "1", "--json", stdin=stdin)

    assert result.code == 2
    assert result.error == ("token", "Standard input is empty. Write the API token to it.")
    assert not printerpoint.calls


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("refuse", "token"),
        ("return_html", "instead of data"),
        ("go_offline", "connection"),
    ],
)
def test_a_token_that_does_not_work_is_not_saved(
    releaf: Releaf,
    printerpoint: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
    words: str,
) -> None:
    monkeypatch.setattr(clients, "Client", partial(Client, sleep=FakeClock().sleep))
    releaf.made("account", "add", "Northwind")
    printerpoint.add_dealer("canary-token")
    getattr(printerpoint, trouble)()

    result = releaf("server", "add", "--account", "1", "--json", stdin="canary-token")

    assert result.code == 1
    field, message = result.error
    assert field is None
    assert words in message
    assert "canary-token" not in result.out + result.err
    assert releaf.made("list", "servers") == []


def test_a_customer_cannot_have_a_server(northwind: Releaf, printerpoint: Sandbox) -> None:
    northwind.made("account", "add", "Bakery", "--partner", "1")

    result = northwind("server", "add", "--account", "Bakery", "--json", stdin="token")

    assert (result.code, result.error[0]) == (2, "account")


def test_a_token_is_registered_once(northwind: Releaf, printerpoint: Sandbox) -> None:
    result = northwind("server", "add", "--account", "1", "--json", stdin=printerpoint.token)

    assert (result.code, result.error[0]) == (2, "token")


def test_checking_a_server_pauses_and_resumes_it(northwind: Releaf, printerpoint: Sandbox) -> None:
    printerpoint.refuse()
    paused = northwind("server", "check", "Northwind", "--json")
    printerpoint.recover()
    resumed = northwind("server", "check", "1", "--json")

    assert (paused.code, paused.json["health"]) == (1, "unhealthy")
    assert "token" in paused.json["health_reason"]
    assert (resumed.code, resumed.json["health"]) == (0, "healthy")
    assert [
        (change["server"], change["before"], change["after"])
        for change in northwind.made("list", "health-changes")
    ] == [(1, "healthy", "unhealthy"), (1, "unhealthy", "healthy")]


def test_an_unknown_server_is_a_usage_error(northwind: Releaf) -> None:
    result = northwind("server", "check", "9", "--json")

    assert (result.code, result.error[0]) == (2, "server")


def test_a_token_is_replaced_from_standard_input(northwind: Releaf, printerpoint: Sandbox) -> None:
    printerpoint.refuse()
    northwind("server", "check", "1")
    printerpoint.recover()
    printerpoint.add_dealer("another-token")

    server = northwind.made("server", "replace-token", "Northwind", stdin=" another-token\n")

    assert (server["id"], server["health"]) == (1, "healthy")
    assert "another-token" not in str(server)
    assert northwind.made("server", "check", "1")["health"] == "healthy"
    assert "server token replaced" in audited(northwind)


def test_a_token_that_does_not_work_replaces_nothing(
    northwind: Releaf, printerpoint: Sandbox
) -> None:
    refused = northwind("server", "replace-token", "1", "--json", stdin="canary-token")

    assert refused.code == 1
    assert "canary-token" not in refused.out + refused.err
    assert northwind.made("server", "check", "1")["health"] == "healthy"


@pytest.mark.parametrize(
    ("server", "stdin", "field"), [("1", "", "token"), ("1", "a:b", "token"), ("9", "x", "server")]
)
def test_replacing_a_token_requires_a_server_and_a_token(
    northwind: Releaf, server: str, stdin: str, field: str
) -> None:
    result = northwind("server", "replace-token", server, "--json", stdin=stdin)

    assert (result.code, result.error[0]) == (2, field)


def test_the_token_of_another_server_is_no_replacement(
    northwind: Releaf, printerpoint: Sandbox
) -> None:
    printerpoint.add_dealer("another-token")
    northwind.made("server", "add", "--account", "1", stdin="another-token")

    result = northwind("server", "replace-token", "2", "--json", stdin=printerpoint.token)

    assert (result.code, result.error[0]) == (2, "token")


def test_a_server_is_removed_with_its_feeds(northwind: Releaf, printerpoint: Sandbox) -> None:
    printerpoint.add_printer(printerpoint.add_customer("Rosie's Bakery"), serial="BRN1")
    northwind.made("feed", "add", "1", "--all")

    removed = northwind.made("server", "remove", "Northwind")
    again = northwind("server", "remove", "1", "--json")

    assert (removed["id"], removed["feeds_removed"]) == (1, 1)
    assert northwind.made("list", "servers")[0]["removed_at"] == removed["removed_at"]
    head, row = northwind("list", "servers").out.splitlines()
    assert head.endswith("  removed at")
    assert row.endswith(f"  {removed['removed_at'][:16].replace('T', ' ')}Z")
    assert northwind.made("list", "feeds")[0]["status"] == "removed"
    assert (again.code, again.error[0]) == (2, "server")
    assert "server removed" in audited(northwind)


def audited(releaf: Releaf) -> list[str]:
    """The actions in the audit trail."""
    with releaf.session() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_an_encryption_key_is_changed_without_entering_a_token_again(
    releaf: Releaf, printerpoint: Sandbox
) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    releaf.surroundings["ENCRYPTION_KEYS"] = old
    releaf.made("account", "add", "Northwind")
    releaf.made("server", "add", "--account", "1", stdin=printerpoint.token)

    releaf.surroundings["ENCRYPTION_KEYS"] = f"{new},{old}"
    resealed = releaf("server", "reseal", "--json")
    releaf.surroundings["ENCRYPTION_KEYS"] = new
    with_the_new = releaf("server", "check", "1")
    releaf.surroundings["ENCRYPTION_KEYS"] = old
    with_the_old = releaf("server", "check", "1", "--json")

    assert resealed.json == {"resealed": 1}
    assert with_the_new.code == 0
    assert with_the_old.code == 1
    assert with_the_old.error[1].startswith("The stored secret cannot be decrypted with ENCRYPTION")


@pytest.mark.parametrize("command", ["check", "remove", "approve", "customers"])
def test_a_removed_server_is_refused_as_removed(northwind: Releaf, command: str) -> None:
    northwind.made("server", "remove", 1)

    refused = northwind("server", command, 1, "--json")
    unknown = northwind("server", command, 7, "--json")

    assert (refused.code, refused.error[0]) == (2, "server")
    assert "Server 1 (Printerpoint of Northwind) was removed on" in refused.error[1]
    assert "There is no server '7'" in unknown.error[1]


@pytest.fixture
def two_partners(northwind: Releaf, printerpoint: Sandbox) -> Releaf:
    """Northwind's fleet has six printers; Westerly registers the same token as server 2."""
    bakery = printerpoint.add_customer("Rosie's Bakery", "ROSE")
    for number in range(6):
        printerpoint.add_printer(bakery, serial=f"BRN{number}")
    northwind.made("feed", "add", "1", "--all")
    northwind.made("collect", "--server", "1")
    northwind.made("account", "add", "Westerly")
    return northwind


def test_the_same_token_at_two_partners_waits_until_it_is_approved(
    two_partners: Releaf, printerpoint: Sandbox
) -> None:
    releaf = two_partners
    added = releaf.made("server", "add", "--account", "Westerly", stdin=printerpoint.token)
    releaf.made("feed", "add", "2", "--all")

    waiting = releaf("collect", "--server", "2", "--json")
    listed = releaf.made("list", "servers")
    approved = releaf.made("server", "approve", "2")
    again = releaf("server", "approve", "2", "--json")
    collected = releaf.made("collect", "--server", "2")

    assert added["awaiting_approval_since"] is not None
    assert added["health"] == "healthy"
    assert waiting.code == 1
    assert waiting.json["servers"][0]["error"].startswith("This server is awaiting approval")
    assert waiting.json["servers"][0]["feeds"] == []
    assert [row["awaiting_approval_since"] is None for row in listed] == [True, False]
    assert approved["awaiting_approval_since"] is None
    assert approved["overlaps"] == [
        {"server": 1, "name": "Printerpoint", "account_name": "Northwind", "shared": 6}
    ]
    assert again.code == 1
    assert collected["servers"][0]["outcome"] == "collected"
    assert "server approved" in audited(releaf)


def test_a_second_token_of_a_fleet_is_refused_with_the_other_servers_name(
    two_partners: Releaf, printerpoint: Sandbox
) -> None:
    token = printerpoint.add_dealer("second-token")
    bakery = printerpoint.add_customer("Rosie's Bakery", "ROSE", token)
    for number in range(6):
        printerpoint.add_printer(bakery, serial=f"brn {number}")

    result = two_partners("server", "add", "--account", "Northwind", "--json", stdin=token)

    assert (result.code, result.error[0]) == (2, "token")
    assert "“Printerpoint”" in result.error[1]
    assert len(two_partners.made("list", "servers")) == 1
