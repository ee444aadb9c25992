"""Customers whose collection is over before it reads them, and retries from stored rows."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from jobs import collection as jobs
from jobs import runtime
from jobs.collection import CollectionStep
from tests.world import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.models import Collection, Feed, Outcome, Reading, Server
from webapp.services.collection import requests
from webapp.services.feeds import feeds, pauses
from webapp.services.servers import servers

pytestmark = pytest.mark.slow

End = Callable[[Session, Feed, datetime], object]


def remove_server(session: Session, feed: Feed, now: datetime) -> None:
    """Remove the server of a feed."""
    servers.remove(session, session.get_one(Server, feed.server_id), now)


ENDS = [pauses.deactivate, feeds.remove, remove_server]


@pytest.fixture
def retry(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, datetime], str]:
    """Run the job of a failed feed of the latest collection, at a time."""
    monkeypatch.setattr(runtime, "get_app", world.app_of_jobs)

    def run(feed_id: int, now: datetime) -> str:
        monkeypatch.setattr("webapp.clock.now", lambda: now)
        with world.session() as session:
            latest = session.scalars(select(func.max(Collection.id))).one()
        return str(jobs.run_feed(latest, feed_id))

    return run


def end(world: World, feed_id: int, how: End) -> None:
    """End the collection of a feed."""
    with world.session() as session:
        how(session, session.get_one(Feed, feed_id), world.after_midnight(TUESDAY))
        session.commit()


def readings(world: World, feed_id: int) -> int:
    """How many readings a feed has."""
    with world.session() as session:
        query = select(func.count()).select_from(Reading).where(Reading.feed_id == feed_id)
        return session.scalars(query).one()


@pytest.mark.both_databases
@pytest.mark.parametrize("how", ENDS)
def test_a_feed_that_ends_before_its_turn_is_not_collected(world: World, how: End) -> None:
    world.create_feed("Aardvark", "AAR", S1=100)
    later = world.create_feed("Zebra", "ZEB", S2=100)
    world.night(MONDAY)
    world.printerpoint.print_pages("S2", 7)
    now = world.after_midnight(TUESDAY)
    world.printerpoint.set_time(now)
    with world.session() as session:
        server = session.get_one(Server, world.server_id)
        night = requests.request(session, server, day=TUESDAY, kind="scheduled", now=now)
        session.commit()

    def watch(step: CollectionStep) -> None:
        if step.done == 1:
            end(world, later, how)

    world.run(night.id, watch, lambda: now)

    assert (world.deposits(later), readings(world, later)) == ({}, 1)
    with world.session() as session:
        assert session.get(Outcome, (night.id, later)) is None
        ended = session.get_one(Collection, night.id)
        assert ended.feeds == 1


@pytest.mark.parametrize("how", ENDS)
def test_a_feed_that_ends_before_its_retry_is_not_collected(
    world: World, how: End, retry: Callable[[int, datetime], str]
) -> None:
    broken = world.create_feed("Aardvark", "AAR", S1=100)
    world.night(MONDAY)
    world.printerpoint.print_pages("S1", 7)
    world.break_feed(broken)
    world.night(TUESDAY)
    world.repair_feed(broken)
    end(world, broken, how)

    message = retry(broken, world.after_midnight(TUESDAY))

    assert message == "no longer collected"
    assert world.deposits(broken) == {}
    assert world.outcome(broken).outcome == "failed"


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("ran_on", "days"),
    [
        (TUESDAY, {TUESDAY: 6}),
        # It ran late: the counters are those of the day after.
        (WEDNESDAY, {TUESDAY: 3, WEDNESDAY: 3}),
    ],
)
def test_a_retry_on_a_later_day_closes_the_day_on_which_its_rows_were_read(
    world: World, retry: Callable[[int, datetime], str], ran_on: date, days: dict[date, int]
) -> None:
    broken = world.create_feed("Aardvark", "AAR", S1=100)
    world.printerpoint.override_fields("S1", {"lastSeen": None})
    world.night(MONDAY)
    world.printerpoint.print_pages("S1", 6)
    world.break_feed(broken)
    world.collect(TUESDAY, world.after_midnight(ran_on))
    world.repair_feed(broken)

    message = retry(broken, world.after_midnight(THURSDAY))
    retried = world.deposits(broken)
    world.printerpoint.print_pages("S1", 5)
    world.night(FRIDAY)

    assert message == "collected: 6 pages"
    assert retried == days
    assert sum(world.deposits(broken).values()) == 11
