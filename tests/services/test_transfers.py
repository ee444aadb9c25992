"""Printers that move between customers, or are listed at two of them."""

from datetime import timedelta

import pytest

from tests.services.histories import details, notes
from tests.world import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World

pytestmark = pytest.mark.slow


@pytest.mark.both_databases
def test_a_moved_printer_continues_its_meter_there_and_after_its_return(world: World) -> None:
    clinic = world.create_feed("Clinic", "CLI", S1=1_000, S2=50)
    school = world.create_feed("School", "SCH", S3=70)
    world.night(MONDAY)
    world.printerpoint.print_pages("S1", 30)
    world.night(TUESDAY)
    world.printerpoint.move_printer("S1", "School")
    world.printerpoint.print_pages("S1", 5)
    world.night(WEDNESDAY)
    world.printerpoint.print_pages("S1", 6)
    world.night(THURSDAY)
    world.printerpoint.move_printer("S1", "Clinic")
    world.printerpoint.print_pages("S1", 7)
    world.night(FRIDAY)

    assert world.deposits(clinic) == {TUESDAY: 30, FRIDAY: 7}
    assert world.deposits(school) == {WEDNESDAY: 5, THURSDAY: 6}
    assert world.devices(clinic)[0] == ("A-S1", "S1", 1_000, 1_048, 48)
    assert [device[1] for device in world.devices(school)] == ["S3"]
    assert notes(world, school) == [("moved_in", "A-S1"), ("moved_away", "A-S1")]
    assert ("moved_away", "A-S1") in notes(world, clinic)
    assert notes(world, clinic)[-1] == ("moved_in", "A-S1")
    assert [line["pages"] for line in details(world, "moved_in")] == [5, 7]
    assert world.is_balanced()


def test_a_move_does_not_state_pages_under_review_as_counted(world: World) -> None:
    world.create_feed("Clinic", "CLI", S1=1_000, S2=50)
    school = world.create_feed("School", "SCH", S3=70)
    world.night(MONDAY)
    world.printerpoint.move_printer("S1", "School")
    world.printerpoint.print_pages("S1", 900_000)
    world.night(TUESDAY)

    assert world.held(school) == [900_000]
    assert [line["pages"] for line in details(world, "moved_in")] == [0]


def test_a_printer_that_moves_twice_continues_its_meter(world: World) -> None:
    names = ("Clinic", "School", "Bakery")
    clinic = world.create_feed("Clinic", "CLI", S1=1_000, S2=50)
    school = world.create_feed("School", "SCH", S3=70)
    bakery = world.create_feed("Bakery", "BAK", S4=70)
    world.night(MONDAY)
    day = MONDAY
    for step, name in enumerate((*names[1:], "Clinic", "Bakery", "Clinic"), start=1):
        world.printerpoint.move_printer("S1", name)
        world.printerpoint.print_pages("S1", step)
        day += timedelta(days=1)
        world.night(day)

    pages = [sum(world.deposits(feed).values()) for feed in (clinic, school, bakery)]
    assert pages == [3 + 5, 1, 2 + 4]
    assert world.is_balanced()


def test_a_reset_during_a_move_counts_nothing_twice(world: World) -> None:
    clinic = world.create_feed("Clinic", "CLI", S1=1_000, S2=50)
    school = world.create_feed("School", "SCH", S3=70)
    world.night(MONDAY)
    world.printerpoint.move_printer("S1", "School")
    world.printerpoint.set_count("S1", 10)
    world.night(TUESDAY)
    world.printerpoint.print_pages("S1", 200)
    world.night(WEDNESDAY)
    world.printerpoint.move_printer("S1", "Clinic")
    world.printerpoint.print_pages("S1", 9)
    world.night(THURSDAY)

    assert world.deposits(school) == {WEDNESDAY: 200}
    assert world.deposits(clinic) == {THURSDAY: 9}
    assert world.is_balanced()


def test_a_printer_listed_at_two_customers_is_counted_at_one(world: World) -> None:
    clinic = world.create_feed("Clinic", "CLI", S1=1_000)
    school = world.create_feed("School", "SCH", S3=70)
    world.printerpoint.add_printer("School", serial="S1", asset="A-S1", count=1_000)
    world.night(MONDAY)
    for day in (TUESDAY, WEDNESDAY):
        world.printerpoint.print_pages("S3", 1)
        world.night(day)

    assert sum(world.deposits(clinic).values()) == 0
    assert world.outcome(school).duplicates == 1
    assert len(world.devices(school)) == 1


def test_two_machines_with_one_serial_number_at_two_customers_are_two(world: World) -> None:
    clinic = world.create_feed("Clinic", "CLI", S1=1_000)
    school = world.create_feed("School", "SCH", S3=70)
    world.night(MONDAY)
    other = world.printerpoint.add_printer("School", serial="S1", asset="A-S1", count=50_000)
    world.night(TUESDAY)

    assert [device[1] for device in world.devices(school)] == ["S3"]
    for day in (WEDNESDAY, THURSDAY, FRIDAY):
        world.printerpoint.print_pages("S1", 1)
        world.printerpoint.print_pages(other, 50)
        world.night(day)

    # On two nights they moved differently: two machines, each counted on its own.
    assert ("A-S1", "S1", 50_000, 50_150, 150) in world.devices(school)
    assert sum(world.deposits(clinic).values()) == 3
