"""The night, against the real sandbox, on SQLite and on PostgreSQL."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.world import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.models import Delta, Deposit, Device, Feed, HealthChange, Reading
from webapp.services.feeds import pauses

NEXT_MONDAY = MONDAY + timedelta(days=7)


def test_a_first_reading_is_a_baseline_and_deposits_nothing(world: World) -> None:
    feed = world.create_feed("Harbour Architects, LLP", "HARB01", CNB1L2M345=182_345)

    world.night(MONDAY)

    assert world.deposits(feed) == {}
    assert world.devices(feed) == [("A-CNB1L2M345", "CNB1L2M345", 182_345, 182_345, 0)]
    assert world.feed(feed).status == "active"
    assert world.feed(feed).health == "healthy"


def test_pages_of_a_day_are_deposited_on_that_day(world: World) -> None:
    feed = world.create_feed("Harbour Architects, LLP", "HARB01", CNB1L2M345=182_345)
    world.night(MONDAY)

    world.printerpoint.print_pages("CNB1L2M345", 120)
    world.night(TUESDAY)

    assert world.deposits(feed) == {TUESDAY: 120}
    assert world.devices(feed) == [("A-CNB1L2M345", "CNB1L2M345", 182_345, 182_465, 120)]


@pytest.mark.both_databases
def test_collecting_twice_in_a_night_deposits_once(world: World) -> None:
    feed = world.create_feed("Harbour Architects, LLP", "HARB01", CNB1L2M345=1_000)
    world.night(MONDAY)
    world.printerpoint.print_pages("CNB1L2M345", 120)
    world.night(TUESDAY)
    before = rows(world)

    world.night(TUESDAY)
    world.collect(TUESDAY, world.after_midnight(TUESDAY), kind="manual")

    assert world.deposits(feed) == {TUESDAY: 120}
    assert rows(world) == before


def test_pages_printed_before_a_second_collection_of_a_day_count_in_the_next_night(
    world: World,
) -> None:
    feed = world.create_feed("Harbour Architects, LLP", "HARB01", CNB1L2M345=1_000)
    world.night(MONDAY)
    noon = world.after_midnight(MONDAY) + timedelta(hours=12)
    world.printerpoint.print_pages("CNB1L2M345", 30)
    world.printerpoint.set_time(noon)

    world.collect(MONDAY, noon, kind="manual")
    looked = world.deposits(feed)
    world.night(TUESDAY)

    assert looked == {}
    assert world.deposits(feed) == {TUESDAY: 30}


def test_pages_of_a_gap_are_allocated_over_its_business_days(world: World) -> None:
    feed = world.create_feed("Harbour Architects, LLP", "HARB01", CNB1L2M345=1_000)
    world.night(THURSDAY)
    world.printerpoint.stop_agent("Harbour Architects, LLP")
    for day in (FRIDAY, FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=2)):
        world.night(day)
    world.printerpoint.start_agent("Harbour Architects, LLP")
    world.printerpoint.print_pages("CNB1L2M345", 101)

    world.night(NEXT_MONDAY)

    # Oct 12, 2026 is Columbus Day: Friday is the gap's only business day.
    assert world.deposits(feed) == {FRIDAY: 101}


def test_a_fall_needs_confirmation_and_a_glitch_is_ignored(world: World) -> None:
    feed = world.create_feed("Bakery", None, CNB9=5_000)
    world.night(MONDAY)
    world.printerpoint.set_count("CNB9", 50)
    world.night(TUESDAY)
    world.printerpoint.set_count("CNB9", 5_020)

    world.night(WEDNESDAY)

    assert sum(world.deposits(feed).values()) == 20
    assert world.devices(feed) == [("A-CNB9", "CNB9", 5_000, 5_020, 20)]


def test_a_confirmed_fall_is_a_reset_without_pages(world: World) -> None:
    feed = world.create_feed("Bakery", None, CNB9=5_000)
    world.night(MONDAY)
    world.printerpoint.set_count("CNB9", 50)
    world.night(TUESDAY)
    world.printerpoint.set_count("CNB9", 80)

    world.night(WEDNESDAY)

    assert world.deposits(feed) == {WEDNESDAY: 30}
    assert world.devices(feed) == [("A-CNB9", "CNB9", 50, 80, 30)]


@pytest.mark.both_databases
def test_a_delta_that_no_machine_can_print_is_held_and_not_lost(world: World) -> None:
    feed = world.create_feed("Bakery", None, CNB9=5_000)
    world.night(MONDAY)
    world.printerpoint.print_pages("CNB9", 900_000)

    world.night(TUESDAY)

    assert world.deposits(feed) == {}
    assert world.held(feed) == [900_000]
    assert world.devices(feed)[0][4] == 0


def test_a_replaced_printer_is_a_new_device_with_its_own_baseline(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", OLD1=80_000)
    world.night(MONDAY)
    world.printerpoint.replace_printer("OLD1", "NEW1")
    world.night(TUESDAY)
    world.printerpoint.print_pages("NEW1", 12)

    world.night(WEDNESDAY)

    assert world.deposits(feed) == {WEDNESDAY: 12}
    assert [device[1] for device in world.devices(feed)] == ["OLD1", "NEW1"]


@pytest.mark.both_databases
def test_late_pages_of_a_closed_month_are_counted_in_the_first_open_one(world: World) -> None:
    feed = world.create_feed("School", "SCH", S1=100)
    last = date(2026, 10, 28)
    world.night(last)
    world.printerpoint.print_pages("S1", 50)
    world.night(last + timedelta(days=1))
    world.printerpoint.stop_agent("School")
    for n in range(2, 6):
        world.night(last + timedelta(days=n))
    closed = world.close_month(feed, "2026-10", datetime(2026, 11, 3, 12, tzinfo=UTC))
    world.printerpoint.start_agent("School")
    world.printerpoint.print_pages("S1", 30)

    world.night(date(2026, 11, 3))

    # Friday 30 October and Monday 2, Tuesday 3 November share the 30 pages.
    assert closed == 50
    assert world.counted(feed) == {"2026-10": 50, "2026-11": 30}
    assert world.deposits(feed) == {
        date(2026, 10, 29): 50,
        date(2026, 10, 30): 10,
        date(2026, 11, 2): 10,
        date(2026, 11, 3): 10,
    }


def test_an_edited_asset_id_stays_the_same_device(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    world.printerpoint.set_asset("S1", "B-2")
    world.printerpoint.print_pages("S1", 5)

    world.night(TUESDAY)

    assert world.devices(feed) == [("B-2", "S1", 100, 105, 5)]


def rows(world: World) -> list[int]:
    """How many rows of each kind the collections have written."""
    with world.session() as session:
        return [
            int(session.scalar(select(func.count()).select_from(model)) or 0)
            for model in (Device, Reading, Delta, Deposit, HealthChange)
        ]


def test_a_device_with_a_last_seen_in_the_future_is_still_read(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.printerpoint.override_fields("S1", {"lastSeen": "2031-01-01T00:00:00.0000000Z"})
    world.night(MONDAY)
    world.printerpoint.override_fields("S1", {})
    world.printerpoint.print_pages("S1", 5)

    world.night(TUESDAY)

    assert world.deposits(feed) == {TUESDAY: 5}


def test_a_printer_without_last_seen_has_a_reading_only_if_its_counter_increased(
    world: World,
) -> None:
    feed = world.create_feed("Bakery", None, S1=100)
    world.printerpoint.override_fields("S1", {"lastSeen": None})
    world.night(MONDAY)
    world.night(TUESDAY)
    world.printerpoint.print_pages("S1", 6)

    world.night(WEDNESDAY)

    assert world.deposits(feed) == {TUESDAY: 3, WEDNESDAY: 3}


@pytest.mark.both_databases
def test_a_reactivated_feed_does_not_count_pages_of_the_pause(
    world: World,
) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    with world.session() as session:
        pauses.deactivate(session, session.get_one(Feed, feed), world.after_midnight(MONDAY))
        session.commit()
    world.printerpoint.print_pages("S1", 50)
    world.night(TUESDAY)
    with world.session() as session:
        pauses.reactivate(session, session.get_one(Feed, feed), world.after_midnight(TUESDAY))
        session.commit()
    world.night(WEDNESDAY)
    world.printerpoint.print_pages("S1", 7)

    world.night(THURSDAY)

    assert world.deposits(feed) == {THURSDAY: 7}
    assert world.devices(feed) == [("A-S1", "S1", 150, 157, 7)]


def test_large_format_area_counts_whole_letter_pages_of_the_lifetime(world: World) -> None:
    customer = world.printerpoint.add_customer("Harbour Architects, LLP", customer_id="HARB01")
    area = 6_032_246
    world.printerpoint.add_printer(
        customer, serial="PLOT", counters={"paperAreaTotalInHundredthsOfASquareMillimeter": area}
    )
    feed = world.connect("Harbour Architects, LLP", "HARB01")
    world.night(MONDAY)
    for tenths, day in ((25, TUESDAY), (40, WEDNESDAY)):
        lifetime = area * tenths // 10
        world.printerpoint.override_fields(
            "PLOT",
            {"counters": {"paperAreaTotalInHundredthsOfASquareMillimeter": lifetime}},
        )
        world.night(day)

    assert world.deposits(feed) == {TUESDAY: 1, WEDNESDAY: 2}


def test_a_late_collection_does_not_date_new_pages_back(
    world: World,
) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    world.printerpoint.print_pages("S1", 30)
    late = world.after_midnight(THURSDAY)
    world.printerpoint.set_time(late)

    world.collect(TUESDAY, late)

    assert world.deposits(feed) == {TUESDAY: 10, WEDNESDAY: 10, THURSDAY: 10}
    assert world.feed(feed).last_data_on == THURSDAY
