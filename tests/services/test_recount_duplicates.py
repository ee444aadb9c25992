"""A recount of devices that are stored twice."""

import pytest
from sqlalchemy import select

from tests.services.recounts import by_old_rules, differences, recount
from tests.world import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.models import (
    Device,
    Feed,
    Reading,
)

pytestmark = pytest.mark.slow


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
