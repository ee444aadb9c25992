"""Recount: pages of an earlier version, by the present rules, in open months only."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.nights import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from tests.old_rules import meter_by_old_rules
from webapp.domain.metering.codec import from_json
from webapp.domain.metering.limits import DEFAULT_LIMITS
from webapp.domain.metering.state import DeviceState
from webapp.errors import Conflict
from webapp.models import (
    Account,
    AuditEntry,
    Collection,
    Delta,
    Device,
    Feed,
    FeedEvent,
    Reading,
)
from webapp.queries import reconciliation
from webapp.services.accounts.audit import Actor
from webapp.services.metering import recount as service
from webapp.services.metering import review

pytestmark = pytest.mark.slow

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
COMMAND = Actor(None, "command")

Rows = list[tuple[int, str, int, int, list[tuple[str, date, int, int, str]]]]


def recount(world: World, *, applies: bool = False, feed_ids: set[int] | None = None) -> Rows:
    """Feed, month, pages before and after, and the devices that differ."""
    with world.session() as session:
        partner = session.get_one(Account, world.partner_id)
        found = service.recount(
            session,
            partner,
            DEFAULT_LIMITS,
            NOW,
            feed_ids=feed_ids,
            actor=COMMAND if applies else None,
        )
        rows = [
            (
                one.feed.id,
                str(one.month),
                one.before,
                one.after,
                [
                    (d.asset_id, d.day, d.before, d.after, d.why["code"].removeprefix("recount_"))
                    for d in one.devices
                ],
            )
            for one in found
        ]
        session.commit()
        return rows


def by_old_rules(world: World, *feeds: int) -> None:
    """Have the deposits of an earlier version."""
    with world.session() as session:
        meter_by_old_rules(session, feeds)


def states(world: World) -> dict[int, DeviceState]:
    """What is remembered of each device, without the numbers of its deltas."""
    with world.session() as session:
        rows = session.execute(select(Device.id, Device.state).order_by(Device.id))
        known = {row.id: from_json(row.state) for row in rows}
    return {
        device_id: replace(
            state,
            members={},
            next_number=0,
            deltas=tuple(replace(delta, number=0) for delta in state.deltas),
            marks=tuple(replace(mark, number=0) for mark in state.marks),
        )
        for device_id, state in known.items()
    }


def differences(world: World) -> list[str]:
    """What the reconciliation finds."""
    with world.session() as session:
        result = reconciliation.reconcile(session, select(Feed))
        return [str(one) for one in result.differences]


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


def spiked(world: World) -> int:
    """A feed with a reading that was too high for one night, as an earlier version had it."""
    feed = world.create_feed("Clinic", "CLI", S1=1_000, S2=100)
    for day, count in ((MONDAY, 1_000), (TUESDAY, 1_100), (WEDNESDAY, 5_100), (THURSDAY, 1_200)):
        world.printerpoint.set_count("S1", count)
        world.night(day)
    world.printerpoint.set_count("S1", 1_300)
    world.night(FRIDAY)
    return feed


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


def two_listings(world: World) -> tuple[int, int]:
    """One printer at two customers, each of which an earlier version metered."""
    clinic = world.create_feed("Clinic", "CLI", S1=1_000)
    school = world.create_feed("School", "SCH", S3=70)
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        world.night(day)
        world.printerpoint.print_pages("S1", 30)
    with world.session() as session:
        device = session.scalars(select(Device).where(Device.serial_number == "S1")).one()
        readings = session.scalars(select(Reading).where(Reading.device_id == device.id)).all()
        copy = Device(
            feed_id=school,
            asset_id="LENT",
            serial_number="s1 ",
            serial_key=device.serial_key,
            state=device.state,
            counter_set="colour",
            initial_count=device.initial_count,
            latest_count=device.latest_count,
            life_count=0,
            first_on=device.first_on,
            latest_on=device.latest_on,
        )
        session.add(copy)
        session.flush()
        session.get_one(Feed, school).device_count += 1
        for one in readings:
            session.add(
                Reading(
                    device_id=copy.id,
                    day=one.day,
                    feed_id=school,
                    count=one.count,
                    counter_set="colour",
                    baseline=one.baseline,
                    last_seen_at=one.last_seen_at,
                )
            )
        session.commit()
    by_old_rules(world, clinic, school)
    return clinic, school


def test_two_devices_with_one_serial_number_are_counted_once(world: World) -> None:
    clinic, school = two_listings(world)
    pages = sum(world.deposits(clinic).values()) + sum(world.deposits(school).values())
    assert pages == 60 + 60

    rows = recount(world, applies=True)

    assert {row[0] for row in rows} == {school}
    assert {why for row in rows for *_, why in row[4]} == {"other_listing"}
    assert sum(world.deposits(clinic).values()) == 60
    assert sum(world.deposits(school).values()) == 0
    with world.session() as session:
        counted = {feed.id: feed.device_count for feed in session.scalars(select(Feed))}
        copy = session.scalars(select(Device).where(Device.moved_to.is_not(None))).one()
        copy_at = copy.feed_id
    assert (counted, copy_at) == ({clinic: 1, school: 1}, school)
    assert recount(world, applies=True) == []
    world.printerpoint.add_printer("School", serial="S1", asset="LENT", count=1_090)
    world.night(THURSDAY)
    assert sum(world.deposits(clinic).values()) == 90
    assert sum(world.deposits(school).values()) == 0
    assert differences(world) == []


@pytest.mark.both_databases
def test_two_devices_with_one_serial_number_are_joined_before_they_print(world: World) -> None:
    clinic, school = two_listings(world)
    recount(world, applies=True)
    with world.session() as session:
        copy = session.scalars(select(Device).where(Device.moved_to.is_not(None))).one()
        copy.serial_key, copy.moved_to = "S1", None
        session.get_one(Feed, copy.feed_id).device_count += 1
        session.commit()

    [(feed, _, before, after, devices)] = recount(world, applies=True)

    assert (before, after, [why for *_, why in devices]) == (0, 0, ["other_listing"])
    assert feed == school
    assert sum(world.deposits(clinic).values()) == 60
    assert recount(world) == []


def test_only_devices_of_the_chosen_feeds_are_changed(world: World) -> None:
    clinic, school = two_listings(world)
    bakery = world.create_feed("Bakery", "BAK", S9=70)

    assert recount(world, applies=True, feed_ids={bakery}) == []
    assert {row[0] for row in recount(world, applies=True, feed_ids={clinic})} == {school}


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
