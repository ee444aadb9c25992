"""Nights of a server whose fleet another server reads: nothing is deposited before approval."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.world import MONDAY, World
from webapp.domain.months import Month
from webapp.models import Account, Collection, Feed, Server
from webapp.services.certificates import months
from webapp.services.certificates.months import Grace
from webapp.services.collection.scheduling import due_scheduled_runs
from webapp.services.servers import overlaps

pytestmark = pytest.mark.both_databases

FLEET = {f"CNB{number}": 1_000 for number in range(6)}


@pytest.fixture
def feed_id(world: World) -> int:
    """A feed of the server, whose fleet another partner registered before."""
    feed_id = world.create_feed("Harbour Architects, LLP", "HARB01", **FLEET)
    with world.session() as session:
        earlier = factories.server(session, name="Somebody’s")
        earlier.created_at = datetime(2026, 1, 5, tzinfo=UTC)
        overlaps.check_fleet(session, earlier, FLEET, earlier.created_at)
        session.commit()
    return feed_id


def test_a_night_of_a_waiting_server_reads_and_deposits_nothing(world: World, feed_id: int) -> None:
    states = [world.night(MONDAY + timedelta(days=n)) for n in range(2)]

    assert states == ["failed", "failed"]
    assert world.devices(feed_id) == []
    with world.session() as session:
        collection = session.scalars(select(Collection)).first()
        assert collection is not None
        assert collection.reason == {"code": "awaiting_approval", "params": {}}
        server = session.get_one(Server, world.server_id)
        assert (server.health, server.health_reason) == ("healthy", None)
        assert server.awaiting_approval_since == world.after_midnight(MONDAY)
        assert session.get_one(Feed, feed_id).status == "pending"


def test_a_manual_collection_waits_too(world: World, feed_id: int) -> None:
    world.night(MONDAY, "manual")

    assert world.devices(feed_id) == []


def test_its_fleet_is_read_once_a_night_until_it_is_approved(world: World, feed_id: int) -> None:
    world.night(MONDAY)
    now = world.after_midnight(MONDAY) + timedelta(hours=3)
    at = world.after_midnight(MONDAY).astimezone(world.zone).time()

    with world.session() as session:
        waiting = due_scheduled_runs(session, now, at)
        overlaps.approve(session, session.get_one(Server, world.server_id), now)
        approved = due_scheduled_runs(session, now, at)

    assert [len(waiting), len(approved)] == [0, 1]


def test_an_approved_server_is_collected(world: World, feed_id: int) -> None:
    world.night(MONDAY)
    with world.session() as session:
        server = session.get_one(Server, world.server_id)
        overlaps.approve(session, server, world.after_midnight(MONDAY))
        session.commit()

    state = world.night(MONDAY + timedelta(days=1))

    assert state == "finished"
    assert len(world.devices(feed_id)) == len(FLEET)


def test_no_month_closes_while_a_server_of_the_account_waits(world: World, feed_id: int) -> None:
    world.night(MONDAY)
    with world.session() as session:
        account = session.get_one(Account, session.get_one(Feed, feed_id).account_id)
        now = datetime(2026, 11, 3, 12, tzinfo=UTC)
        grace = Grace(2, world.after_midnight(MONDAY).time())

        why = months.reason_to_keep_open(session, account, Month.parse("2026-10"), now, grace)

    assert why is not None
    assert (why["code"], why["params"]["server"]) == ("month_awaits_approval", "Printerpoint")
