"""Searching and selecting the customers of a server."""

import re
from collections.abc import Callable

import pytest

from tests import factories
from tests.environment.redis_server import RedisServer
from tests.views.conftest import Transaction, Visitor
from tests.views.customers.conftest import BAKERY, HARBOUR, SCHOOL, Office, boxes, chosen
from webapp.models import Server, User
from webapp.printerpoint.sandbox import Sandbox
from webapp.settings import Settings


def test_the_page_is_shown_before_the_fleet_is_read(office: Office) -> None:
    page = office.nora.get(office.adding).text
    without_javascript = office.nora.get(f"{office.adding}?read=1").text
    remembered = office.nora.get(office.adding).text

    assert 'data-hx-trigger="load"' in page
    assert "Bluebird Bakery" not in page
    assert "read=1" in page
    assert boxes(without_javascript) == boxes(remembered) == [BAKERY, HARBOUR, SCHOOL]


def test_customers_are_listed_with_their_printers_and_accounts(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        server = session.get_one(Server, office.server_id)
        account = factories.customer(session, server.account, name="The whole harbour")
        factories.feed(
            session,
            server,
            account,
            customer_id="HARB01",
            customer_name="Harbour Architects, LLP",
        )

    found = office.nora.get(office.searching).text

    assert "2 printers · ID HARB01 · connected to The whole harbour" in found
    assert "1 printer · no ID" in found
    assert boxes(found) == [BAKERY, SCHOOL]
    assert re.search(rf'value="{HARBOUR}"[^>]* disabled', found)


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

    first = office.nora.post(office.searching, {**shown, "customer": [BAKERY], "q": "school"})
    second = office.nora.post(
        office.searching,
        {"listed": BAKERY, "chosen": BAKERY, "shown": SCHOOL, "customer": SCHOOL, "q": "harb"},
    )

    assert (boxes(first.text), chosen(first.text)) == ([SCHOOL], [BAKERY])
    assert (boxes(second.text), chosen(second.text)) == ([HARBOUR], [BAKERY, SCHOOL])


def test_a_box_unchecked_in_either_list_deselects_a_customer(office: Office) -> None:
    both = {"shown": [BAKERY, SCHOOL], "listed": [BAKERY, SCHOOL]}

    above = {**both, "customer": SCHOOL, "chosen": [BAKERY, SCHOOL]}
    below = {**both, "customer": [BAKERY, SCHOOL], "chosen": SCHOOL}
    pages = [office.nora.post(office.searching, fields).text for fields in (above, below)]

    assert [chosen(page) for page in pages] == [[SCHOOL], [SCHOOL]]


def test_a_selection_that_aborted_a_search_replaces_the_list(office: Office) -> None:
    aborted = office.nora.post(
        office.searching, {"q": "bird", "listed_for": "", "shown": HARBOUR, "customer": HARBOUR}
    )
    usual = office.nora.post(
        office.searching, {"q": " bird ", "listed_for": "bird", "shown": BAKERY, "customer": BAKERY}
    )

    assert (boxes(aborted.text), chosen(aborted.text)) == ([BAKERY], [HARBOUR])
    assert aborted.headers["HX-Retarget"] == "#customers"
    assert aborted.headers["HX-Reselect"] == "unset"
    assert "HX-Retarget" not in usual.headers


def test_the_error_is_removed_with_the_next_change(office: Office) -> None:
    page = office.nora.post(office.adding, {"action": "connect"}).text
    part = office.nora.post(office.searching, {"customer": BAKERY, "shown": BAKERY}).text

    assert page.index('id="problem"') < page.index("Choose at least one customer")
    assert '<div id="problem" data-hx-swap-oob="true"></div>' in part
    assert "swap-oob" not in page


def test_without_javascript_a_search_button_retains_the_selection(office: Office) -> None:
    fields = {"action": "search", "q": "school", "customer": BAKERY, "shown": [BAKERY, SCHOOL]}

    page = office.nora.post(office.adding, fields)

    assert page.status_code == 200
    assert "<html" in page.text
    assert (boxes(page.text), chosen(page.text)) == ([SCHOOL], [BAKERY])


def test_the_fleet_is_read_once_for_many_searches(office: Office, printerpoint: Sandbox) -> None:
    office.nora.get(office.searching)
    printerpoint.go_offline()

    typed = [office.nora.get(f"{office.searching}?q={text}").text for text in ("b", "ba", "bak")]
    fresh = office.nora.post(office.searching, {"action": "fresh"}).text

    assert all("Bluebird Bakery" in page for page in typed)
    assert "cannot be shown" in fresh


def test_a_replaced_token_reads_the_fleet_again(
    office: Office, transaction: Transaction, settings: Settings, printerpoint: Sandbox
) -> None:
    office.nora.get(office.searching)
    printerpoint.add_dealer("other-token")
    other = printerpoint.add_customer("Only here", token="other-token")
    printerpoint.add_printer(other, serial="O1")
    taken = office.nora.post(f"/servers/{office.server_id}/token", {"token": "other-token"})

    page = office.nora.get(office.searching).text

    assert taken.status_code == 302, taken.text
    assert "Only here" in page
    assert "Bluebird Bakery" not in page


def test_an_unreachable_server_offers_a_retry_and_retains_the_selection(
    office: Office, printerpoint: Sandbox
) -> None:
    printerpoint.refuse()
    fields = {"customer": BAKERY, "shown": BAKERY, f"account-{BAKERY}": "Bakers united"}

    page = office.nora.post(office.searching, {**fields, "listed_for": ""})

    assert page.status_code == 200
    assert page.headers["HX-Retarget"] == "#customers"  # also after a selection
    assert "The customers cannot be shown" in page.text
    assert "Try again" in page.text
    assert f'name="chosen" value="{BAKERY}"' in page.text
    assert f'name="account-{BAKERY}" value="Bakers united"' in page.text


def test_without_redis_the_fleet_is_read_each_time(
    office: Office, redis_server: RedisServer
) -> None:
    redis_server.kill()

    pages = [office.nora.get(office.searching).text for _ in range(2)]

    assert all("Bluebird Bakery" in page for page in pages)


def test_a_long_list_is_truncated_with_a_message(office: Office, printerpoint: Sandbox) -> None:
    for number in range(250):
        name = printerpoint.add_customer(f"Company {number:03}", customer_id=f"CO{number:03}")
        printerpoint.add_printer(name, serial=f"C{number}")

    page = office.nora.get(office.searching).text

    assert len(boxes(page)) == 200
    assert "The first 200 of 253" in page


def test_the_server_of_another_partner_is_not_found(
    office: Office, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        factories.user(session, email="other@example.com")
    other = log_in("other@example.com")

    assert other.get(office.adding).status_code == 404
    assert other.get(office.searching).status_code == 404
    assert other.post(office.adding, {"action": "all-confirmed"}).status_code == 404
