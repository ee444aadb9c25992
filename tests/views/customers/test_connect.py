"""Connecting the selected customers of a server to accounts."""

import re

from sqlalchemy import select

from tests import factories
from tests.views.conftest import Transaction
from tests.views.customers.conftest import BAKERY, HARBOUR, SCHOOL, Office, chosen, connected
from webapp.models import Account, Feed, Server
from webapp.printerpoint.fleet import Customer
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.servers import customers


def test_a_customer_under_a_new_name_is_named_and_not_connected_with_all(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        server = session.get_one(Server, office.server_id)
        feed = factories.feed(session, server, customer_name="Bluebird Confectioners")
        feed.successor_name, feed.successor_devices, feed.successor_of = "Bluebird Bakery", 1, 1
        feed_id = feed.id

    found = office.nora.get(office.searching).text
    confirmation = office.nora.post(office.adding, {"action": "all"}).text
    office.nora.post(office.adding, {"action": "all-confirmed"})

    assert "probably “Bluebird Confectioners” under a new name" in found
    assert f'href="/feeds/{feed_id}"' in found
    assert "Bluebird Bakery, formerly Bluebird Confectioners" in confirmation
    with transaction() as session:
        names = set(session.scalars(select(Feed.customer_name)))
    assert names == {"Bluebird Confectioners", "Harbour Architects, LLP", "St. Mary’s School"}


def test_a_chosen_customer_retains_its_account(office: Office, transaction: Transaction) -> None:
    with transaction() as session:
        partner = session.get_one(Server, office.server_id).account
        factories.customer(session, partner, name="Bakers united")
        factories.customer(session, partner, name="St. Mary’s School")
    fields = {
        "listed": [BAKERY, SCHOOL, HARBOUR],
        "chosen": [BAKERY, SCHOOL, HARBOUR],
        f"account-{BAKERY}": "Bakers united",
    }

    page = office.nora.post(office.searching, {**fields, "q": "harb"}).text

    assert f'name="account-{BAKERY}" value="Bakers united"' in page
    assert "Existing customer: Bakers united" in page
    assert "New customer: Harbour Architects, LLP" in page
    assert "Existing customer: St. Mary’s School" in page


def test_one_account_is_applied_to_all_that_are_selected(
    office: Office, transaction: Transaction
) -> None:
    fields = {"listed": [BAKERY, HARBOUR], "chosen": [BAKERY, HARBOUR], "shown": []}
    applied = {**fields, "action": "one", "one-account": " Main  Street Group "}

    part = office.nora.post(office.searching, applied).text
    whole = office.nora.post(office.adding, applied).text
    accounts = {f"account-{key}": "Main Street Group" for key in (BAKERY, HARBOUR)}
    office.nora.post(office.adding, {**fields, **accounts, "action": "connect"})

    for page in (part, whole):
        assert page.count('value="Main Street Group" placeholder=') == 2
    assert set(connected(transaction).values()) == {"Main Street Group"}
    with transaction() as session:
        names = select(Account.name).where(Account.name == "Main Street Group")
        assert len(session.scalars(names).all()) == 1


def test_accounts_are_suggested_for_a_typed_text(office: Office, transaction: Transaction) -> None:
    with transaction() as session:
        partner = session.get_one(Server, office.server_id).account
        for number in range(50):
            factories.customer(session, partner, name=f"Lake <{number:02}>")
        factories.customer(session, partner, name="100% Print")
        factories.customer(session, factories.partner(session), name="Lake of others")
    address = f"/servers/{office.server_id}/accounts"

    lakes = office.nora.get(f"{address}?account-x=LAKE").text

    assert lakes.count("<option") == 20
    assert "Lake &lt;00&gt;" in lakes
    assert "of others" not in lakes
    assert office.nora.get(f"{address}?account-x=100%25").text.count("<option") == 1
    assert "<option" not in office.nora.get(f"{address}?account-x=nobody").text
    assert office.nora.get(address).text.count("<option") == 20


def test_chosen_customers_are_connected_to_chosen_accounts(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.get_one(Server, office.server_id).account
        factories.customer(session, partner, name="Bakers united")
    fields = {
        "action": "connect",
        "customer": [BAKERY, HARBOUR],
        "shown": [BAKERY, HARBOUR],
        f"account-{BAKERY}": "Bakers united",
    }

    response = office.nora.post(office.adding, fields)

    assert response.location == f"/servers/{office.server_id}"
    assert "2 customers connected" in office.nora.get(response.location).text
    assert connected(transaction) == {
        "Bluebird Bakery": "Bakers united",
        "Harbour Architects, LLP": "Harbour Architects, LLP",
    }


def test_a_form_sent_twice_connects_once(office: Office, transaction: Transaction) -> None:
    fields = {"action": "connect", "customer": BAKERY, "shown": BAKERY}

    first = office.nora.post(office.adding, fields)
    second = office.nora.post(office.adding, fields)

    assert (first.status_code, second.status_code) == (302, 302)
    assert connected(transaction) == {"Bluebird Bakery": "Bluebird Bakery"}


def test_an_empty_selection_is_reported(office: Office, transaction: Transaction) -> None:
    response = office.nora.post(office.adding, {"action": "connect"})

    assert response.status_code == 422
    assert "Choose at least one customer" in response.text
    assert connected(transaction) == {}


def test_all_matching_customers_are_connected_after_confirmation(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.get_one(Server, office.server_id).account
        factories.customer(session, partner, name="Bluebird Bakery")

    confirmation = office.nora.post(office.adding, {"action": "all", "q": "b"})
    before = connected(transaction)
    done = office.nora.post(office.adding, {"action": "all-confirmed", "q": "b"})
    again = office.nora.post(office.adding, {"action": "all-confirmed", "q": "b"})

    assert "Connect 2 customers that match “b”?" in confirmation.text
    assert "1 new account will be created" in confirmation.text
    assert before == {}
    assert (done.status_code, again.status_code) == (302, 302)
    assert set(connected(transaction)) == {"Bluebird Bakery", "Harbour Architects, LLP"}


def test_canceling_to_connect_all_retains_the_search_and_the_selection(office: Office) -> None:
    selection = {"chosen": SCHOOL, "listed": SCHOOL, f"account-{SCHOOL}": "Schools"}

    confirmation = office.nora.post(office.adding, {"action": "all", "q": "b", **selection}).text
    sent = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', confirmation))
    page = office.nora.post(office.adding, {**sent, "action": "search"}).text

    assert 'value="search">Cancel' in confirmation
    assert chosen(page) == [SCHOOL]
    assert f'name="account-{SCHOOL}" value="Schools"' in page
    assert re.search(r'name="q" value="b"', page)


def test_customers_of_one_name_show_and_get_accounts_of_their_own(
    office: Office, transaction: Transaction, printerpoint: Sandbox
) -> None:
    for customer_id in ("MILL01", "MILL02"):
        miller = printerpoint.add_customer("Miller", customer_id=customer_id)
        printerpoint.add_printer(miller, serial=customer_id)
    keys = [customers.key(Customer("Miller", f"MILL0{n}", 1)) for n in (1, 2)]

    shown = office.nora.post(office.searching, {"listed": keys, "chosen": keys}).text
    confirmation = office.nora.post(office.adding, {"action": "all", "q": "miller"}).text
    office.nora.post(office.adding, {"action": "connect", "customer": keys, "shown": keys})

    assert "New customer: Miller" in shown
    assert "New customer: Miller (MILL02)" in shown
    assert "2 new accounts will be created" in confirmation
    with transaction() as session:
        rows = session.execute(select(Feed.customer_id, Account.name).join(Feed.account))
        found = {row.customer_id: row.name for row in rows}
    assert found == {"MILL01": "Miller", "MILL02": "Miller (MILL02)"}


def test_a_customer_that_left_the_fleet_meanwhile_is_shown(office: Office) -> None:
    fields = {"action": "connect", "customer": [BAKERY, "0123456789abcdef"], "shown": [BAKERY]}

    response = office.nora.post(office.adding, fields)

    assert response.status_code == 422
    assert "no longer in Printerpoint" in response.text
    assert chosen(response.text) == [BAKERY]


def test_with_very_many_accounts_the_name_is_a_text_field(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.get_one(Server, office.server_id).account
        for number in range(201):
            factories.customer(session, partner, name=f"Account {number:03}")
    fields = {"listed": BAKERY, "chosen": BAKERY, f"account-{BAKERY}": "Account 200"}

    page = office.nora.post(office.searching, fields).text

    assert f'name="account-{BAKERY}" value="Account 200"' in page
    assert "Existing customer: Account 200" in page


def test_a_removed_server_takes_no_feeds(office: Office) -> None:
    office.nora.post(f"/servers/{office.server_id}/remove")

    assert office.nora.get(office.adding).status_code == 409
    assert office.nora.get(office.searching).status_code == 409
