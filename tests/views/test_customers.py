"""Choosing and connecting the customers of a server, with a real Printerpoint on loopback."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from tests import factories
from tests.environment.redis_server import RedisServer
from tests.views.conftest import Storing, Visitor
from webapp.crypto import Keyring
from webapp.models import Account, Feed, Server, User
from webapp.printerpoint.fleet import Customer
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.servers import customers
from webapp.settings import Settings

HARBOUR = customers.key(Customer("Harbour Architects, LLP", "HARB01", 2))
BAKERY = customers.key(Customer("Bluebird Bakery", None, 1))
SCHOOL = customers.key(Customer("St. Mary’s School", "STM", 1))


@dataclass(frozen=True, slots=True)
class Office:
    """An administrator before a server with three customers."""

    nora: Visitor
    server_id: int

    @property
    def adding(self) -> str:
        """The address of the page that adds feeds."""
        return f"/servers/{self.server_id}/feeds/new"

    @property
    def searching(self) -> str:
        """The address of the fragment of the list."""
        return f"/servers/{self.server_id}/customers"


@pytest.fixture
def settings(settings: Settings, printerpoint: Sandbox, redis_server: RedisServer) -> Settings:
    """Settings with the sandbox and a real Redis."""
    return replace(settings, printerpoint_url=printerpoint.url, redis_url=redis_server.url)


@pytest.fixture
def office(
    storing: Storing,
    settings: Settings,
    printerpoint: Sandbox,
    log_in: Callable[[User | str], Visitor],
) -> Office:
    """A fleet of three customers, none of them connected."""
    for name, customer_id, serials in (
        ("Harbour Architects, LLP", "HARB01", ("H1", "H2")),
        ("Bluebird Bakery", None, ("B1",)),
        ("St. Mary’s School", "STM", ("S1",)),
    ):
        customer = printerpoint.add_customer(name, customer_id=customer_id)
        for serial in serials:
            printerpoint.add_printer(customer, serial=serial, count=100)
    with storing() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com")
        keyring = Keyring(settings.encryption_keys)
        server = factories.server(session, partner, token=printerpoint.token, keyring=keyring)
        server_id = server.id
    return Office(log_in("nora@example.com"), server_id)


def test_the_page_is_shown_before_the_fleet_is_read(office: Office) -> None:
    page = office.nora.opens(office.adding).text
    without_javascript = office.nora.opens(f"{office.adding}?read=1").text
    remembered = office.nora.opens(office.adding).text

    assert 'data-hx-trigger="load"' in page
    assert "Bluebird Bakery" not in page
    assert "read=1" in page
    assert boxes(without_javascript) == boxes(remembered) == [BAKERY, HARBOUR, SCHOOL]


def test_customers_are_listed_with_their_printers_and_accounts(
    office: Office, storing: Storing
) -> None:
    with storing() as session:
        server = session.get_one(Server, office.server_id)
        account = factories.customer(session, server.account, name="The whole harbour")
        factories.feed(
            session,
            server,
            account,
            customer_id="HARB01",
            customer_name="Harbour Architects, LLP",
        )

    found = office.nora.opens(office.searching).text

    assert "2 printers · ID HARB01 · connected to The whole harbour" in found
    assert "1 printer · no ID" in found
    assert boxes(found) == [BAKERY, SCHOOL]
    assert re.search(rf'value="{HARBOUR}"[^>]* disabled', found)


def test_a_customer_under_a_new_name_is_named_and_not_connected_with_all(
    office: Office, storing: Storing
) -> None:
    with storing() as session:
        server = session.get_one(Server, office.server_id)
        feed = factories.feed(session, server, customer_name="Bluebird Confectioners")
        feed.successor_name, feed.successor_devices, feed.successor_of = "Bluebird Bakery", 1, 1
        feed_id = feed.id

    found = office.nora.opens(office.searching).text
    confirmation = office.nora.sends(office.adding, {"action": "all"}).text
    office.nora.sends(office.adding, {"action": "all-confirmed"})

    assert "probably “Bluebird Confectioners” under a new name" in found
    assert f'href="/feeds/{feed_id}"' in found
    assert "Bluebird Bakery, formerly Bluebird Confectioners" in confirmation
    with storing() as session:
        names = set(session.scalars(select(Feed.customer_name)))
    assert names == {"Bluebird Confectioners", "Harbour Architects, LLP", "St. Mary’s School"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bakery", [BAKERY]),
        ("BLUE bak", [BAKERY]),
        ("harb01", [HARBOUR]),
        ("mary’s", [SCHOOL]),
        ("", [BAKERY, HARBOUR, SCHOOL]),
        ("nobody", []),
    ],
)
def test_a_search_covers_names_and_ids(office: Office, text: str, found: list[str]) -> None:
    page = office.nora.client.get(office.searching, query_string={"q": text}).text

    assert boxes(page) == found


def test_the_selection_is_retained_in_a_new_search(office: Office) -> None:
    shown = {"shown": [BAKERY, HARBOUR, SCHOOL]}

    first = office.nora.sends(office.searching, {**shown, "customer": [BAKERY], "q": "school"})
    second = office.nora.sends(
        office.searching,
        {"listed": BAKERY, "chosen": BAKERY, "shown": SCHOOL, "customer": SCHOOL, "q": "harb"},
    )

    assert (boxes(first.text), chosen(first.text)) == ([SCHOOL], [BAKERY])
    assert (boxes(second.text), chosen(second.text)) == ([HARBOUR], [BAKERY, SCHOOL])


def test_a_box_unchecked_in_either_list_deselects_a_customer(office: Office) -> None:
    both = {"shown": [BAKERY, SCHOOL], "listed": [BAKERY, SCHOOL]}

    above = {**both, "customer": SCHOOL, "chosen": [BAKERY, SCHOOL]}
    below = {**both, "customer": [BAKERY, SCHOOL], "chosen": SCHOOL}
    pages = [office.nora.sends(office.searching, fields).text for fields in (above, below)]

    assert [chosen(page) for page in pages] == [[SCHOOL], [SCHOOL]]


def test_a_chosen_customer_retains_its_account(office: Office, storing: Storing) -> None:
    with storing() as session:
        partner = session.get_one(Server, office.server_id).account
        factories.customer(session, partner, name="Bakers united")
        factories.customer(session, partner, name="St. Mary’s School")
    fields = {
        "listed": [BAKERY, SCHOOL, HARBOUR],
        "chosen": [BAKERY, SCHOOL, HARBOUR],
        f"account-{BAKERY}": "Bakers united",
    }

    page = office.nora.sends(office.searching, {**fields, "q": "harb"}).text

    assert f'name="account-{BAKERY}" value="Bakers united"' in page
    assert "Existing customer: Bakers united" in page
    assert "New customer: Harbour Architects, LLP" in page
    assert "Existing customer: St. Mary’s School" in page


def test_one_account_is_applied_to_all_that_are_selected(office: Office, storing: Storing) -> None:
    fields = {"listed": [BAKERY, HARBOUR], "chosen": [BAKERY, HARBOUR], "shown": []}
    applied = {**fields, "action": "one", "one-account": " Main  Street Group "}

    part = office.nora.sends(office.searching, applied).text
    whole = office.nora.sends(office.adding, applied).text
    accounts = {f"account-{key}": "Main Street Group" for key in (BAKERY, HARBOUR)}
    office.nora.sends(office.adding, {**fields, **accounts, "action": "connect"})

    for page in (part, whole):
        assert page.count('value="Main Street Group" placeholder=') == 2
    assert set(connected(storing).values()) == {"Main Street Group"}
    with storing() as session:
        names = select(Account.name).where(Account.name == "Main Street Group")
        assert len(session.scalars(names).all()) == 1


def test_accounts_are_suggested_for_a_typed_text(office: Office, storing: Storing) -> None:
    with storing() as session:
        partner = session.get_one(Server, office.server_id).account
        for number in range(50):
            factories.customer(session, partner, name=f"Lake <{number:02}>")
        factories.customer(session, partner, name="100% Print")
        factories.customer(session, factories.partner(session), name="Lake of others")
    address = f"/servers/{office.server_id}/accounts"

    lakes = office.nora.opens(f"{address}?account-x=LAKE").text

    assert lakes.count("<option") == 20
    assert "Lake &lt;00&gt;" in lakes
    assert "of others" not in lakes
    assert office.nora.opens(f"{address}?account-x=100%25").text.count("<option") == 1
    assert "<option" not in office.nora.opens(f"{address}?account-x=nobody").text
    assert office.nora.opens(address).text.count("<option") == 20


def test_the_error_is_removed_with_the_next_change(office: Office) -> None:
    page = office.nora.sends(office.adding, {"action": "connect"}).text
    part = office.nora.sends(office.searching, {"customer": BAKERY, "shown": BAKERY}).text

    assert page.index('id="problem"') < page.index("Choose at least one customer")
    assert '<div id="problem" data-hx-swap-oob="true"></div>' in part
    assert "swap-oob" not in page


def test_chosen_customers_are_connected_to_chosen_accounts(
    office: Office, storing: Storing
) -> None:
    with storing() as session:
        partner = session.get_one(Server, office.server_id).account
        factories.customer(session, partner, name="Bakers united")
    fields = {
        "action": "connect",
        "customer": [BAKERY, HARBOUR],
        "shown": [BAKERY, HARBOUR],
        f"account-{BAKERY}": "Bakers united",
    }

    response = office.nora.sends(office.adding, fields)

    assert response.location == f"/servers/{office.server_id}"
    assert "2 customers connected" in office.nora.opens(response.location).text
    assert connected(storing) == {
        "Bluebird Bakery": "Bakers united",
        "Harbour Architects, LLP": "Harbour Architects, LLP",
    }


def test_a_form_sent_twice_connects_once(office: Office, storing: Storing) -> None:
    fields = {"action": "connect", "customer": BAKERY, "shown": BAKERY}

    first = office.nora.sends(office.adding, fields)
    second = office.nora.sends(office.adding, fields)

    assert (first.status_code, second.status_code) == (302, 302)
    assert connected(storing) == {"Bluebird Bakery": "Bluebird Bakery"}


def test_without_javascript_a_search_button_retains_the_selection(office: Office) -> None:
    fields = {"action": "search", "q": "school", "customer": BAKERY, "shown": [BAKERY, SCHOOL]}

    page = office.nora.sends(office.adding, fields)

    assert page.status_code == 200
    assert "<html" in page.text
    assert (boxes(page.text), chosen(page.text)) == ([SCHOOL], [BAKERY])


def test_an_empty_selection_is_reported(office: Office, storing: Storing) -> None:
    response = office.nora.sends(office.adding, {"action": "connect"})

    assert response.status_code == 422
    assert "Choose at least one customer" in response.text
    assert connected(storing) == {}


def test_all_matching_customers_are_connected_after_confirmation(
    office: Office, storing: Storing
) -> None:
    with storing() as session:
        partner = session.get_one(Server, office.server_id).account
        factories.customer(session, partner, name="Bluebird Bakery")

    confirmation = office.nora.sends(office.adding, {"action": "all", "q": "b"})
    before = connected(storing)
    done = office.nora.sends(office.adding, {"action": "all-confirmed", "q": "b"})
    again = office.nora.sends(office.adding, {"action": "all-confirmed", "q": "b"})

    assert "Connect 2 customers that match “b”?" in confirmation.text
    assert "1 new account will be created" in confirmation.text
    assert before == {}
    assert (done.status_code, again.status_code) == (302, 302)
    assert set(connected(storing)) == {"Bluebird Bakery", "Harbour Architects, LLP"}


def test_customers_of_one_name_show_and_get_accounts_of_their_own(
    office: Office, storing: Storing, printerpoint: Sandbox
) -> None:
    for customer_id in ("MILL01", "MILL02"):
        miller = printerpoint.add_customer("Miller", customer_id=customer_id)
        printerpoint.add_printer(miller, serial=customer_id)
    keys = [customers.key(Customer("Miller", f"MILL0{n}", 1)) for n in (1, 2)]

    shown = office.nora.sends(office.searching, {"listed": keys, "chosen": keys}).text
    confirmation = office.nora.sends(office.adding, {"action": "all", "q": "miller"}).text
    office.nora.sends(office.adding, {"action": "connect", "customer": keys, "shown": keys})

    assert "New customer: Miller" in shown
    assert "New customer: Miller (MILL02)" in shown
    assert "2 new accounts will be created" in confirmation
    with storing() as session:
        rows = session.execute(select(Feed.customer_id, Account.name).join(Feed.account))
        found = {row.customer_id: row.name for row in rows}
    assert found == {"MILL01": "Miller", "MILL02": "Miller (MILL02)"}


def test_a_customer_that_left_the_fleet_meanwhile_is_shown(office: Office) -> None:
    fields = {"action": "connect", "customer": [BAKERY, "0123456789abcdef"], "shown": [BAKERY]}

    response = office.nora.sends(office.adding, fields)

    assert response.status_code == 422
    assert "no longer in Printerpoint" in response.text
    assert chosen(response.text) == [BAKERY]


def test_the_fleet_is_read_once_for_many_searches(office: Office, printerpoint: Sandbox) -> None:
    office.nora.opens(office.searching)
    printerpoint.go_offline()

    typed = [office.nora.opens(f"{office.searching}?q={text}").text for text in ("b", "ba", "bak")]
    fresh = office.nora.sends(office.searching, {"action": "fresh"}).text

    assert all("Bluebird Bakery" in page for page in typed)
    assert "cannot be shown" in fresh


def test_a_replaced_token_reads_the_fleet_again(
    office: Office, storing: Storing, settings: Settings, printerpoint: Sandbox
) -> None:
    office.nora.opens(office.searching)
    printerpoint.add_dealer("other-token")
    other = printerpoint.add_customer("Only here", token="other-token")
    printerpoint.add_printer(other, serial="O1")
    taken = office.nora.sends(f"/servers/{office.server_id}/token", {"token": "other-token"})

    page = office.nora.opens(office.searching).text

    assert taken.status_code == 302, taken.text
    assert "Only here" in page
    assert "Bluebird Bakery" not in page


def test_an_unreachable_server_offers_a_retry_and_retains_the_selection(
    office: Office, printerpoint: Sandbox
) -> None:
    printerpoint.refuse()
    fields = {"customer": BAKERY, "shown": BAKERY, f"account-{BAKERY}": "Bakers united"}

    page = office.nora.sends(office.searching, fields)

    assert page.status_code == 200
    assert "The customers cannot be shown" in page.text
    assert "Try again" in page.text
    assert f'name="chosen" value="{BAKERY}"' in page.text
    assert f'name="account-{BAKERY}" value="Bakers united"' in page.text


def test_without_redis_the_fleet_is_read_each_time(
    office: Office, redis_server: RedisServer
) -> None:
    redis_server.kill()

    pages = [office.nora.opens(office.searching).text for _ in range(2)]

    assert all("Bluebird Bakery" in page for page in pages)


def test_a_long_list_is_truncated_with_a_message(office: Office, printerpoint: Sandbox) -> None:
    for number in range(250):
        name = printerpoint.add_customer(f"Company {number:03}", customer_id=f"CO{number:03}")
        printerpoint.add_printer(name, serial=f"C{number}")

    page = office.nora.opens(office.searching).text

    assert len(boxes(page)) == 200
    assert "The first 200 of 253" in page


def test_with_very_many_accounts_the_name_is_a_text_field(office: Office, storing: Storing) -> None:
    with storing() as session:
        partner = session.get_one(Server, office.server_id).account
        for number in range(201):
            factories.customer(session, partner, name=f"Account {number:03}")
    fields = {"listed": BAKERY, "chosen": BAKERY, f"account-{BAKERY}": "Account 200"}

    page = office.nora.sends(office.searching, fields).text

    assert f'name="account-{BAKERY}" value="Account 200"' in page
    assert "Existing customer: Account 200" in page


def test_a_removed_server_takes_no_feeds(office: Office) -> None:
    office.nora.sends(f"/servers/{office.server_id}/remove")

    assert office.nora.opens(office.adding).status_code == 409
    assert office.nora.opens(office.searching).status_code == 409


def test_the_server_of_another_partner_is_not_found(
    office: Office, storing: Storing, log_in: Callable[[User | str], Visitor]
) -> None:
    with storing() as session:
        factories.user(session, email="stranger@example.com")
    stranger = log_in("stranger@example.com")

    assert stranger.opens(office.adding).status_code == 404
    assert stranger.opens(office.searching).status_code == 404
    assert stranger.sends(office.adding, {"action": "all-confirmed"}).status_code == 404


def boxes(page: str) -> list[str]:
    """The keys of the customers that can be ticked among the findings."""
    return re.findall(r'name="customer" value="(\w+)"(?![^>]* disabled)', page)


def chosen(page: str) -> list[str]:
    """The keys of the chosen ones."""
    return re.findall(r'name="chosen" value="(\w+)" checked', page)


def connected(storing: Storing) -> dict[str, str]:
    """The name of the account that each customer is connected to."""
    with storing() as session:
        rows = session.execute(select(Feed.customer_name, Account.name).join(Feed.account))
        return {row.customer_name: row.name for row in rows}
