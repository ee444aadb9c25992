"""Isolated failures: one of a device does not affect others, nor one of a customer."""

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from jobs import collection as jobs
from jobs import runtime
from tests.world import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.domain.metering.events import Result
from webapp.domain.metering.process import Observation
from webapp.domain.metering.process import process as processed
from webapp.domain.metering.run import Context
from webapp.domain.metering.state import DeviceState
from webapp.models import Collection, Device, RetryRows
from webapp.services.metering import process as service

pytestmark = pytest.mark.slow


def changes_state(world: World, serial: str, state: dict[str, Any]) -> dict[str, Any]:
    """Store another state for the device of a serial number; returns the one before."""
    with world.session() as session:
        device = session.scalars(select(Device).where(Device.serial_number == serial)).one()
        before, device.state = device.state, state
        session.commit()
        return before


def skipped(world: World, feed: int) -> list[tuple[str, str, str | None]]:
    """Reason, its name, and serial number of what the latest collection skipped."""
    return [
        (one["reason"]["code"], one["reason"]["params"]["name"], one["serial_number"])
        for one in world.outcome(feed).skipped
    ]


def rows_for_retries(world: World) -> int:
    """How many customers' rows are stored for a retry."""
    with world.session() as session:
        return session.scalar(select(func.count()).select_from(RetryRows)) or 0


def last_collection(world: World) -> int:
    """The id of the latest collection."""
    with world.session() as session:
        return session.scalar(select(func.max(Collection.id))) or 0


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("state", "error"),
    [
        ({"version": 99, "customer": "CLI"}, "UnknownVersion"),
        ({}, "UnknownVersion"),
        ({"version": 1, "customer": "CLI"}, "TypeError"),
        ({"version": 1, "customer": "CLI", "listed_on": "the 30th of February"}, "ValueError"),
    ],
)
def test_a_device_whose_state_cannot_be_read_is_skipped_and_loses_no_page(
    world: World, state: dict[str, Any], error: str
) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=1_000, S2=500)
    world.night(MONDAY)
    stored = changes_state(world, "S1", state)
    for day in (TUESDAY, WEDNESDAY):
        world.printerpoint.print_pages("S1", 40)
        world.printerpoint.print_pages("S2", 3)
        world.night(day)

    assert world.deposits(feed) == {TUESDAY: 3, WEDNESDAY: 3}
    assert world.outcome(feed).outcome == "collected"
    assert skipped(world, feed) == [("device_error", error, "S1")]
    assert len(world.devices(feed)) == 2

    changes_state(world, "S1", stored)
    world.night(THURSDAY)

    assert sum(world.deposits(feed).values()) == 6 + 80
    assert len(world.devices(feed)) == 2


def test_a_machine_without_serial_number_whose_state_cannot_be_read_is_no_new_device(
    world: World,
) -> None:
    feed = world.create_feed("Clinic", "CLI", S2=500)
    printer = world.printerpoint.add_printer("Clinic", serial="", asset="DESK", count=70)
    world.night(MONDAY)
    stored = changes_state(world, "", {"version": 2})
    world.printerpoint.print_pages(printer, 9)
    world.printerpoint.print_pages("S2", 1)
    world.night(TUESDAY)

    assert world.deposits(feed) == {TUESDAY: 1}
    assert len(world.devices(feed)) == 2

    changes_state(world, "", stored)
    world.night(WEDNESDAY)

    assert sum(world.deposits(feed).values()) == 10


def test_a_moved_machine_whose_state_cannot_be_read_is_no_new_device(
    world: World,
) -> None:
    clinic = world.create_feed("Clinic", "CLI", S1=1_000, S2=500)
    school = world.create_feed("School", "SCH", S3=70)
    world.night(MONDAY)
    stored = changes_state(world, "S1", {"version": 2})
    world.printerpoint.move_printer("S1", "School")
    for day in (TUESDAY, WEDNESDAY):
        world.printerpoint.print_pages("S1", 40)
        world.printerpoint.print_pages("S3", 3)
        world.night(day)

    assert skipped(world, school) == [("device_error", "UnknownVersion", "S1")]
    assert world.deposits(school) == {TUESDAY: 3, WEDNESDAY: 3}

    changes_state(world, "S1", stored)
    world.night(THURSDAY)

    assert sum(world.deposits(school).values()) == 6 + 80
    assert len(world.devices(clinic)) + len(world.devices(school)) == 3


