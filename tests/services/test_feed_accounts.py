"""Accounts of customers that are connected without naming one: equal names stay apart."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from webapp.models import Account, Feed, Server
from webapp.printerpoint.fleet import Customer
from webapp.services.feeds import feeds
from webapp.services.servers import servers

LATER = NOW + timedelta(hours=1)
MILLER_1 = Customer("Miller", "MILL01", 3)
MILLER_2 = Customer("Miller", "MILL02", 5)


def test_two_customers_of_one_name_get_separate_accounts(session: Session) -> None:
    server = factories.server(session)

    connected = feeds.create_all_feeds(session, server, [MILLER_1, MILLER_2], NOW)

    assert names(connected.feeds) == ["Miller", "Miller (MILL02)"]
    assert [account.name for account in connected.created] == ["Miller", "Miller (MILL02)"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_second_account_of_a_name_has_the_customers_id_in_its_name(
    session: Session, order: tuple[int, int]
) -> None:
    server = factories.server(session)
    fleet = [MILLER_1, MILLER_2]
    first, second = (fleet[place] for place in order)

    feeds.create_feed(session, server, first, None, NOW, fleet)
    connected = feeds.create_all_feeds(session, server, fleet, LATER)

    assert names(connected.feeds) == [f"Miller ({second.customer_id})"]


@pytest.mark.both_databases
@pytest.mark.parametrize("name", ["MILLER", "miller", " Miller", "Miller  ", "M\tiller"])
def test_letter_case_and_blanks_make_no_other_company_of_one_account(
    session: Session, name: str
) -> None:
    server = factories.server(session)
    other = Customer(name, "MILL02", 5)

    connected = feeds.create_all_feeds(session, server, [MILLER_1, other], NOW)

    assert len({feed.account_id for feed in connected.feeds}) == 2
    assert len({name.casefold() for name in names(connected.feeds)}) == 2


def test_an_account_without_a_feed_is_assigned_to_the_only_customer_of_its_name(
    session: Session,
) -> None:
    server = factories.server(session)
    account = factories.customer(session, server.account, name="Miller")

    connected = feeds.create_all_feeds(session, server, [MILLER_1], NOW)

    assert [feed.account_id for feed in connected.feeds] == [account.id]
    assert connected.created == []


@pytest.mark.parametrize("name", ["Miller", "MILLER", "Miller "])
def test_an_account_without_a_feed_is_not_assigned_if_two_customers_have_its_name(
    session: Session, name: str
) -> None:
    server = factories.server(session)
    account = factories.customer(session, server.account, name="Miller")
    fleet = [MILLER_1, Customer(name, "MILL02", 5)]

    connected = feeds.create_all_feeds(session, server, fleet[:1], NOW, fleet)

    assert names(connected.feeds) == ["Miller (MILL01)"]
    assert account.id not in [feed.account_id for feed in connected.feeds]


@pytest.mark.both_databases
def test_equal_names_at_two_servers_of_a_partner_get_separate_accounts(session: Session) -> None:
    first = factories.server(session, name="Boston")
    second = factories.server(session, first.account, name="Salem")
    same_id = Customer("Miller", "MILL01", 4)

    feeds.create_all_feeds(session, first, [MILLER_1], NOW)
    connected = feeds.create_all_feeds(session, second, [same_id], NOW)

    assert names(connected.feeds) == ["Miller (MILL01)"]


def test_one_with_an_id_and_those_without_are_numbered(session: Session) -> None:
    partner = factories.partner(session)
    nameless = Customer("Miller", None, 2)
    fleets = [[MILLER_1], [nameless], [nameless], [MILLER_1]]

    connected = [
        feeds.create_all_feeds(session, factories.server(session, partner, name=str(n)), fleet, NOW)
        for n, fleet in enumerate(fleets)
    ]

    assert [names(one.feeds)[0] for one in connected] == [
        "Miller",
        "Miller (2)",
        "Miller (3)",
        "Miller (MILL01)",
    ]


def test_a_name_with_an_id_that_is_in_use_is_numbered(session: Session) -> None:
    server = factories.server(session)
    for name in ("Miller", "MILLER (mill01)", "Miller (2)"):
        factories.feed(session, server, customer_name=name)

    connected = feeds.create_all_feeds(session, server, [MILLER_1], NOW)

    assert names(connected.feeds) == ["Miller (3)"]


@pytest.mark.both_databases
def test_long_names_are_shortened_to_fit_the_id(session: Session) -> None:
    server = factories.server(session)
    fleet = [Customer("x" * 200, n * 200, 1) for n in "12"] + [Customer("x" * 200, None, 1)]

    connected = feeds.create_all_feeds(session, server, fleet, NOW)

    assert len(set(names(connected.feeds))) == 3
    assert max(map(len, names(connected.feeds))) == 200


@pytest.mark.both_databases
def test_a_customer_connected_again_has_its_account_again(session: Session) -> None:
    server = factories.server(session)
    fleet = [MILLER_1, MILLER_2]
    before = feeds.create_all_feeds(session, server, fleet, NOW).feeds
    for feed in before:
        feeds.remove(session, feed, NOW)

    again = feeds.create_all_feeds(session, server, fleet[::-1], LATER)

    assert again.created == []
    assert {feed.customer_id: feed.account_id for feed in again.feeds} == {
        feed.customer_id: feed.account_id for feed in before
    }


def test_customers_of_a_server_registered_again_get_their_accounts(session: Session) -> None:
    first = factories.server(session)
    before = feeds.create_all_feeds(session, first, [MILLER_1], NOW).feeds
    servers.remove(session, first, NOW)
    anew = factories.server(session, first.account)

    connected = feeds.create_all_feeds(session, anew, [MILLER_1], LATER)

    assert [feed.account_id for feed in connected.feeds] == [before[0].account_id]


def test_the_account_that_another_customer_had_is_not_assigned(session: Session) -> None:
    server = factories.server(session)
    [before] = feeds.create_all_feeds(session, server, [MILLER_1], NOW).feeds
    feeds.remove(session, before, NOW)

    connected = feeds.create_all_feeds(session, server, [MILLER_2], LATER)

    assert names(connected.feeds) == ["Miller (MILL02)"]


def test_two_customers_share_an_account_by_choice(session: Session) -> None:
    server = factories.server(session)

    made = feeds.create_chosen_feeds(
        session, server, [(MILLER_1, "Miller"), (MILLER_2, "Miller")], NOW
    ).feeds

    assert names(made) == ["Miller", "Miller"]


def test_an_account_chosen_for_one_customer_is_not_assigned_by_name(
    session: Session,
) -> None:
    server = factories.server(session)
    bakery = Customer("Bakery", "BAKE", 1)

    made = feeds.create_chosen_feeds(
        session, server, [(bakery, "Miller"), (MILLER_1, "")], NOW
    ).feeds

    assert names(made) == ["Miller", "Miller (MILL01)"]


def test_a_single_new_customer_does_not_share_an_account(session: Session) -> None:
    server = factories.server(session)
    feeds.create_feed(session, server, MILLER_1, None, NOW)

    feed = feeds.create_feed(session, server, MILLER_2, None, NOW, [MILLER_1, MILLER_2]).feeds[0]

    assert feed.account.name == "Miller (MILL02)"
    assert session.scalar(select(func.count()).select_from(Feed)) == 2


@pytest.mark.both_databases
def test_accounts_of_other_partners_are_ignored(session: Session) -> None:
    factories.feed(session, customer_name="Miller")
    server: Server = factories.server(session)

    connected = feeds.create_all_feeds(session, server, [MILLER_1], NOW)

    assert names(connected.feeds) == ["Miller"]
    assert session.scalar(select(func.count()).where(Account.name == "Miller")) == 2


def names(connected: list[Feed]) -> list[str]:
    """The names of their accounts."""
    return [feed.account.name for feed in connected]
