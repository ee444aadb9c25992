"""A customer under a new name: found by its devices, proposed, connected again."""

import pytest
from sqlalchemy import select

from tests.services.renamed import (
    Proposal,
    becomes,
    connects,
    events,
    leaves,
    printers_of,
    proposal,
)
from tests.world import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.models import Collection
from webapp.services.feeds import renames

pytestmark = pytest.mark.slow


@pytest.mark.both_databases
def test_a_renamed_customer_continues_as_if_never_interrupted(world: World) -> None:
    feed = world.create_feed("Miller Print Shop", CNB1=1_000, CNB2=2_000)
    world.night(MONDAY)
    world.printerpoint.rename_customer("Miller Print Shop", "Miller & Sons")
    world.printerpoint.print_pages("CNB1", 30)
    world.night(TUESDAY)

    assert proposal(world, feed) == (None, "Miller & Sons", 2, 2)
    assert connects(world, feed)
    world.printerpoint.print_pages("CNB2", 12)
    world.night(WEDNESDAY)

    assert world.feed(feed).customer_name == "Miller & Sons"
    assert proposal(world, feed) == (None, None, None, None)
    assert sum(world.deposits(feed).values()) == 42
    assert [life for *_, life in world.devices(feed)] == [30, 12]
    assert events(world, feed, "relinked") == [
        {"before": "Miller Print Shop", "after": "Miller & Sons"}
    ]


def test_a_proposal_is_reported_once_and_withdrawn_when_the_old_name_returns(world: World) -> None:
    feed = world.create_feed("Miller Print Shop", CNB1=1_000)
    world.night(MONDAY)
    world.printerpoint.rename_customer("Miller Print Shop", "Miller & Sons")
    world.night(TUESDAY)
    world.night(TUESDAY)
    world.night(WEDNESDAY)
    noted = events(world, feed, "successor_found")

    world.printerpoint.rename_customer("Miller & Sons", "Miller Print Shop")
    world.night(THURSDAY)

    assert noted == [{"customer": "Miller & Sons", "devices": 1, "of": 1}]
    assert proposal(world, feed) == (None, None, None, None)


@pytest.mark.both_databases
def test_a_customer_whose_id_changed_retains_its_name(world: World) -> None:
    feed = world.create_feed("Harbour Architects, LLP", "HARB01", CNB1=1_000)
    world.night(MONDAY)
    world.printerpoint.set_customer_id("Harbour Architects, LLP", "HARB99")
    world.night(TUESDAY)

    assert proposal(world, feed) == ("HARB99", "Harbour Architects, LLP", 1, 1)
    connects(world, feed)
    world.night(WEDNESDAY)

    stored = world.feed(feed)
    assert (stored.customer_id, stored.status) == ("HARB99", "active")


@pytest.mark.parametrize(
    ("moved", "proposed"),
    [
        (("CNB1",), (None, None, None, None)),  # one of four: fewer than half
        (("CNB1", "CNB2"), (None, "Miller & Sons", 2, 4)),
        (("CNB1", "CNB2", "CNB3"), (None, "Miller & Sons", 3, 4)),
    ],
)
def test_half_of_the_devices_suffice_for_a_proposal(
    world: World, moved: tuple[str, ...], proposed: Proposal
) -> None:
    feed = world.create_feed("Miller Print Shop", CNB1=10, CNB2=20, CNB3=30, CNB4=40)
    world.night(MONDAY)
    becomes(world, "Miller & Sons", moved)
    leaves(world, {"CNB1", "CNB2", "CNB3", "CNB4"} - set(moved))
    world.night(TUESDAY)

    assert proposal(world, feed) == proposed


def test_of_several_candidates_the_one_with_most_devices_is_proposed(world: World) -> None:
    feed = world.create_feed("Miller Print Shop", CNB1=10, CNB2=20, CNB3=30, CNB4=40, CNB5=50)
    world.night(MONDAY)
    becomes(world, "Miller & Sons", ("CNB1", "CNB2", "CNB3"))
    becomes(world, "Lake Leasing", ("CNB4", "CNB5"))
    world.night(TUESDAY)

    assert proposal(world, feed) == (None, "Miller & Sons", 3, 5)


def test_two_candidates_with_equally_many_devices_are_not_proposed(world: World) -> None:
    feed = world.create_feed("Miller Print Shop", CNB1=10, CNB2=20, CNB3=30, CNB4=40)
    world.night(MONDAY)
    becomes(world, "Miller & Sons", ("CNB1", "CNB2"))
    becomes(world, "Lake Leasing", ("CNB3", "CNB4"))
    world.night(TUESDAY)

    assert proposal(world, feed) == (None, None, None, None)


@pytest.mark.both_databases
def test_two_companies_renamed_in_one_night_are_distinguished(world: World) -> None:
    miller = world.create_feed("Miller Print Shop", CNB1=10, CNB2=20)
    bakery = world.create_feed("Bluebird Bakery", VNC1=30)
    world.night(MONDAY)
    world.printerpoint.rename_customer("Miller Print Shop", "Miller & Sons")
    world.printerpoint.rename_customer("Bluebird Bakery", "Bluebird Cafe")
    world.night(TUESDAY)

    assert proposal(world, miller) == (None, "Miller & Sons", 2, 2)
    assert proposal(world, bakery) == (None, "Bluebird Cafe", 1, 1)


