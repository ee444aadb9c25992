"""Connecting a feed to the customer that has its devices under a new name."""

import pytest

from tests.services.renamed import becomes, connects, proposal
from tests.world import MONDAY, TUESDAY, World
from webapp.errors import Conflict
from webapp.models import Feed, Server
from webapp.printerpoint.fleet import Customer
from webapp.services.feeds import feeds


def test_connecting_all_skips_a_customer_under_a_new_name(world: World) -> None:
    feed = world.create_feed("Miller Print Shop", CNB1=10)
    world.night(MONDAY)
    world.printerpoint.rename_customer("Miller Print Shop", "Miller & Sons")
    world.night(TUESDAY)
    fleet = [Customer("Miller & Sons", None, 1), Customer("Bluebird Bakery", None, 1)]

    with world.session() as session:
        server = session.get_one(Server, world.server_id)
        connected = feeds.create_all_feeds(session, server, fleet, world.after_midnight(TUESDAY))
        session.commit()

    assert [one.customer_name for one in connected.feeds] == ["Bluebird Bakery"]
    assert [
        (one.customer.name, one.predecessor and one.predecessor.id) for one in connected.skipped
    ] == [("Miller & Sons", feed)]


def test_a_customer_that_gets_its_own_feed_is_no_longer_proposed(world: World) -> None:
    feed = world.create_feed("Miller Print Shop", CNB1=10)
    world.night(MONDAY)
    world.printerpoint.rename_customer("Miller Print Shop", "Miller & Sons")
    world.night(TUESDAY)

    with world.session() as session:
        server = session.get_one(Server, world.server_id)
        customer = Customer("Miller & Sons", None, 1)
        feeds.create_feed(session, server, customer, None, world.after_midnight(TUESDAY))
        session.commit()

    assert proposal(world, feed) == (None, None, None, None)
    with pytest.raises(Conflict, match="No other customer"):
        connects(world, feed)
    with pytest.raises(Conflict, match="already connected to Miller & Sons"):
        connects(world, feed, Customer("Miller & Sons", None, 1))


def test_a_user_may_choose_the_new_customer(world: World) -> None:
    feed = world.create_feed("Miller Print Shop", CNB1=10)
    world.night(MONDAY)
    becomes(world, "Lake Leasing", ())
    lake = Customer("Lake Leasing", "LAKE", 1)

    assert connects(world, feed, lake)
    assert not connects(world, feed, lake)

    assert (world.feed(feed).customer_id, world.feed(feed).customer_name) == (
        "LAKE",
        "Lake Leasing",
    )


def test_a_proposal_is_deleted_with_its_feed(world: World) -> None:
    feed = world.create_feed("Miller Print Shop", CNB1=10)
    world.night(MONDAY)
    world.printerpoint.rename_customer("Miller Print Shop", "Miller & Sons")
    world.night(TUESDAY)
    with world.session() as session:
        feeds.remove(session, session.get_one(Feed, feed), world.after_midnight(TUESDAY))
        session.commit()

    with world.session() as session:
        server = session.get_one(Server, world.server_id)
        fleet = [Customer("Miller & Sons", None, 1)]
        connected = feeds.create_all_feeds(session, server, fleet, world.after_midnight(TUESDAY))
        session.commit()

    assert [one.customer_name for one in connected.feeds] == ["Miller & Sons"]
    assert connected.skipped == []
