"""Forms that were opened before another tab or user stored other values."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp.models import Account, Brand, Server, User

_SHOWN = re.compile(r'name="shown" type="hidden" value="([^"]*)"')


def shown_in(page: str) -> str:
    """Return the hidden values of a page's form."""
    found = _SHOWN.search(page)
    assert found is not None
    return html.unescape(found[1])


@dataclass(frozen=True, slots=True)
class Desk:
    """Nora of Northwind, and the rows that she edits."""

    nora: Visitor
    partner_id: int
    customer_id: int
    server_id: int

    def open(self, path: str) -> str:
        """Open a form in a tab; return its hidden values."""
        return shown_in(self.nora.get(path).text)


@pytest.fixture
def desk(log_in: Callable[[str], Visitor], transaction: Transaction) -> Desk:
    """A partner with a server and a customer."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind", country="US")
        server = factories.server(session, partner, name="Boston")
        customer = factories.customer(session, partner, name="Bakery", country="US")
        factories.user(session, partner, email="nora@example.com", full_name="Nora North")
        ids = partner.id, customer.id, server.id
    return Desk(log_in("nora@example.com"), *ids)


BAKERY = {"name": "Bakery", "country": "US", "region": "", "language": ""}


def test_a_value_that_was_not_edited_does_not_replace_a_newer_one(
    desk: Desk, transaction: Transaction
) -> None:
    path = f"/accounts/{desk.customer_id}/edit"
    shown = desk.open(path)

    first = desk.nora.post(path, BAKERY | {"name": "Bakery & Sons", "shown": shown})
    second = desk.nora.post(path, BAKERY | {"country": "CA", "shown": shown})

    assert (first.status_code, second.status_code) == (302, 302)
    with transaction() as session:
        account = session.get_one(Account, desk.customer_id)
        assert (account.name, account.country) == ("Bakery & Sons", "CA")


def test_a_region_stored_meanwhile_is_not_added_to_another_country(
    desk: Desk, transaction: Transaction
) -> None:
    path = f"/accounts/{desk.customer_id}/edit"
    german = BAKERY | {"country": "DE"}
    desk.nora.post(path, german | {"shown": desk.open(path)})
    shown = desk.open(path)

    desk.nora.post(path, german | {"region": "BE", "shown": shown})
    desk.nora.post(path, BAKERY | {"country": "CH", "shown": shown})

    with transaction() as session:
        account = session.get_one(Account, desk.customer_id)
        assert (account.country, account.region) == ("CH", None)


def test_a_country_removed_meanwhile_is_not_refused(desk: Desk, transaction: Transaction) -> None:
    path = f"/accounts/{desk.customer_id}/edit"
    shown = desk.open(path)

    desk.nora.post(path, BAKERY | {"country": "", "shown": shown})
    renamed = desk.nora.post(path, BAKERY | {"name": "Bakery & Sons", "shown": shown})

    assert renamed.status_code == 302
    with transaction() as session:
        account = session.get_one(Account, desk.customer_id)
        assert (account.name, account.country) == ("Bakery & Sons", None)


def test_a_value_edited_in_two_tabs_is_stored_after_a_second_save(
    desk: Desk, transaction: Transaction
) -> None:
    path = f"/accounts/{desk.customer_id}/edit"
    shown = desk.open(path)
    mine = BAKERY | {"name": "Baker’s", "country": "CA"}

    desk.nora.post(path, BAKERY | {"name": "Bakery & Sons", "country": "MX", "shown": shown})
    refused = desk.nora.post(path, mine | {"shown": shown})
    found = _SHOWN.search(refused.text)
    with transaction() as session:
        kept = session.get_one(Account, desk.customer_id).name
    assert found is not None
    again = desk.nora.post(path, mine | {"shown": html.unescape(found[1])})

    assert refused.status_code == 422
    assert "Name has been changed to “Bakery &amp; Sons” in the meantime." in refused.text
    assert "Country has been changed to “Mexico” in the meantime." in refused.text
    assert 'value="Baker’s"' in refused.text
    assert kept == "Bakery & Sons"
    assert again.status_code == 302
    with transaction() as session:
        account = session.get_one(Account, desk.customer_id)
        assert (account.name, account.country) == ("Baker’s", "CA")


def test_a_form_sent_twice_is_no_conflict(desk: Desk, transaction: Transaction) -> None:
    path = f"/accounts/{desk.customer_id}/edit"
    sent = BAKERY | {"name": " Bakery   &  Sons", "shown": desk.open(path)}

    responses = [desk.nora.post(path, sent) for _ in range(2)]

    assert [response.status_code for response in responses] == [302, 302]
    with transaction() as session:
        assert session.get_one(Account, desk.customer_id).name == "Bakery & Sons"


def test_choices_of_emails_are_merged(desk: Desk) -> None:
    shown = desk.open("/notices")

    desk.nora.post("/notices", {"server": "y", "digest": "y", "shown": shown})
    desk.nora.post("/notices", {"server": "y", "feed": "y", "shown": shown})

    page = desk.nora.get("/notices").text
    assert re.findall(r'checked[^>]*name="(\w+)"', page) == ["server"]


def test_a_profile_is_merged(desk: Desk, transaction: Transaction) -> None:
    nora = {"full_name": "Nora North", "language": "", "time_zone": ""}
    shown = desk.open("/profile/edit")

    desk.nora.post("/profile/edit", nora | {"language": "es", "shown": shown})
    desk.nora.post("/profile/edit", nora | {"full_name": "Nora South", "shown": shown})

    with transaction() as session:
        user = session.scalars(select(User).where(User.email == "nora@example.com")).one()
        assert (user.full_name, user.language) == ("Nora South", "es")


def test_a_brand_is_merged(desk: Desk, transaction: Transaction) -> None:
    path = f"/accounts/{desk.partner_id}/brand"
    sent = {"name": "", "colour": "", "picked": "#1b6b45"}
    shown = desk.open(path)

    desk.nora.post(path, sent | {"name": "Northwind Green", "shown": shown})
    desk.nora.post(path, sent | {"picked": "#1d4ed8", "shown": shown})
    desk.nora.post(path, sent | {"shown": shown})
    refused = desk.nora.post(path, sent | {"colour": "#a21caf", "shown": shown})

    with transaction() as session:
        brand = session.scalars(select(Brand)).one()
        assert (brand.name, brand.colour) == ("Northwind Green", "#1d4ed8")
    assert "Color has been changed to “#1d4ed8” in the meantime." in refused.text


def test_a_value_that_cannot_be_read_is_refused_as_ever(desk: Desk) -> None:
    path = f"/accounts/{desk.partner_id}/certificate-minimum"
    shown = desk.open(path)
    desk.nora.post(path, {"minimum_pages": "500", "shown": shown})

    refused = desk.nora.post(path, {"minimum_pages": "many", "shown": shown})

    assert "Enter a whole number of pages." in refused.text
    assert 'value="many"' in refused.text


@pytest.mark.parametrize(
    "value",
    [
        "{", "[]", "null", "7", '{"name": 5, "x": null}', '{"name": {"a": [1]}}',
        '{"name": "\\ud800"}', "[" * 100_000, '{"name": ' + "9" * 5_000 + "}",
    ],
)  # fmt: skip
def test_hidden_values_that_no_page_has_are_no_error(desk: Desk, value: str) -> None:
    path = f"/servers/{desk.server_id}/name"

    assert desk.nora.post(path, {"name": "Boston", "shown": value}).status_code in (302, 422)


def test_a_name_edited_in_two_tabs_is_refused_once(desk: Desk, transaction: Transaction) -> None:
    path = f"/servers/{desk.server_id}/name"
    shown = desk.open(path)
    desk.nora.post(path, {"name": "Salem", "shown": shown})

    response = desk.nora.post(path, {"name": "Lowell", "shown": shown})

    assert response.status_code == 422
    assert "Name has been changed to “Salem” in the meantime." in response.text
    with transaction() as session:
        assert session.get_one(Server, desk.server_id).name == "Salem"


def test_a_minimum_that_was_not_edited_does_not_replace_a_newer_one(
    desk: Desk, transaction: Transaction
) -> None:
    path = f"/accounts/{desk.partner_id}/certificate-minimum"
    shown = desk.open(path)
    desk.nora.post(path, {"minimum_pages": "500", "shown": shown})

    response = desk.nora.post(path, {"minimum_pages": "", "shown": shown})

    assert response.status_code == 302
    with transaction() as session:
        assert session.get_one(Account, desk.partner_id).minimum_pages == 500


def test_a_region_is_not_stored_with_the_country_of_another_tab(
    desk: Desk, transaction: Transaction
) -> None:
    path = f"/accounts/{desk.customer_id}/edit"
    california = BAKERY | {"region": "CA"}
    shown = desk.open(path)
    desk.nora.post(path, BAKERY | {"country": "IT", "shown": shown})

    refused = desk.nora.post(path, california | {"shown": shown})
    stored = desk.nora.post(path, california | {"shown": shown_in(refused.text)})

    assert refused.status_code == 422
    assert "Country has been changed to “Italy” in the meantime." in refused.text
    assert stored.status_code == 302
    with transaction() as session:
        account = session.get_one(Account, desk.customer_id)
        assert (account.country, account.region) == ("US", "CA")
