"""What a collection reports: failures, missing customers, rows that are not counted."""

import pytest
from sqlalchemy import select

from jobs.health import check
from tests.world import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.domain.reasons import reason
from webapp.messages import sentence
from webapp.models import Collection, HealthChange, Server
from webapp.printerpoint.client import Client
from webapp.printerpoint.errors import Refused
from webapp.services.collection import scheduling
from webapp.services.servers import servers


@pytest.mark.both_databases
def test_an_unreachable_server_is_unhealthy_at_once_and_collected_when_it_responds(
    world: World,
) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    world.printerpoint.print_pages("S1", 40)
    world.printerpoint.refuse()

    failed = world.night(TUESDAY)
    paused = world.server().health
    with world.session() as session:
        due = scheduling.due_scheduled_runs(
            session, world.after_midnight(TUESDAY), world.settings.collect_at
        )
        session.commit()
    world.printerpoint.recover()
    with world.app.app_context():
        passed = check(world.server_id)
    again = world.night(TUESDAY)

    assert (failed, paused, list(due)) == ("failed", "unhealthy", [])
    assert (passed, again) == (True, "finished")
    assert world.deposits(feed) == {TUESDAY: 40}
    with world.session() as session:
        changes = session.execute(
            select(HealthChange.before, HealthChange.after)
            .where(HealthChange.server_id == world.server_id)
            .order_by(HealthChange.id)
        ).all()
    assert [tuple(change) for change in changes] == [
        ("healthy", "unhealthy"),
        ("unhealthy", "healthy"),
    ]


@pytest.mark.both_databases
def test_a_server_removed_while_it_is_read_does_not_become_unhealthy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_after_removal(*_: object, **__: object) -> None:
        with world.session() as session:
            server = session.get_one(Server, world.server_id)
            servers.remove(session, server, world.after_midnight(MONDAY))
            session.commit()
        raise Refused(reason("token_refused", status=401))

    monkeypatch.setattr(Client, "fleet", fail_after_removal)

    state = world.night(MONDAY)

    assert (state, world.server().health) == ("failed", "healthy")
    with world.session() as session:
        assert session.scalars(select(HealthChange)).all() == []


def test_a_feed_silent_for_three_business_days_is_unhealthy_and_recovers(world: World) -> None:
    feed = world.create_feed("School", "SCH", S1=100)
    world.night(MONDAY)
    world.printerpoint.stop_agent("School")
    healths = []
    for day in (TUESDAY, WEDNESDAY, THURSDAY):
        world.night(day)
        healths.append(world.feed(feed).health)
    world.printerpoint.start_agent("School")
    world.printerpoint.print_pages("S1", 40)

    world.night(FRIDAY)

    assert healths == ["healthy", "healthy", "unhealthy"]
    assert world.feed(feed).health == "healthy"
    assert world.deposits(feed) == {TUESDAY: 10, WEDNESDAY: 10, THURSDAY: 10, FRIDAY: 10}


@pytest.mark.both_databases
def test_a_failing_customer_is_recorded_and_the_others_continue(world: World) -> None:
    broken = world.create_feed("Aardvark", "AAR", S1=100)
    sound = world.create_feed("Zebra", "ZEB", S2=100)
    world.night(MONDAY)
    world.printerpoint.print_pages("S2", 7)
    world.break_feed(broken)

    state = world.night(TUESDAY)

    assert state == "finished"
    assert world.outcome(broken).outcome == "failed"
    assert world.deposits(sound) == {TUESDAY: 7}


def test_a_customer_missing_from_the_fleet_is_not_found_rather_than_failed(world: World) -> None:
    world.create_feed("Clinic", "CLI", S1=100)
    gone = world.connect("Nobody here", "NONE")

    world.night(MONDAY)

    assert world.outcome(gone).outcome == "not_found"
    assert world.feed(gone).status == "pending"


@pytest.mark.both_databases
def test_a_row_listed_twice_is_a_duplicate_and_one_without_identity_a_device(
    world: World,
) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    customer = world.printerpoint.add_customer("Clinic", customer_id="CLI")
    for serial in ("", "S2", "S2"):
        world.printerpoint.add_printer(customer, serial=serial, asset="", count=10)

    world.night(MONDAY)

    assert world.outcome(feed).skipped == []
    assert world.outcome(feed).duplicates == 1
    # The one row without an ID is a device as well; two of them would be reported.
    assert sorted(device[1] for device in world.devices(feed)) == ["", "S1", "S2"]


def test_several_rows_without_any_identity_are_reported_and_not_counted(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    customer = world.printerpoint.add_customer("Clinic", customer_id="CLI")
    for count in (10, 4_000):
        world.printerpoint.add_printer(customer, serial="", asset="", count=count)

    world.night(MONDAY)

    assert [row["reason"] for row in world.outcome(feed).skipped] == [reason("no_identity")] * 2
    assert [device[1] for device in world.devices(feed)] == ["S1"]


@pytest.mark.both_databases
def test_an_empty_fleet_of_a_server_that_had_printers_fails_the_collection(world: World) -> None:
    feed = world.create_feed("School", "SCH", S1=100)
    world.night(MONDAY)
    world.printerpoint.move_printer(
        "S1", world.printerpoint.add_customer("Elsewhere", token=other(world))
    )
    states = [world.night(day) for day in (TUESDAY, WEDNESDAY, THURSDAY)]
    silent = world.feed(feed).health
    world.printerpoint.move_printer(
        "S1", world.printerpoint.add_customer("School", customer_id="SCH")
    )
    world.printerpoint.print_pages("S1", 8)

    world.night(FRIDAY)

    assert states == ["failed", "failed", "failed"]
    assert silent == "healthy"
    assert world.server().health == "healthy"
    assert world.deposits(feed) == {TUESDAY: 2, WEDNESDAY: 2, THURSDAY: 2, FRIDAY: 2}


def other(world: World) -> str:
    """Another dealer, whose fleet our token does not see."""
    return world.printerpoint.add_dealer("another-dealer")


@pytest.mark.both_databases
def test_rows_that_name_no_customer_are_reported_by_the_collection(world: World) -> None:
    world.create_feed("Clinic", "CLI", S1=100, S2=100)
    world.printerpoint.override_fields(
        "S2", {"customerCompanyName": None, "customerCompanyId": None}
    )

    world.night(MONDAY)

    with world.session() as session:
        reason = session.scalars(select(Collection.reason)).one()
    assert reason is not None
    assert sentence(reason) == "Rows not counted: 1 (The row has no customer name)"


@pytest.mark.both_databases
def test_counters_that_add_up_to_more_than_can_be_counted_are_reported(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    huge = {
        "coloredPagesByMonochromeInClicks": 2**63 - 1,
        "coloredPagesByColorInClicks": 2**63 - 1,
    }
    world.printerpoint.override_fields("S1", {"counters": huge})

    world.night(MONDAY)

    assert world.outcome(feed).outcome == "unchanged"
    assert world.outcome(feed).skipped[0]["reason"] == reason("incomplete")
