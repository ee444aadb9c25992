"""Customers under new names in the console: proposed, and connected again with one click."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp.models import AuditEntry, Feed, User

PROPOSED = "“Miller &amp; Sons” has 3 of the 4 printers of this feed."


@dataclass(frozen=True, slots=True)
class Office:
    """A partner with a feed whose customer has a new name, and one whose customer is found."""

    nora: Visitor
    victor: Visitor
    hana: Visitor
    renamed: int
    other: int


@pytest.fixture
def office(transaction: Transaction, log_in: Callable[[User | str], Visitor]) -> Office:
    """Miller Print Shop is Miller & Sons now."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com")
        factories.user(session, partner, email="victor@example.com", role="partner_viewer")
        server = factories.server(session, partner)
        account = factories.customer(session, partner, name="Miller Print Shop")
        factories.user(session, account, email="hana@example.com")
        feed = factories.feed(session, server, account, customer_name="Miller Print Shop")
        feed.customer_id, feed.successor_name = None, "Miller & Sons"
        feed.successor_devices, feed.successor_of = 3, 4
        other = factories.feed(session, server, customer_name="Harbour")
        ids = feed.id, other.id
    nora, victor, hana = (log_in(f"{name}@example.com") for name in ("nora", "victor", "hana"))
    return Office(nora, victor, hana, *ids)


def test_home_and_the_feeds_page_show_the_customer_that_lists_the_devices(office: Office) -> None:
    for path in ("/", f"/feeds/{office.renamed}"):
        theirs, viewers = office.nora.get(path).text, office.victor.get(path).text
        assert PROPOSED in theirs
        assert f'action="/feeds/{office.renamed}/relink"' in theirs
        assert PROPOSED in viewers
        assert "/relink" not in viewers
        assert "Miller &amp; Sons" not in office.hana.get(path).text
    assert "/relink" not in office.nora.get(f"/feeds/{office.other}").text


def test_one_click_connects_the_feed_again(office: Office, transaction: Transaction) -> None:
    response = office.nora.post(f"/feeds/{office.renamed}/relink")
    page = office.nora.get(f"/feeds/{office.renamed}").text
    again = office.nora.post(f"/feeds/{office.renamed}/relink")

    assert response.location == f"/feeds/{office.renamed}"
    assert "is reconnected as" in page
    assert PROPOSED not in page
    assert "formerly “Miller Print Shop”" in page
    assert again.status_code == 409
    assert "was probably renamed" not in office.nora.get("/").text
    with transaction() as session:
        feed = session.get_one(Feed, office.renamed)
        assert (feed.customer_name, feed.successor_name) == ("Miller & Sons", None)
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.subject) == ("feed relinked", "Miller Print Shop")
        assert entry.details == {"before": "Miller Print Shop", "to": "Miller & Sons"}


def test_only_users_who_may_change_feeds_reconnect_them(office: Office) -> None:
    assert office.victor.post(f"/feeds/{office.renamed}/relink").status_code == 403
    assert office.hana.post(f"/feeds/{office.renamed}/relink").status_code == 403
    assert office.nora.post(f"/feeds/{office.other}/relink").status_code == 409


def test_several_feeds_are_reconnected_from_the_list(
    office: Office, transaction: Transaction
) -> None:
    fields = {"action": "relink", "feed": [office.renamed, office.other]}

    listed = office.nora.get("/feeds?status=renamed").text
    confirmation = office.nora.post("/feeds/selection", fields).text
    office.nora.post("/feeds/selection", fields | {"confirmed": "yes"})
    done = office.nora.get("/feeds").text

    assert "Now “Miller &amp; Sons”?" in listed
    assert "Harbour" not in listed
    assert "Reconnect 1 feed?" in confirmation
    assert f"Miller Print Shop: {PROPOSED}" in confirmation
    assert "1 feed reconnected." in done
    assert "1 feed was not changed: no new customer name was found for it." in done
    assert 'value="relink"' not in done
    with transaction() as session:
        assert session.get_one(Feed, office.renamed).customer_name == "Miller & Sons"


def test_a_customer_has_no_filter_for_renamed_feeds(office: Office) -> None:
    page = office.hana.get("/feeds?status=renamed").text

    assert "Miller Print Shop" in page
    assert "Miller &amp; Sons" not in page
    assert "Renamed" not in page


def test_a_removed_or_inactive_feed_proposes_nothing(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        session.get_one(Feed, office.renamed).status = "inactive"

    assert PROPOSED not in office.nora.get("/").text
    assert PROPOSED not in office.nora.get(f"/feeds/{office.renamed}").text
    assert "Now “Miller" not in office.nora.get("/feeds").text
