"""What happens to printers in the field: one behaviour each, shown in the feed's history."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from tests.services.histories import details, notes
from tests.world import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.messages import sentence
from webapp.models import Device, HealthChange

pytestmark = pytest.mark.slow


def test_an_ordinary_night_records_no_event(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100, S2=100)
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        world.night(day)
        world.printerpoint.print_pages("S1", 30)

    assert notes(world, feed) == []
    assert details(world, "devices_found") == [{"count": 2}]


def test_a_printer_that_is_replaced_under_its_asset_id_is_a_new_one(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=9_000)
    world.night(MONDAY)
    world.printerpoint.print_pages("S1", 30)
    world.night(TUESDAY)
    world.printerpoint.replace_printer("S1", "S2", count=5_000)
    world.night(WEDNESDAY)
    world.printerpoint.print_pages("S2", 7)
    world.night(THURSDAY)

    assert world.deposits(feed) == {TUESDAY: 30, THURSDAY: 7}
    assert notes(world, feed) == [("device_added", "A-S1"), ("gone", "A-S1")]


def test_an_edited_asset_id_is_recognized_and_reported(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    world.printerpoint.set_asset("S1", "RECEPTION")
    world.printerpoint.print_pages("S1", 30)
    world.night(TUESDAY)

    assert world.deposits(feed) == {TUESDAY: 30}
    assert notes(world, feed) == [("asset_edited", "RECEPTION")]
    assert details(world, "asset_edited") == [
        {"name": "RECEPTION", "before": "A-S1", "after": "RECEPTION"}
    ]


def test_a_printer_that_returns_is_counted_over_its_absence(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100, S2=100)
    other = world.printerpoint.add_customer("Nobody's", customer_id="NOB")
    world.night(MONDAY)
    world.printerpoint.move_printer("S1", other)
    for day in (TUESDAY, WEDNESDAY):
        world.printerpoint.print_pages("S2", 1)
        world.night(day)
    world.printerpoint.move_printer("S1", "Clinic")
    world.printerpoint.print_pages("S1", 9)
    world.night(THURSDAY)
    world.night(FRIDAY)

    # Where it stood meanwhile no feed counts; what it printed since it is back is counted.
    assert world.deposits(feed) == {TUESDAY: 1, WEDNESDAY: 1, THURSDAY: 9}
    assert notes(world, feed) == [("away", "A-S1")]


def test_the_absence_and_return_of_a_customer_are_one_event_each(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100, S2=100)
    world.create_feed("School", "SCH", S3=100)
    world.night(MONDAY)
    world.printerpoint.set_customer_id("Clinic", None)
    world.printerpoint.rename_customer("Clinic", "Klinik")
    for day in (TUESDAY, WEDNESDAY):
        world.night(day)
    world.printerpoint.rename_customer("Klinik", "Clinic")
    world.printerpoint.print_pages("S1", 9)
    world.night(THURSDAY)

    assert world.deposits(feed) == {TUESDAY: 3, WEDNESDAY: 3, THURSDAY: 3}
    assert [kind for kind, _ in notes(world, feed)] == [
        "customer_gone",
        "successor_found",
        "customer_returned",
        "recovered",
    ]
    assert details(world, "recovered") == [
        {"pages": 6, "first": str(TUESDAY), "last": str(WEDNESDAY)}
    ]


@pytest.mark.both_databases
def test_many_events_of_a_kind_are_one_event(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", **{f"S{n}": 100 for n in range(8)})
    world.night(MONDAY)
    for n in range(1, 7):
        world.printerpoint.remove_printer(f"S{n}")
    world.night(TUESDAY)

    assert notes(world, feed) == [("gone", None)]
    assert details(world, "gone") == [
        {"count": 6, "names": ["A-S1", "A-S2", "A-S3", "A-S4", "A-S5"]}
    ]


@pytest.mark.parametrize(
    ("counts", "kinds"),
    [
        ((100, 40, 130), ["fell", "glitch"]),
        ((100, 40, 70), ["fell", "reset"]),
        ((100, 40, 30, 35), ["fell", "reset", "fell", "small_fall"]),
    ],
)
def test_a_falling_count_and_its_explanation_are_reported(
    world: World, counts: tuple[int, ...], kinds: list[str]
) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    for days, count in enumerate(counts):
        world.printerpoint.set_count("S1", count)
        world.night(MONDAY + timedelta(days=days))

    assert [kind for kind, _ in notes(world, feed)] == kinds


def test_another_counter_set_has_a_new_baseline_and_is_reported(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    world.printerpoint.override_fields(
        "S1", {"counters": {"coloredPagesBySizeMonochromeTotalInClicks": 9_000}}
    )
    world.night(TUESDAY)

    assert world.outcome(feed).incomplete == 1
    for days in range(2, 12):
        world.night(MONDAY + timedelta(days=days))

    assert world.deposits(feed) == {}
    assert details(world, "set_switched") == [{"name": "A-S1", "before": "colour", "after": "size"}]


def test_a_printer_that_is_read_once_a_month_is_reported(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100, S2=100)
    world.printerpoint.set_time(world.after_midnight(MONDAY))
    world.night(MONDAY)
    quiet = {"lastSeen": "2026-10-06T03:00:00.0000000Z"}
    world.printerpoint.override_fields("S1", quiet)
    for days in range(1, 30):
        world.printerpoint.print_pages("S2", 1)
        world.night(MONDAY + timedelta(days=days))
    world.printerpoint.override_fields("S1", {"lastSeen": "2026-11-04T15:00:00.0000000Z"})
    world.printerpoint.print_pages("S1", 310)
    world.night(date(2026, 11, 4))

    assert sum(world.deposits(feed).values()) == 310 + 29
    assert notes(world, feed) == [("read_again", "A-S1")]
    assert details(world, "read_again")[0]["pages"] == 310


def test_a_feed_that_was_silent_shows_what_it_recovered_and_for_which_days(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=90_000)
    world.night(MONDAY)
    world.printerpoint.stop_agent("Clinic")
    for days in range(1, 7):
        world.night(MONDAY + timedelta(days=days))
    unhealthy = world.feed(feed).health
    world.printerpoint.start_agent("Clinic")
    world.printerpoint.print_pages("S1", 2_345)
    world.night(MONDAY + timedelta(days=7))

    assert unhealthy == "unhealthy"
    recovered = details(world, "recovered")
    assert [(line["first"], line["last"]) for line in recovered] == [(str(TUESDAY), str(FRIDAY))]
    with world.session() as session:
        change = session.scalars(select(HealthChange).order_by(HealthChange.id.desc())).first()
    assert change is not None
    assert sentence(change.reason) == (
        f"New data arrived; recovered {recovered[0]['pages']:,} pages for Oct 6 – 9, 2026"
    )


def test_a_weekend_or_an_idle_printer_is_not_a_recovery(world: World) -> None:
    world.create_feed("Clinic", "CLI", S1=100, S2=100)
    for day in (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY):
        world.printerpoint.print_pages("S2", 1)
        world.night(day)
    world.printerpoint.stop_agent("Clinic")
    for days in (5, 6):
        world.night(MONDAY + timedelta(days=days))
    world.printerpoint.start_agent("Clinic")
    world.printerpoint.print_pages("S1", 40)
    world.night(MONDAY + timedelta(days=7))

    assert details(world, "recovered") == []


def test_a_held_delta_is_reported(world: World) -> None:
    world.create_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    world.printerpoint.print_pages("S1", 900_000)
    world.night(TUESDAY)

    assert details(world, "held") == [
        {
            "name": "A-S1",
            "pages": 900_000,
            "since": str(MONDAY),
            "for": "near_lifetime",
            "proposed": 0,
        }
    ]


def test_a_rename_is_reported(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    world.printerpoint.rename_customer("Clinic", "Klinik")
    world.night(TUESDAY)

    assert details(world, "customer_renamed") == [{"before": "Clinic", "after": "Klinik"}]
    assert world.feed(feed).customer_name == "Klinik"


@pytest.mark.both_databases
def test_a_missing_device_shows_since_when(world: World) -> None:
    world.create_feed("Clinic", "CLI", S1=100, S2=100)
    world.night(MONDAY)
    world.printerpoint.remove_printer("S1")
    world.night(TUESDAY)
    world.night(WEDNESDAY)

    with world.session() as session:
        gone = session.scalars(select(Device.missing_since).order_by(Device.id)).all()
    assert list(gone) == [TUESDAY, None]
