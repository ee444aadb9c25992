"""``releaf server customers`` and ``releaf feed add``."""

import pytest

from tests.cli.conftest import Releaf
from webapp.printerpoint.sandbox import Sandbox


def test_customers_are_listed_with_their_feeds(northwind: Releaf, printerpoint: Sandbox) -> None:
    harbour = printerpoint.add_customer("Harbour Architects, LLP", "HARB01")
    printerpoint.add_printer(harbour, serial="CNB1")
    printerpoint.add_printer(harbour, serial="CNB2")
    printerpoint.add_printer(printerpoint.add_customer("Rosie's Bakery"), serial="BRN1")
    northwind.made("feed", "add", "1", "--customer", "HARB01")

    assert northwind.made("server", "customers", "1") == [
        {
            "customer_id": "HARB01",
            "customer_name": "Harbour Architects, LLP",
            "printers": 2,
            "feed": 1,
            "status": "pending",
        },
        {
            "customer_id": None,
            "customer_name": "Rosie's Bakery",
            "printers": 1,
            "feed": None,
            "status": None,
        },
    ]


def test_a_server_that_cannot_list_its_customers_is_unhealthy(
    northwind: Releaf, printerpoint: Sandbox
) -> None:
    printerpoint.refuse()

    result = northwind("server", "customers", "1", "--json")

    assert result.code == 1
    assert "token" in result.error[1]
    assert northwind.made("list", "servers")[0]["health"] == "unhealthy"


def test_a_customer_without_an_id_is_named_by_its_name(
    northwind: Releaf, printerpoint: Sandbox
) -> None:
    printerpoint.add_printer(printerpoint.add_customer("Rosie's Bakery"), serial="BRN1")

    feed = northwind.made("feed", "add", "1", "--customer", "Rosie's Bakery")

    assert feed == {
        "id": 1,
        "server": 1,
        "account": 2,
        "account_name": "Rosie's Bakery",
        "customer_id": None,
        "customer_name": "Rosie's Bakery",
        "status": "pending",
        "health": "pending",
        "read_by_hand": None,
    }


def test_a_customer_is_connected_to_an_account_that_is_there(
    northwind: Releaf, printerpoint: Sandbox
) -> None:
    printerpoint.add_printer(printerpoint.add_customer("Rosie's Bakery"), serial="BRN1")
    account = northwind.made("account", "add", "Rosie Miller Ltd", "--partner", "1")["id"]

    feed = northwind.made(
        "feed", "add", "Northwind", "--customer", "Rosie's Bakery", "--account", "Rosie Miller Ltd"
    )

    assert feed["account"] == account


def test_adding_all_twice_connects_each_customer_once(
    northwind: Releaf, printerpoint: Sandbox
) -> None:
    for name in ("Bakery", "Clinic", "School"):
        printerpoint.add_printer(printerpoint.add_customer(name), serial=name)

    first = northwind.made("feed", "add", "1", "--all")
    second = northwind.made("feed", "add", "1", "--all")

    assert [feed["customer_name"] for feed in first["feeds"]] == ["Bakery", "Clinic", "School"]
    assert second == {"feeds": []}
    assert len(northwind.made("list", "feeds")) == 3


def test_an_unknown_customer_is_refused_with_the_remedy(northwind: Releaf) -> None:
    result = northwind("feed", "add", "1", "--customer", "NOBODY", "--json")

    assert result.code == 2
    assert result.error[0] == "customer"
    assert "releaf server customers" in result.error[1]


def test_two_customers_of_one_name_are_distinguished_by_id(
    northwind: Releaf, printerpoint: Sandbox
) -> None:
    for customer_id in ("MILL01", "MILL02"):
        customer = printerpoint.add_customer("Miller", customer_id)
        printerpoint.add_printer(customer, serial=customer_id)

    result = northwind("feed", "add", "1", "--customer", "Miller", "--json")

    assert result.code == 2
    assert "MILL01, MILL02" in result.error[1]


def test_two_customers_of_one_name_never_share_an_account(
    northwind: Releaf, printerpoint: Sandbox
) -> None:
    northwind.made("account", "add", "Bakery", "--partner", "1")
    for customer_id in ("MILL01", "MILL02"):
        customer = printerpoint.add_customer("Miller", customer_id)
        printerpoint.add_printer(customer, serial=customer_id)
    printerpoint.add_printer(printerpoint.add_customer("Bakery", "BAKE"), serial="B1")

    connected = northwind("feed", "add", "1", "--all", "--json")
    listed = northwind("feed", "add", "1", "--all")

    assert [
        (feed["customer_id"], feed["account_name"], feed["account_created"])
        for feed in connected.json["feeds"]
    ] == [
        ("BAKE", "Bakery", False),
        ("MILL01", "Miller", True),
        ("MILL02", "Miller (MILL02)", True),
    ]
    assert "already connected" in listed.out


def test_the_accounts_that_were_created_are_listed(
    northwind: Releaf, printerpoint: Sandbox
) -> None:
    northwind.made("account", "add", "Bakery", "--partner", "1")
    for name in ("Bakery", "Clinic"):
        printerpoint.add_printer(printerpoint.add_customer(name, name.upper()), serial=name)

    lines = northwind("feed", "add", "1", "--all").out.splitlines()

    assert lines == [
        "feed 1: Bakery (BAKERY), account 2 (Bakery)",
        "feed 2: Clinic (CLINIC), account 3 (Clinic, created)",
    ]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ([], "customer"),
        (["--all", "--customer", "X"], "customer"),
        (["--all", "--account", "1"], "account"),
    ],
)
def test_feed_add_requires_one_customer_or_all(
    northwind: Releaf, options: list[str], field: str
) -> None:
    result = northwind("feed", "add", "1", *options, "--json")

    assert (result.code, result.error[0]) == (2, field)
