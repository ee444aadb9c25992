"""The page of the reconciliation."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp.models import Deposit, Device, Feed, User

Enter = Callable[[User], Visitor]


@pytest.fixture
def nora(transaction: Transaction) -> User:
    """The administrator of a partner with a feed whose device gained 1,234 pages."""
    with transaction() as session:
        partner = factories.partner(session)
        server = factories.server(session, partner)
        feed = factories.feed(session, server, customer_name="Harbour Architects")
        device = factories.device(session, feed, initial_count=100, latest_count=1_334)
        factories.delta(session, device, pages=1_234)
        factories.deposit(session, feed, pages=1_234)
        return factories.user(session, partner, role="partner_admin")


def test_the_page_shows_that_there_is_no_difference(log_in: Enter, nora: User) -> None:
    page = log_in(nora).get("/reconciliation")

    assert page.status_code == 200
    assert "Every page is accounted for" in page.text
    assert "1,234" in page.text


def test_the_page_shows_the_feed_and_the_row_of_a_difference(
    log_in: Enter, nora: User, transaction: Transaction
) -> None:
    with transaction() as session:
        session.scalars(select(Deposit)).one().pages = 1_235

    page = log_in(nora).get("/reconciliation")

    assert "Figures do not add up" in page.text
    assert "Harbour Architects" in page.text
    assert "Feeds that do not add up" in page.text


def test_the_page_states_what_the_figures_of_a_difference_count(
    log_in: Enter, nora: User, transaction: Transaction
) -> None:
    with transaction() as session:
        session.get_one(Feed, 1).device_count = 7

    page = log_in(nora).get("/reconciliation").text

    assert "Figures do not add up" in page
    assert "7 devices" in page


def test_warnings_are_shown_with_links_and_no_difference(
    log_in: Enter, nora: User, transaction: Transaction
) -> None:
    with transaction() as session:
        feed = session.get_one(Feed, 1)
        known = session.get_one(Device, 1)
        known.serial_number, known.serial_key = "CNB1 234", "CNB1234"
        second = factories.feed(session, feed.server, feed.account, customer_name="Harbour West")
        twin = factories.device(session, second, asset_id="W-1", serial_number="cnb1234")

    page = log_in(nora).get("/reconciliation").text

    assert "Every page is accounted for" in page
    assert "Serial number CNB1234 is on 2 devices" in page
    assert f'href="/devices/{twin.id}">W-1</a>' in page
    assert 'href="/feeds/2">Harbour West</a>' in page
    assert f"2 Printerpoint customers are connected to {feed.account.name}" in page
    assert f'href="/accounts/{feed.account_id}"' in page


def test_a_partner_sees_no_warnings_about_other_partners(
    log_in: Enter, nora: User, transaction: Transaction
) -> None:
    with transaction() as session:
        known = session.get_one(Device, 1)
        known.serial_number = known.serial_key = "CNB1234"
        elsewhere = factories.feed(session, customer_name="Rival")
        factories.device(session, elsewhere, serial_number="CNB1234")
        operator = factories.user(session, factories.operations(session))

    of_partner = log_in(nora).get("/reconciliation").text
    of_operations = log_in(operator).get("/reconciliation").text

    assert "serial number CNB1234" not in of_partner
    assert "Rival" not in of_partner
    assert "Serial number CNB1234 is on 2 devices" in of_operations


def test_a_partner_sees_no_differences_of_other_partners(
    log_in: Enter, nora: User, transaction: Transaction
) -> None:
    with transaction() as session:
        other = factories.user(session, factories.partner(session), role="partner_viewer")

    page = log_in(other).get("/reconciliation")

    assert "Nothing to compare yet" in page.text
    assert "Harbour" not in page.text