def test_two_companies_merged_into_one_name_are_proposed_for_the_larger(world: World) -> None:
    miller = world.create_feed("Miller Print Shop", CNB1=10, CNB2=20)
    bakery = world.create_feed("Bluebird Bakery", VNC1=30)
    world.night(MONDAY)
    becomes(world, "Miller & Bluebird", ("CNB1", "CNB2", "VNC1"))
    world.night(TUESDAY)

    assert proposal(world, miller) == (None, "Miller & Bluebird", 2, 2)
    assert proposal(world, bakery) == (None, None, None, None)


@pytest.mark.both_databases
def test_swapped_names_of_two_companies_are_not_proposed(world: World) -> None:
    miller = world.create_feed("Miller Print Shop", CNB1=10)
    bakery = world.create_feed("Bluebird Bakery", VNC1=30)
    world.night(MONDAY)
    world.printerpoint.rename_customer("Miller Print Shop", "for a moment")
    world.printerpoint.rename_customer("Bluebird Bakery", "Miller Print Shop")
    world.printerpoint.rename_customer("for a moment", "Bluebird Bakery")
    world.printerpoint.print_pages("CNB1", 5)
    world.night(TUESDAY)

    assert proposal(world, miller) == proposal(world, bakery) == (None, None, None, None)
    pages = [*world.deposits(miller).values(), *world.deposits(bakery).values()]
    assert sum(pages) == 5


def test_a_customer_with_a_feed_of_its_own_is_never_proposed(world: World) -> None:
    miller = world.create_feed("Miller Print Shop", CNB1=10)
    world.create_feed("Bluebird Bakery", VNC1=30)
    world.night(MONDAY)
    world.printerpoint.move_printer("CNB1", "Bluebird Bakery")
    world.night(TUESDAY)

    assert proposal(world, miller) == (None, None, None, None)


def test_placeholder_serial_numbers_do_not_identify_a_customer(world: World) -> None:
    customer = world.printerpoint.add_customer("Miller Print Shop")
    world.printerpoint.add_printer(customer, serial="N/A", asset="A-1", count=100)
    feed = world.connect("Miller Print Shop")
    world.night(MONDAY)
    world.printerpoint.remove_printer(printers_of(world, customer)[0])
    other_customer = world.printerpoint.add_customer("Lake Leasing")
    world.printerpoint.add_printer(other_customer, serial="n/a", asset="L-1", count=100)
    world.night(TUESDAY)

    assert proposal(world, feed) == (None, None, None, None)


@pytest.mark.parametrize(
    ("counts", "proposed"),
    [
        ((100, 205, 300), (None, "Miller & Sons", 3, 3)),
        ((100, 199, 300), (None, "Miller & Sons", 2, 3)),  # one of them is another machine
        ((99, 199, 300), (None, None, None, None)),
    ],
)
def test_without_serial_numbers_two_asset_ids_must_continue(
    world: World, counts: tuple[int, ...], proposed: Proposal
) -> None:
    customer = world.printerpoint.add_customer("Miller Print Shop")
    for number, count in enumerate((100, 200, 300)):
        world.printerpoint.add_printer(customer, asset=f"A-{number}", count=count)
    feed = world.connect("Miller Print Shop")
    world.night(MONDAY)
    for printer in printers_of(world, customer):
        world.printerpoint.remove_printer(printer)
    new = world.printerpoint.add_customer("Miller & Sons")
    for number, count in enumerate(counts):
        world.printerpoint.add_printer(new, asset=f"a-{number}", count=count)
    world.night(TUESDAY)

    assert proposal(world, feed) == proposed


def test_devices_missing_before_are_not_compared(world: World) -> None:
    feed = world.create_feed("Miller Print Shop", CNB1=10, CNB2=20, CNB3=30)
    world.night(MONDAY)
    leaves(world, {"CNB2", "CNB3"})
    world.night(TUESDAY)
    world.printerpoint.rename_customer("Miller Print Shop", "Miller & Sons")
    world.night(WEDNESDAY)

    assert proposal(world, feed) == (None, "Miller & Sons", 1, 1)


@pytest.mark.both_databases
def test_an_error_of_the_search_fails_the_job_but_not_the_collection(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = world.create_feed("Miller Print Shop", CNB1=10)
    bakery = world.create_feed("Bluebird Bakery", VNC1=30)
    world.night(MONDAY)
    world.printerpoint.rename_customer("Miller Print Shop", "Miller & Sons")
    world.printerpoint.print_pages("VNC1", 9)

    def fails(*_: object) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(renames, "find_successors", fails)
    with pytest.raises(RuntimeError, match="no such thing"):  # the job fails: operations see it
        world.night(TUESDAY)
    monkeypatch.undo()
    with world.session() as session:
        state = session.scalar(select(Collection.state).where(Collection.day == TUESDAY))
    world.night(WEDNESDAY)

    assert state == "finished"
    assert world.deposits(bakery) == {TUESDAY: 9}
    assert proposal(world, lost) == (None, "Miller & Sons", 1, 1)