def test_a_device_that_the_engine_fails_at_is_skipped_and_loses_no_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=1_000, S2=500, S3=200)
    world.night(MONDAY)

    def failing(state: DeviceState | None, seen: Observation, context: Context) -> Result:
        if seen.serial == "S2":
            raise ArithmeticError("a case that nobody thought of")
        return processed(state, seen, context)

    for serial in ("S1", "S2", "S3"):
        world.printerpoint.print_pages(serial, 10)
    with monkeypatch.context() as patch:
        patch.setattr(service, "process", failing)
        world.night(TUESDAY)

    assert world.deposits(feed) == {TUESDAY: 20}
    assert skipped(world, feed) == [("device_error", "ArithmeticError", "S2")]

    world.night(WEDNESDAY)

    assert sum(world.deposits(feed).values()) == 30
    assert len(world.devices(feed)) == 3


@pytest.mark.both_databases
def test_a_failed_customer_is_retried_from_its_stored_rows_without_the_server(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = world.create_feed("Aardvark", "AAR", S1=100)
    sound = world.create_feed("Zebra", "ZEB", S2=100)
    world.night(MONDAY)
    for serial in ("S1", "S2"):
        world.printerpoint.print_pages(serial, 7)
    world.break_feed(broken)
    world.night(TUESDAY)
    failed, calls = last_collection(world), len(world.printerpoint.calls)

    assert (world.outcome(broken).outcome, world.outcome(sound).outcome) == ("failed", "collected")
    assert world.deposits(sound) == {TUESDAY: 7}
    assert rows_for_retries(world) == 1

    world.repair_feed(broken)
    world.printerpoint.print_pages("S1", 5)
    world.printerpoint.return_500()
    monkeypatch.setattr(runtime, "get_app", world.app_of_jobs)
    monkeypatch.setattr("webapp.clock.now", lambda: world.after_midnight(TUESDAY))
    message = jobs.run_feed(failed, broken)

    # The pages printed since are not in the night's fleet.
    assert message == "collected: 7 pages"
    assert world.deposits(broken) == {TUESDAY: 7}
    assert world.outcome(broken).outcome == "collected"
    assert rows_for_retries(world) == 0
    assert len(world.printerpoint.calls) == calls
    assert str(jobs.run_feed(failed, broken)).startswith("nothing to retry")
    assert world.deposits(broken) == {TUESDAY: 7}


@pytest.mark.both_databases
def test_a_retry_that_fails_again_retains_the_rows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = world.create_feed("Aardvark", "AAR", S1=100)
    world.night(MONDAY)
    world.break_feed(broken)
    world.night(TUESDAY)
    monkeypatch.setattr(runtime, "get_app", world.app_of_jobs)

    with pytest.raises(LookupError):
        jobs.run_feed(last_collection(world), broken)

    assert rows_for_retries(world) == 1


def test_rows_for_a_retry_end_with_the_servers_next_collection(world: World) -> None:
    broken = world.create_feed("Aardvark", "AAR", S1=100)
    world.night(MONDAY)
    world.printerpoint.print_pages("S1", 7)
    world.break_feed(broken)
    world.night(TUESDAY)
    stored = rows_for_retries(world)
    world.repair_feed(broken)
    world.night(WEDNESDAY)

    assert (stored, rows_for_retries(world)) == (1, 0)
    assert sum(world.deposits(broken).values()) == 7


@pytest.mark.both_databases
def test_a_collection_of_another_customer_leaves_the_rows_for_a_retry(world: World) -> None:
    broken = world.create_feed("Aardvark", "AAR", S1=100)
    other = world.create_feed("Zebra", "ZEB", S2=100)
    world.night(MONDAY)
    world.break_feed(broken)
    world.night(TUESDAY)
    world.collect(TUESDAY, world.after_midnight(TUESDAY), "manual", other)
    of_other = rows_for_retries(world)
    world.repair_feed(broken)
    world.collect(TUESDAY, world.after_midnight(TUESDAY), "manual", broken)

    assert (of_other, rows_for_retries(world)) == (1, 0)


@pytest.mark.both_databases
def test_rows_for_a_retry_are_those_of_the_customer_in_the_fields_that_metering_needs(
    world: World,
) -> None:
    broken = world.create_feed("Aardvark", "AAR", S1=100)
    world.create_feed("Zebra", "ZEB", S2=100)
    world.printerpoint.override_fields("S1", {"ipAddress": "10.1.2.3", "model": "LaserJet 9000"})
    world.night(MONDAY)
    world.break_feed(broken)
    world.night(TUESDAY)
    with world.session() as session:
        rows = session.scalars(select(RetryRows.rows)).one()

    assert b"S1" in rows
    assert all(part not in rows for part in (b"S2", b"10.1.2.3", b"LaserJet"))
    assert json.dumps(world.outcome(broken).reason)
