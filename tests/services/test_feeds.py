"""Feeds: created once, to the right account; deactivated, reactivated, removed."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from webapp.errors import Conflict, Invalid
from webapp.models import Account, Feed, Server
from webapp.printerpoint.fleet import Customer
from webapp.services.feeds import feeds
from webapp.services.feeds.matcher import Candidate, FeedMatcher

HARBOUR = Customer("Harbour Architects, LLP", "HARB01", 12)
BAKERY = Customer("Bluebird Bakery", None, 1)
SCHOOL = Customer("St. Mary’s School", "STM", 4)
LATER = NOW + timedelta(days=3)


def test_a_connected_customer_gets_an_account_of_its_name_and_is_pending(
    session: Session,
) -> None:
    server = factories.server(session)

    feed = feeds.create_feed(session, server, HARBOUR, None, NOW).feeds[0]

    assert (feed.customer_name, feed.customer_id) == ("Harbour Architects, LLP", "HARB01")
    assert (feed.status, feed.health, feed.last_data_on) == ("pending", "pending", None)
    assert (feed.account.name, feed.account.kind) == ("Harbour Architects, LLP", "customer")
    assert feed.account.partner_id == server.account_id


def test_an_existing_account_of_the_customers_name_is_assigned(session: Session) -> None:
    server = factories.server(session)
    account = factories.customer(session, server.account, name="Bluebird Bakery")

    feed = feeds.create_feed(session, server, BAKERY, None, NOW).feeds[0]

    assert feed.account_id == account.id


def test_an_account_of_that_name_of_another_partner_is_not_assigned(session: Session) -> None:
    other = factories.customer(session, name="Bluebird Bakery")
    server = factories.server(session)

    feed = feeds.create_feed(session, server, BAKERY, None, NOW).feeds[0]

    assert feed.account_id != other.id
    assert feed.account.partner_id == server.account_id


def test_a_customer_is_connected_to_the_chosen_account(session: Session) -> None:
    server = factories.server(session)
    account = factories.customer(session, server.account, name="The whole harbour")

    feed = feeds.create_feed(session, server, HARBOUR, account, NOW).feeds[0]

    assert feed.account_id == account.id


def test_an_account_of_another_partner_is_refused(session: Session) -> None:
    server, foreign = factories.server(session), factories.customer(session)

    with pytest.raises(Invalid) as refused:
        feeds.create_feed(session, server, HARBOUR, foreign, NOW)

    assert refused.value.field == "account"


@pytest.mark.both_databases
def test_connecting_twice_creates_one_feed(session: Session) -> None:
    server = factories.server(session)

    first = feeds.create_feed(session, server, HARBOUR, None, NOW).feeds[0]
    second = feeds.create_feed(session, server, HARBOUR, None, LATER).feeds[0]

    assert first.id == second.id
    assert count(session, Feed) == 1


def test_a_customer_of_another_account_cannot_be_connected_again(session: Session) -> None:
    server = factories.server(session)
    feeds.create_feed(session, server, HARBOUR, None, NOW)
    other = factories.customer(session, server.account, name="Somebody else")

    with pytest.raises(Conflict, match="already connected to Harbour Architects, LLP"):
        feeds.create_feed(session, server, HARBOUR, other, NOW)


def test_a_feed_connected_by_name_is_found_when_its_customer_gets_an_id(session: Session) -> None:
    server = factories.server(session)
    feed = feeds.create_feed(session, server, BAKERY, None, NOW).feeds[0]

    [candidate] = candidates(session, server, [Customer("Bluebird Bakery", "BLUE", 1)])

    assert candidate.feed is feed


def test_a_name_that_two_ids_share_matches_neither(session: Session) -> None:
    server = factories.server(session)
    feeds.create_feed(session, server, BAKERY, None, NOW)
    two = [Customer("Bluebird Bakery", "BLUE1", 1), Customer("Bluebird Bakery", "BLUE2", 1)]

    found = candidates(session, server, two)

    assert [candidate.feed for candidate in found] == [None, None]


def test_candidates_are_returned_in_the_given_order_with_their_feeds(session: Session) -> None:
    server = factories.server(session)
    feed = feeds.create_feed(session, server, BAKERY, None, NOW).feeds[0]

    found = candidates(session, server, [SCHOOL, BAKERY, HARBOUR])

    assert [candidate.customer for candidate in found] == [SCHOOL, BAKERY, HARBOUR]
    assert [candidate.feed for candidate in found] == [None, feed, None]


@pytest.mark.both_databases
def test_several_customers_are_connected_by_name_and_missing_accounts_created(
    session: Session,
) -> None:
    server = factories.server(session)
    factories.customer(session, server.account, name="Schools of the town")
    chosen = [(HARBOUR, ""), (SCHOOL, "Schools of the town"), (BAKERY, "  Bakers   united ")]

    connected = feeds.create_chosen_feeds(session, server, chosen, NOW)

    assert [feed.account.name for feed in connected.feeds] == [
        "Harbour Architects, LLP",
        "Schools of the town",
        "Bakers united",
    ]
    assert {account.name for account in connected.created} == {
        "Harbour Architects, LLP",
        "Bakers united",
    }


@pytest.mark.both_databases
def test_several_customers_are_connected_all_or_none(session: Session) -> None:
    server = factories.server(session)
    feeds.create_feed(session, server, SCHOOL, None, NOW)
    session.commit()

    with pytest.raises(Conflict):
        feeds.create_chosen_feeds(session, server, [(HARBOUR, ""), (SCHOOL, "Somebody else")], NOW)
    session.rollback()

    assert session.scalars(select(Feed.customer_name)).all() == ["St. Mary’s School"]


@pytest.mark.both_databases
def test_connecting_all_skips_connected_customers(session: Session) -> None:
    server = factories.server(session)
    other = factories.customer(session, server.account, name="Somebody else")
    feeds.create_feed(session, server, SCHOOL, other, NOW)

    made = feeds.create_all_feeds(session, server, [HARBOUR, SCHOOL, BAKERY], NOW).feeds
    again = feeds.create_all_feeds(session, server, [HARBOUR, SCHOOL, BAKERY], NOW).feeds

    assert [feed.customer_name for feed in made] == ["Harbour Architects, LLP", "Bluebird Bakery"]
    assert again == []
    assert count(session, Feed) == 3


def test_nothing_is_connected_to_a_removed_server(session: Session) -> None:
    server = factories.server(session, removed_at=NOW)

    with pytest.raises(Conflict, match="removed"):
        feeds.create_feed(session, server, HARBOUR, None, NOW)


@pytest.mark.both_databases
def test_a_feed_without_pages_may_change_its_account(session: Session) -> None:
    server = factories.server(session)
    feed = feeds.create_feed(session, server, HARBOUR, None, NOW).feeds[0]
    account = factories.customer(session, server.account, name="The whole harbour")
    factories.closed_month(session, account)
    factories.deposit(session, feed, pages=0)

    feeds.change_account(session, feed, account)

    assert feed.account_id == account.id


@pytest.mark.parametrize("counted_in", ["2026-10", "2026-11"])
def test_the_account_of_a_feed_with_counted_pages_cannot_change(
    session: Session, counted_in: str
) -> None:
    server = factories.server(session)
    feed = feeds.create_feed(session, server, HARBOUR, None, NOW).feeds[0]
    account = factories.customer(session, server.account, name="The whole harbour")
    factories.deposit(session, feed, counted_in=counted_in)

    with pytest.raises(Conflict, match="Remove the feed and connect the customer to the other"):
        feeds.change_account(session, feed, account)
    assert not feeds.change_account(session, feed, feed.account)

    assert feed.account.name == "Harbour Architects, LLP"


@pytest.mark.slow
@pytest.mark.both_databases
def test_thousands_of_customers_are_connected_in_few_statements(session: Session) -> None:
    server = factories.server(session)
    fleet = [Customer(f"Company {n:05}", f"CO{n:05}", 1) for n in range(2_000)]

    made = feeds.create_all_feeds(session, server, fleet, NOW).feeds

    assert len(made) == 2_000
    query = select(func.count()).select_from(Account).where(Account.kind == "customer")
    assert session.scalar(query) == 2_000


def candidates(session: Session, server: Server, fleet: list[Customer]) -> list[Candidate]:
    """The customers of a fleet with their feeds."""
    return FeedMatcher(session, server, fleet).candidates(fleet)


def count(session: Session, model: type) -> int:
    """How many rows there are."""
    return int(session.scalar(select(func.count()).select_from(model)) or 0)
