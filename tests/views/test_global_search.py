"""The search over everything: what it finds, in which order, and nothing of other tenants."""

from collections.abc import Callable

import pytest

from tests import factories
from tests.views.conftest import Transaction, Visitor
from tests.views.tenants import partner_tenant

LogIn = Callable[[str], Visitor]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def tenants(transaction: Transaction) -> None:
    """Two partners, each with a customer and one of everything."""
    with transaction() as session:
        for name in ("Northwind", "Westerly"):
            partner_tenant(session, name)
        factories.user(session, factories.operations(session), email="olga@example.com")


@pytest.mark.usefixtures("tenants")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("northwind customer", "Northwind Customer"),
        ("WIND FEED", "Northwind Feed"),
        ("northwind01", "Northwind Feed"),
        ("sn-north", "A-Northwind"),
        ("a-northwind", "A-Northwind"),
        ("r-2026-10-nor", "R-2026-10-NORTHW"),
        ("wind login", "Northwind Login"),
    ],
)
def test_a_partner_finds_by_name_serial_asset_and_number(
    log_in: LogIn, text: str, shown: str
) -> None:
    page = log_in("partner_viewer@northwind.example").get(f"/search?q={text}")

    assert page.status_code == 200
    assert f">{shown}</a>" in page.text


@pytest.mark.slow
@pytest.mark.usefixtures("tenants")
@pytest.mark.parametrize("role", ["partner_admin", "partner_viewer", "person"])
@pytest.mark.parametrize("text", ["west", "sn-west", "r-2026-10-west", "%", "__", "\\", "we%st"])
def test_nothing_of_another_partner_is_found(log_in: LogIn, role: str, text: str) -> None:
    visitor = log_in(f"{role}@northwind.example")

    for headers in ({}, HTMX):
        page = visitor.get(f"/search?q={text}", headers).text.replace(text, "")
        assert "westerly" not in page.lower()


@pytest.mark.usefixtures("tenants")
def test_a_customer_finds_its_own_devices_feeds_and_certificates_alone(log_in: LogIn) -> None:
    page = log_in("person@northwind.example").get("/search?q=north", HTMX).text

    assert "A-Northwind" in page
    assert "Northwind Feed" in page
    assert "R-2026-10-NORTHW" in page
    assert "/servers/" not in page
    assert "/accounts/" not in page


@pytest.mark.usefixtures("tenants")
def test_operations_find_everything(log_in: LogIn) -> None:
    page = log_in("olga@example.com").get("/search?q=er").text

    assert "Northwind Partner" in page
    assert "Westerly Customer" in page


def test_an_exact_serial_number_comes_first_and_further_matches_are_in_the_list(
    log_in: LogIn, transaction: Transaction
) -> None:
    with transaction() as session:
        feed = factories.feed(session)
        factories.user(session, feed.server.account, email="ada@example.com")
        for number in range(20):
            factories.device(session, feed, asset_id=f"A{number}", serial_number=f"AX1{number:02}")
        factories.device(session, feed, asset_id="ZZ", serial_number="AX1")

    page = log_in("ada@example.com").get("/search?q=ax1", HTMX).text

    assert page.index(">ZZ</a>") < page.index(">A0</a>")
    assert page.count("/devices/") == 8
    assert 'href="/devices?q=ax1"' in page


@pytest.mark.usefixtures("tenants")
@pytest.mark.parametrize("text", ["", "x", " ", "\x00", "nothing has this name", "é" * 300])
def test_a_short_or_unknown_text_finds_nothing(log_in: LogIn, text: str) -> None:
    page = log_in("partner_admin@northwind.example").get(f"/search?q={text}")

    assert page.status_code == 200
    assert 'class="hits"' not in page.text


@pytest.mark.usefixtures("tenants")
def test_removed_servers_and_feeds_are_not_found(log_in: LogIn, transaction: Transaction) -> None:
    with transaction() as session:
        feed = factories.feed(session, customer_name="Zephyr", status="removed")
        feed.account.name = "Renamed"
        factories.device(session, feed, asset_id="Zephyr 1")
        factories.user(session, feed.server.account, email="zoe@example.com")

    assert 'class="hits"' not in log_in("zoe@example.com").get("/search?q=zephyr").text


@pytest.mark.usefixtures("tenants")
def test_the_box_of_every_page_works_without_javascript(log_in: LogIn) -> None:
    page = log_in("person@northwind.example").get("/").text

    assert '<form class="find" role="search" action="/search"' in page
