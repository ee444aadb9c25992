"""A customer that is connected again gets its former account, whatever that is named."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories, queries
from tests.factories import NOW
from webapp.models import Account, Feed, Server
from webapp.printerpoint.fleet import Customer
from webapp.services.feeds import feeds, renames
from webapp.services.feeds.feed_accounts import assign_accounts
from webapp.services.servers import servers

LATER = NOW + timedelta(hours=1)
NAMED = Customer("Miller", None, 3)
WITH_ID = Customer("Miller", "MILL01", 3)


@pytest.mark.parametrize("customer", [NAMED, WITH_ID])
@pytest.mark.parametrize("whole_server", [True, False])
@pytest.mark.parametrize("everyone", [True, False])
def test_a_renamed_account_is_assigned_again(
    session: Session, customer: Customer, whole_server: bool, everyone: bool
) -> None:
    server = factories.server(session)
    before = feeds.create_feed(session, server, customer, None, NOW).feeds[0]
    before.account.name = "Miller Holding"
    server = removed(session, server, before, whole_server=whole_server)

    if everyone:
        connected = feeds.create_all_feeds(session, server, [customer], LATER)
        assert connected.created == []
        [again] = connected.feeds
    else:
        again = feeds.create_feed(session, server, customer, None, LATER, [customer]).feeds[0]

    assert again.id != before.id
    assert again.account_id == before.account_id
    assert account_count(session) == 1


@pytest.mark.parametrize("whole_server", [True, False])
def test_the_second_of_two_without_an_id_gets_no_third_account(
    session: Session, whole_server: bool
) -> None:
    first = factories.server(session, name="Boston")
    second = factories.server(session, first.account, name="Salem")
    feeds.create_feed(session, first, NAMED, None, NOW)
    before = feeds.create_feed(session, second, NAMED, None, NOW).feeds[0]
    second = removed(session, second, before, whole_server=whole_server)

    again = feeds.create_feed(session, second, NAMED, None, LATER).feeds[0]

    assert again.account.name == "Miller (2)"
    assert again.account_id == before.account_id


@pytest.mark.parametrize("whole_server", [True, False])
def test_a_relinked_feed_is_found_by_its_latest_name(session: Session, whole_server: bool) -> None:
    server = factories.server(session)
    before = feeds.create_feed(session, server, Customer("OldName", None, 3), None, NOW).feeds[0]
    renames.relink(session, before, NOW, Customer("NewName", None, 3))
    server = removed(session, server, before, whole_server=whole_server)
    other = Customer("OldName", None, 1)

    again, other_feed = feeds.create_all_feeds(
        session, server, [Customer("NewName", None, 3), other], LATER
    ).feeds

    assert again.account_id == before.account_id
    assert other_feed.account.name == "OldName (2)"


def test_a_customer_with_an_id_is_found_under_a_new_name(session: Session) -> None:
    server = factories.server(session)
    before = feeds.create_feed(session, server, WITH_ID, None, NOW).feeds[0]
    feeds.remove(session, before, NOW)

    again = feeds.create_feed(
        session, server, Customer("Miller & Sons", "MILL01", 3), None, LATER
    ).feeds[0]

    assert again.account_id == before.account_id


def test_an_id_alone_does_not_identify_a_customer_of_another_login(session: Session) -> None:
    server = factories.server(session)
    before = feeds.create_feed(session, server, Customer("Miller", "1001", 3), None, NOW).feeds[0]
    server = removed(session, server, before, whole_server=True)

    [other] = feeds.create_all_feeds(session, server, [Customer("Bakery", "1001", 1)], LATER).feeds

    assert other.account_id != before.account_id
    assert other.account.name == "Bakery"


def test_of_two_removed_feeds_the_latest_decides(session: Session) -> None:
    server = factories.server(session)
    first = feeds.create_feed(session, server, NAMED, None, NOW).feeds[0]
    feeds.remove(session, first, NOW)
    chosen = factories.customer(session, server.account, name="Chosen")
    second = feeds.create_feed(session, server, NAMED, chosen, NOW).feeds[0]
    feeds.remove(session, second, LATER)

    again = feeds.create_feed(session, server, NAMED, None, LATER).feeds[0]

    assert again.account_id == chosen.id


def test_customers_that_shared_an_account_share_it_when_connected_again(session: Session) -> None:
    server = factories.server(session)
    bakery = Customer("Bakery", "BAKE", 1)
    both = [(WITH_ID, "Old town"), (bakery, "Old town")]
    before = feeds.create_chosen_feeds(session, server, both, NOW).feeds
    server = removed(session, server, before[0], whole_server=True)

    one = feeds.create_feed(session, server, WITH_ID, None, LATER, [WITH_ID, bakery]).feeds[0]
    rest = feeds.create_all_feeds(session, server, [WITH_ID, bakery], LATER)

    assert {feed.account_id for feed in (one, *rest.feeds)} == {before[0].account_id}
    assert rest.created == []


def test_a_customer_connected_again_gets_its_account_although_another_one_has_it(
    session: Session,
) -> None:
    server = factories.server(session)
    before = feeds.create_feed(session, server, WITH_ID, None, NOW).feeds[0]
    feeds.remove(session, before, NOW)
    bakery = Customer("Bakery", "BAKE", 1)

    made = feeds.create_chosen_feeds(
        session, server, [(bakery, "Miller"), (WITH_ID, "")], LATER
    ).feeds

    assert [feed.account_id for feed in made] == [before.account_id] * 2


@pytest.mark.parametrize("customer", [NAMED, WITH_ID])
def test_a_company_at_two_servers_has_the_chosen_account(
    session: Session, customer: Customer
) -> None:
    boston = factories.server(session, name="Boston")
    salem = factories.server(session, boston.account, name="Salem")
    before = feeds.create_feed(session, boston, customer, None, NOW - timedelta(days=1)).feeds[0]
    shared = feeds.create_feed(session, salem, customer, before.account, NOW).feeds[0]
    salem = removed(session, salem, shared, whole_server=True)
    feeds.remove(session, before, LATER)
    feeds.create_feed(session, boston, customer, None, LATER)

    again = feeds.create_feed(session, salem, customer, None, LATER).feeds[0]

    assert again.account_id == before.account_id


@pytest.mark.both_databases
@pytest.mark.parametrize("customer", [NAMED, WITH_ID])
def test_an_account_in_use_again_is_not_assigned_at_another_server(
    session: Session, customer: Customer
) -> None:
    server = factories.server(session, name="Boston")
    before = feeds.create_feed(session, server, customer, None, NOW).feeds[0]
    server = removed(session, server, before, whole_server=True)
    again = feeds.create_feed(session, server, customer, None, LATER).feeds[0]
    salem = factories.server(session, server.account, name="Salem")

    other = feeds.create_feed(session, salem, customer, None, LATER).feeds[0]
    feeds.remove(session, again, LATER)
    third = factories.server(session, server.account, name="Lowell")
    another = feeds.create_feed(session, third, customer, None, LATER).feeds[0]

    assert again.account_id == before.account_id
    assert len({before.account_id, other.account_id, another.account_id}) == 3


def test_a_feed_that_another_server_removed_is_of_another_company(session: Session) -> None:
    boston = factories.server(session, name="Boston")
    salem = factories.server(session, boston.account, name="Salem")
    before = feeds.create_feed(session, boston, WITH_ID, None, NOW).feeds[0]
    feeds.remove(session, before, NOW)

    other = feeds.create_feed(session, salem, WITH_ID, None, LATER).feeds[0]

    assert other.account_id != before.account_id


@pytest.mark.both_databases
@pytest.mark.parametrize("whole_server", [True, False])
def test_the_account_of_another_partner_is_never_assigned(
    session: Session, whole_server: bool
) -> None:
    server, foreign = factories.server(session), factories.customer(session, name="Foreign")
    before = factories.feed(
        session, server, foreign, customer_id="MILL01", customer_name="Miller", status="removed"
    )
    own_server = removed(session, server, before, whole_server=whole_server)
    other_partner = factories.server(session)

    again = feeds.create_feed(session, own_server, WITH_ID, None, LATER).feeds[0]
    other = feeds.create_feed(session, other_partner, WITH_ID, None, LATER).feeds[0]

    assert foreign.id not in (again.account_id, other.account_id)
    assert again.account.partner_id == server.account_id
    assert other.account.partner_id == other_partner.account_id


def test_an_id_is_not_compared_with_names(session: Session) -> None:
    server = factories.server(session)
    before = feeds.create_feed(session, server, Customer("MILL01", None, 3), None, NOW).feeds[0]
    feeds.remove(session, before, NOW)

    other = feeds.create_feed(session, server, WITH_ID, None, LATER).feeds[0]
    named = feeds.create_feed(session, server, Customer("Bakery", "Miller", 3), None, LATER).feeds[
        0
    ]

    assert before.account_id not in (other.account_id, named.account_id)
    assert other.account_id != named.account_id


@pytest.mark.slow
def test_the_number_of_queries_does_not_grow_with_the_customers(session: Session) -> None:
    statements = []
    for number in (20, 1_100):
        server = factories.server(session)
        fleet = [Customer(f"Customer {n}", f"C{n}" if n % 2 else None, 1) for n in range(number)]
        feeds.create_all_feeds(session, server, fleet, NOW)
        servers.remove(session, server, NOW)
        anew = factories.server(session, server.account)
        session.commit()
        session.expunge_all()
        with queries.counted() as counted:
            connected = feeds.create_all_feeds(
                session, session.get_one(Server, anew.id), fleet, NOW
            )
        assert (len(connected.feeds), connected.created) == (number, [])
        statements.append([one for one in counted if one.startswith("SELECT")])

    assert len(statements[1]) == len(statements[0])


def test_the_plan_names_the_former_account(session: Session) -> None:
    server = factories.server(session)
    before = feeds.create_feed(session, server, NAMED, None, NOW).feeds[0]
    before.account.name = "Miller Holding"
    feeds.remove(session, before, NOW)

    [assignment] = assign_accounts(session, server, [NAMED], [NAMED])

    assert (assignment.account_id, assignment.name) == (before.account_id, "Miller Holding")


def removed(session: Session, server: Server, feed: Feed, *, whole_server: bool) -> Server:
    """Remove a feed; or its server, which is registered anew. Returns the server to use."""
    if not whole_server:
        feeds.remove(session, feed, NOW)
        return server
    servers.remove(session, server, NOW)
    return factories.server(session, server.account)


def account_count(session: Session) -> int:
    """The number of customer accounts."""
    query = select(func.count()).select_from(Account).where(Account.kind == "customer")
    return session.scalars(query).one()
