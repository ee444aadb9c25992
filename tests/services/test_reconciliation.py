"""Reconciliation finds every page, and every page that is missing or made up."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.world import World
from webapp.models import Certificate, Deposit, Device, Feed
from webapp.queries import reconciliation
from webapp.services.certificates.reconciliation import is_due, record

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]

THURSDAY = date(2026, 10, 29)


def two_months(world: World) -> int:
    """A feed with pages certified, open and held."""
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(THURSDAY)
    for day, pages in ((1, 50), (2, 7), (4, 30), (5, 900_000)):
        world.printerpoint.print_pages("S1", pages)
        world.night(THURSDAY + timedelta(days=day))
    world.close_month(feed, "2026-10", datetime(2026, 11, 3, 12, tzinfo=UTC))
    return feed


def result(world: World) -> reconciliation.Result:
    """The comparison over everything."""
    with world.session() as session:
        return reconciliation.reconcile(session, select(Feed))


def test_every_page_is_certified_open_or_held(world: World) -> None:
    feed = two_months(world)

    found = result(world)

    assert found.differences == []
    balance = found.balances[0]
    assert (balance.feed_id, balance.life) == (feed, 87)
    assert (balance.certified, balance.open, balance.held) == (57, 30, 900_000)


def test_a_manual_change_of_a_deposit_is_a_difference(world: World) -> None:
    feed = two_months(world)
    with world.session() as session:
        session.execute(update(Deposit).where(Deposit.day == date(2026, 11, 2)).values(pages=29))
        session.commit()

    found = result(world)

    assert found.balances[0].difference == 1
    assert [(one.kind, one.id) for one in found.differences] == [("Feed", feed), ("Server", 1)]
    assert (found.differences[1].expected, found.differences[1].found) == (29, 30)


def test_changes_of_a_life_count_and_of_a_certificate_are_differences(world: World) -> None:
    two_months(world)
    with world.session() as session:
        session.execute(update(Device).values(life_count=Device.life_count - 1))
        session.execute(update(Certificate).values(pages=58))
        session.commit()

    found = result(world)

    assert [one.kind for one in found.differences] == ["Device", "Month", "Partner"]
    assert (found.differences[1].expected, found.differences[1].found) == (57, 58)


def test_a_changed_number_of_devices_is_a_difference(world: World) -> None:
    feed = two_months(world)
    with world.session() as session:
        number = session.get_one(Feed, feed).device_count
        session.execute(update(Feed).values(device_count=Feed.device_count + 2))
        session.commit()

    (found,) = result(world).differences

    assert (found.kind, found.id, found.unit) == ("Feed", feed, "devices")
    assert (found.expected, found.found) == (number, number + 2)


def test_the_fields_of_differences_are_stored(world: World) -> None:
    feed = two_months(world)
    now = datetime(2026, 11, 4, 3, tzinfo=UTC)
    with world.session() as session:
        before = session.get_one(Feed, feed).device_count
        session.get_one(Feed, feed).device_count += 1
        session.flush()
        stored = record(session, reconciliation.reconcile(session, select(Feed)), now)
        session.commit()
        session.refresh(stored)
        (found,) = stored.differences

    assert (found["kind"], found["id"], found["unit"]) == ("Feed", feed, "devices")
    assert (found["expected"], found["found"]) == (before, before + 1)


def test_the_result_of_a_reconciliation_is_stored_once_a_day(world: World) -> None:
    two_months(world)
    now = datetime(2026, 11, 4, 3, tzinfo=UTC)

    with world.session() as session:
        before = is_due(session, now)
        stored = record(session, reconciliation.reconcile(session, select(Feed)), now)
        session.commit()
        soon = is_due(session, now + timedelta(hours=23))
        later = is_due(session, now + timedelta(hours=24))

    assert (before, soon, later) == (True, False, True)
    assert (stored.feeds, stored.pages, stored.differences) == (1, 87, [])
