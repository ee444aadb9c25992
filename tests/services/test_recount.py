"""Recount: pages of an earlier version, by the present rules, in open months only."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.services.recounts import COMMAND, NOW, by_old_rules, differences, recount, spiked, states
from tests.world import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.errors import Conflict
from webapp.models import (
    AuditEntry,
    Collection,
    Delta,
    Device,
    FeedEvent,
    Reading,
)
from webapp.services.metering import review

pytestmark = pytest.mark.slow


def test_a_lifetime_count_is_withdrawn_from_an_open_month(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=0, S2=500)
    for day in (MONDAY, TUESDAY):
        world.night(day)
    world.printerpoint.set_count("S1", 150_000)
    world.night(WEDNESDAY)
    world.printerpoint.print_pages("S1", 40)
    world.night(THURSDAY)
    with world.session() as session:
        device = session.scalars(select(Device).where(Device.serial_number == "S1")).one()
        session.add(
            Reading(
                device_id=device.id,
                day=TUESDAY,
                feed_id=feed,
                count=0,
                counter_set="colour",
                baseline=True,
            )
        )
        session.commit()
    truth = world.deposits(feed)
    by_old_rules(world, feed)
    deposited = sum(world.deposits(feed).values())

    assert deposited == sum(truth.values()) + 150_000
    expected = [
        (
            feed,
            "2026-10",
            deposited,
            deposited - 150_000,
            [("A-S1", WEDNESDAY, 150_000, 0, "baseline")],
        )
    ]
    assert recount(world) == expected
    assert sum(world.deposits(feed).values()) == deposited
    assert recount(world, applies=True) == expected
    assert world.deposits(feed) == truth
    assert differences(world) == []


@pytest.mark.both_databases
def test_a_spike_is_withdrawn(world: World) -> None:
    feed = spiked(world)
    truth, remembered = world.deposits(feed), states(world)
    by_old_rules(world, feed)

    rows = recount(world, applies=True)

    [(_, _, before, after, devices)] = rows
    assert (before, after) == (100 + 4_000 + 100, 300)
    assert ("A-S1", WEDNESDAY, 4_000, 0, "taken_back") in devices
    assert world.deposits(feed) == truth
    assert states(world) == remembered
    assert differences(world) == []


def test_a_recount_changes_nothing_twice_and_nothing_of_what_the_present_rules_counted(
    world: World,
) -> None:
    feed = spiked(world)
    assert recount(world, applies=True) == []
    by_old_rules(world, feed)
    recount(world, applies=True)
    remembered, deposited = states(world), world.deposits(feed)

    assert recount(world) == []
    assert recount(world, applies=True) == []
    assert (states(world), world.deposits(feed)) == (remembered, deposited)


def test_collections_continue_as_if_the_present_rules_had_always_been(world: World) -> None:
    feed = spiked(world)
    by_old_rules(world, feed)
    recount(world, applies=True)

    saturday = FRIDAY + timedelta(days=1)
    for n, count in enumerate((1_350, 900_000, 1_400, 1_450)):
        world.printerpoint.set_count("S1", count)
        world.night(saturday + timedelta(days=n))

    assert sum(world.deposits(feed).values()) == 450
    assert world.held(feed) == []
    assert differences(world) == []


@pytest.mark.both_databases
def test_a_closed_month_is_not_changed(world: World) -> None:
    first = date(2026, 10, 26)
    feed = world.create_feed("Clinic", "CLI", S1=1_000)
    counts = (1_000, 1_100, 4_900, 1_150, 1_200, 1_250, 1_260, 4_960, 1_300, 1_310)
    for n, count in enumerate(counts):
        world.printerpoint.set_count("S1", count)
        world.night(first + timedelta(days=n))
    by_old_rules(world, feed)
    in_october = world.counted(feed)["2026-10"]
    world.close_month(feed, "2026-10", datetime(2026, 11, 6, 12, tzinfo=UTC))

    [(_, month, before, after, _)] = recount(world, applies=True)

    assert month == "2026-11"
    assert world.counted(feed) == {"2026-10": in_october, "2026-11": after}
    assert (before, after) == (10 + 3_700 + 10, 60)
    assert recount(world) == []
    assert differences(world) == []


@pytest.mark.both_databases
def test_a_decision_of_a_user_in_an_open_month_is_not_changed(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=1_000)
    for day, count in ((MONDAY, 1_000), (TUESDAY, 90_000), (WEDNESDAY, 90_100)):
        world.printerpoint.set_count("S1", count)
        world.night(day)
    with world.session() as session:
        held = session.scalars(select(Delta).where(Delta.state == "held")).one()
        review.decide(session, held, "accepted", COMMAND, NOW)
        session.commit()
    deposited = world.deposits(feed)

    [(_, _, before, after, devices)] = recount(world, applies=True)

    assert before == after == 89_100
    assert {why for *_, why in devices} == {"decided"}
    assert world.deposits(feed) == deposited
    with world.session() as session:
        assert session.scalars(select(FeedEvent).where(FeedEvent.kind == "recounted")).all() == []
        assert "pages recounted" not in session.scalars(select(AuditEntry.action)).all()


@pytest.mark.both_databases
def test_a_recount_is_in_the_history_and_in_the_audit_trail(world: World) -> None:
    feed = spiked(world)
    by_old_rules(world, feed)
    recount(world, applies=True)

    with world.session() as session:
        line = session.scalars(select(FeedEvent).where(FeedEvent.kind == "recounted")).one()
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "pages recounted")
        ).one()
    assert line.feed_id == feed
    assert (line.details["name"], line.details["before"], line.details["after"]) == (
        "A-S1",
        4_000,
        100,
    )
    assert (entry.account_id, entry.place) == (world.partner_id, "command")
    assert entry.details == {"devices": 1, "before": 4_000, "after": 100}


@pytest.mark.both_databases
def test_a_running_collection_refuses_a_recount(world: World) -> None:
    feed = spiked(world)
    by_old_rules(world, feed)
    with world.session() as session:
        for collection in session.scalars(select(Collection)):
            collection.state = "running"
        session.commit()

    assert recount(world) != []
    with pytest.raises(Conflict, match="Northwind Print"):
        recount(world, applies=True)
