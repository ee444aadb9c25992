"""A collection without a worker is claimed within two minutes; a slow one is not."""

import configparser
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from jobs.schedule import POLL_SECONDS, TIMETABLE
from tests.jobs.processes import eventually, request_collection, state, yesterday, zone_at_noon
from tests.world import World, make_world
from webapp import clock, queue
from webapp.domain.reasons import reason
from webapp.models import Collection
from webapp.models.collection import CollectionState
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.collection import collector as service
from webapp.services.collection import heartbeat, scheduling
from webapp.services.metering.process import process_readings
from webapp.settings import ROOT, Settings

#: The time between two heartbeats in these tests.
SHORT_INTERVAL = timedelta(seconds=0.1)
#: Seconds; each test ends the wait for the page earlier.
LONGEST_PAGE = 60.0


@pytest.fixture(params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest,
    config: Settings,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """A partner where it is noon, on both databases, with frequent heartbeats."""
    if request.param == "postgresql":
        config = replace(config, database_url=request.getfixturevalue("postgresql_database"))
    monkeypatch.setattr(heartbeat, "INTERVAL", SHORT_INTERVAL)
    world = make_world(config, sandbox, zone_at_noon())
    yield world
    world.close()


class Later:
    """A clock that can be advanced by more than the age of a stale heartbeat."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return clock.now() + self._ahead

    def advance(self) -> None:
        self._ahead += 3 * heartbeat.STALE_AFTER


@pytest.fixture
def later() -> Later:
    """A clock that starts at the present time."""
    return Later()


def test_killed_collection_is_claimed_within_two_minutes() -> None:
    tick = next(entry for entry in TIMETABLE if entry.function == queue.ENQUEUE_DUE_COLLECTIONS)
    unit = configparser.RawConfigParser(strict=False)
    unit.read(ROOT / "deploy" / "production" / "releaf-worker@.service")
    restart = timedelta(seconds=int(unit["Service"]["RestartSec"]))

    # A tick is due just before the heartbeat is stale; the next one is found a poll later.
    until_enqueued = heartbeat.STALE_AFTER + tick.every + timedelta(seconds=POLL_SECONDS)
    margin = timedelta(minutes=2) - until_enqueued - restart

    assert margin >= timedelta(seconds=25)
    assert tick.every.total_seconds() >= 2 * POLL_SECONDS  # else the poll would set the pace
    assert heartbeat.STALE_AFTER >= 5 * heartbeat.INTERVAL


def test_only_stale_collections_are_enqueued_and_claimed(world: World) -> None:
    world.create_feed("Clinic", "CLI", S1=100)
    now = clock.now()
    with world.session() as session:
        wanted = session.get_one(Collection, request_collection(world, "scheduled"))
        wanted.state = "running"
        enqueued = []
        for age in (
            -heartbeat.STALE_AFTER,
            -2 * heartbeat.STALE_AFTER,
            2 * heartbeat.STALE_AFTER,
        ):
            wanted.alive_at = now + age
            session.flush()
            due = scheduling.due_scheduled_runs(session, now, world.settings.collect_at)
            enqueued.append(len(due))
            assert (service.claim(session, wanted.id, now) is not None) == (len(due) == 1)

    assert enqueued == [0, 1, 1]


@pytest.mark.parametrize("before", ["queued", "running"])
def test_manual_collection_expires_after_a_day(world: World, before: CollectionState) -> None:
    collection_id = request_collection(world)
    now = clock.now()
    states = []
    with world.session() as session:
        wanted = session.get_one(Collection, collection_id)
        wanted.state = before
        session.flush()
        for later in (timedelta(hours=23), timedelta(hours=25)):
            lost = scheduling.stale_manual_runs(session, now + later)
            scheduling.expire_manual_runs(session, now + later)
            session.refresh(wanted)
            states.append((len(lost), wanted.state))

        assert states == [(1, before), (0, "failed")]
        assert wanted.reason == reason("expired")
        # Its job may have been queued all the time: it is then claimed.
        assert service.claim(session, collection_id, now + timedelta(hours=26)) is not None


def test_manual_collection_with_a_recent_heartbeat_does_not_expire(world: World) -> None:
    collection_id = request_collection(world)
    later = clock.now() + timedelta(hours=30)
    with world.session() as session:
        wanted = session.get_one(Collection, collection_id)
        wanted.state, wanted.alive_at = "running", later
        session.flush()
        scheduling.expire_manual_runs(session, later)
        session.refresh(wanted)

        assert wanted.state == "running"


def test_heartbeat_does_not_change_an_ended_collection(world: World) -> None:
    collection_id = request_collection(world)
    now = clock.now()
    with world.session() as session:
        service.abort(session, session.get_one(Collection, collection_id), reason("given up"), now)
        session.commit()
        heartbeat.record(session, collection_id, now + timedelta(minutes=1))
        session.commit()
    with world.session() as session:
        ended = session.get_one(Collection, collection_id)

    assert (ended.state, ended.alive_at) == ("failed", now)


def test_collection_is_not_claimed_during_a_slow_page(world: World, later: Later) -> None:
    feed = create_feed_with_a_day_of_pages(world)
    world.printerpoint.configure(delay=LONGEST_PAGE)

    with collecting(world, later) as collection_id:
        eventually(lambda: state(world, collection_id) == "running")
        later.advance()
        eventually(lambda: has_recent_heartbeat(world, collection_id, later()))
        assert not is_claimed(world, collection_id, later)
        world.printerpoint.recover()

    assert world.deposits(feed) == {yesterday(world): 7}


def test_collection_is_not_claimed_during_a_slow_customer(
    world: World, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = create_feed_with_a_day_of_pages(world)
    slow, continues = threading.Event(), threading.Event()

    def process_slowly(*args: Any, **kwargs: Any) -> Any:
        result = process_readings(*args, **kwargs)
        slow.set()
        assert continues.wait(60)
        return result

    monkeypatch.setattr("webapp.services.collection.collector.process_readings", process_slowly)

    with collecting(world, later) as collection_id:
        assert slow.wait(60)
        later.advance()
        if world.settings.database_url.startswith("sqlite"):
            # The customer's transaction excludes a claim, and updates the heartbeat as it ends.
            continues.set()
        else:
            eventually(lambda: has_recent_heartbeat(world, collection_id, later()))
        assert not is_claimed(world, collection_id, later)
        continues.set()

    assert world.deposits(feed) == {yesterday(world): 7}


def create_feed_with_a_day_of_pages(world: World) -> int:
    """Create a feed whose printer has printed 7 pages since its first night; return its id."""
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(yesterday(world) - timedelta(days=1))
    world.printerpoint.print_pages("S1", 7)
    world.printerpoint.set_time(world.after_midnight(yesterday(world)))
    return feed


@contextmanager
def collecting(world: World, later: Later) -> Iterator[int]:
    """Collect in a thread, by a clock that can be advanced; yields the id of the collection."""
    collection_id = request_collection(world, "scheduled")
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(world.run, collection_id, now=later)
        yield collection_id
        assert result.result() == "1 customers, 0 failed"


def has_recent_heartbeat(world: World, collection_id: int, now: datetime) -> bool:
    """Whether the heartbeat of a collection is not stale at a time."""
    with world.session() as session:
        collection = session.get_one(Collection, collection_id)
        return abs(now - collection.alive_at) < heartbeat.STALE_AFTER


def is_claimed(world: World, collection_id: int, now: Later) -> bool:
    """Whether another worker can claim a collection; it is unchanged."""
    with world.session() as session:
        session.connection()  # on SQLite it waits for the writer: read the clock afterwards
        return service.claim(session, collection_id, now()) is not None
