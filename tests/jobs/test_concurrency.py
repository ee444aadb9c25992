"""Concurrent processes, and a Redis that stops: one collection a night, every page once."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta

import pytest
from rq import Queue
from sqlalchemy import select, update

from tests.environment.redis_server import RedisServer
from tests.jobs.processes import (
    children,
    eventually,
    kill_group,
    outcomes,
    request_collection,
    scheduler,
    standing_still,
    state,
    worker,
    yesterday,
    zone_at_noon,
)
from tests.world import World, make_world
from webapp import queue
from webapp.models import Collection
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.collection import heartbeat
from webapp.settings import Settings

CUSTOMERS = 60
PRINTED = [n + 1 for n in range(CUSTOMERS)]


@pytest.fixture(params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, config: Settings, sandbox: Sandbox, redis_server: RedisServer
) -> Iterator[World]:
    """A partner where it is noon, on SQLite and again on PostgreSQL."""
    if request.param == "postgresql":
        config = replace(config, database_url=request.getfixturevalue("postgresql_database"))
    world = make_world(replace(config, redis_url=redis_server.url), sandbox, zone_at_noon())
    yield world
    world.close()


@pytest.fixture
def on_sqlite(config: Settings, sandbox: Sandbox, redis_server: RedisServer) -> Iterator[World]:
    """The same on SQLite only: Redis is what the test is about."""
    world = make_world(replace(config, redis_url=redis_server.url), sandbox, zone_at_noon())
    yield world
    world.close()


def ready_for_yesterday(world: World) -> list[int]:
    """Feeds with a first reading of the day before yesterday, that printed yesterday."""
    feeds = [
        world.create_feed(f"Customer {n:03}", f"C{n}", **{f"S{n}": 100}) for n in range(CUSTOMERS)
    ]
    day = yesterday(world)
    world.night(day - timedelta(days=1))
    for n, pages in enumerate(PRINTED):
        world.printerpoint.print_pages(f"S{n}", pages)
    world.printerpoint.set_time(world.after_midnight(day))
    return feeds


def nights_of(world: World, day: date) -> list[Collection]:
    """The nights there are of a day."""
    with world.session() as session:
        query = select(Collection).where(Collection.kind == "scheduled", Collection.day == day)
        return list(session.scalars(query))


def test_two_workers_and_two_schedulers_run_one_collection(world: World) -> None:
    feeds = ready_for_yesterday(world)
    day = yesterday(world)
    with queue.connect(world.settings.redis_url) as connection:
        for _ in range(4):  # as if schedulers had stumbled over each other
            Queue("timetable", connection=connection).enqueue(queue.ENQUEUE_DUE_COLLECTIONS)

    with ExitStack() as processes:
        for start in (worker, worker, scheduler, scheduler):
            processes.enter_context(start(world.settings))
        eventually(lambda: [night.state for night in nights_of(world, day)] == ["finished"])
        with queue.connect(world.settings.redis_url) as connection:
            names = [Queue(name, connection=connection) for name in queue.QUEUES]
            eventually(lambda: not any(name.count for name in names))
            eventually(lambda: not any(name.started_job_registry.count for name in names))
            failed = [job for name in names for job in name.failed_job_registry.get_job_ids()]

    assert failed == []
    assert len(nights_of(world, day)) == 1
    assert [world.deposits(feed) for feed in feeds] == [{day: pages} for pages in PRINTED]


def test_a_collection_of_a_killed_worker_is_continued(world: World) -> None:
    feeds = ready_for_yesterday(world)
    night = request_collection(world, "scheduled")
    queue.run_collection(world.settings, night)
    with worker(world.settings) as process:
        eventually(lambda: outcomes(world, night) > 3)
        horses = children(process.pid)
        kill_group(process)
    before, begun_on = outcomes(world, night), state(world, night)
    with world.session() as session:  # so that the test need not wait for a stale heartbeat
        last_beat = session.get_one(Collection, night).alive_at
        session.execute(update(Collection).values(alive_at=last_beat - heartbeat.STALE_AFTER))
        session.commit()

    with worker(world.settings), scheduler(world.settings):
        eventually(lambda: state(world, night) == "finished")
        with queue.connect(world.settings.redis_url) as connection:
            names = [Queue(name, connection=connection) for name in queue.QUEUES]
            eventually(lambda: not any(name.count for name in names))

    assert horses
    assert (3 < before < CUSTOMERS, begun_on) == (True, "running")
    assert len(nights_of(world, yesterday(world))) == 1
    assert outcomes(world, night) == CUSTOMERS
    assert [world.deposits(feed) for feed in feeds] == [
        {yesterday(world): pages} for pages in PRINTED
    ]


def test_collections_requested_during_the_night_deposit_nothing_twice(world: World) -> None:
    feeds = ready_for_yesterday(world)
    day = yesterday(world)
    night, *others = (
        request_collection(world, "scheduled"),
        request_collection(world),
        request_collection(world),
        request_collection(world),
    )

    with worker(world.settings) as one, worker(world.settings) as two:
        queue.run_collection(world.settings, night)
        with standing_still(world, night, one, two) as during:
            for other in others:
                queue.run_collection(world.settings, other)
        eventually(lambda: {state(world, each) for each in (night, *others)} == {"finished"})

    assert during < CUSTOMERS
    assert {outcomes(world, each) for each in (night, *others)} == {CUSTOMERS}
    assert [world.deposits(feed) for feed in feeds] == [{day: pages} for pages in PRINTED]


def test_a_restart_of_redis_does_not_affect_a_running_collection(
    on_sqlite: World, redis_server: RedisServer
) -> None:
    world = on_sqlite
    feeds = ready_for_yesterday(world)
    first, second = request_collection(world, "scheduled"), request_collection(world)

    with worker(world.settings) as process:
        queue.run_collection(world.settings, first)
        with standing_still(world, first, process) as done:
            redis_server.restart()
        eventually(lambda: state(world, first) == "finished")
        queue.run_collection(world.settings, second)
        eventually(lambda: state(world, second) == "finished")
        still_works = process.poll() is None

    assert done < CUSTOMERS
    assert still_works
    assert [world.deposits(feed) for feed in feeds] == [
        {yesterday(world): pages} for pages in PRINTED
    ]


def test_a_running_collection_finishes_while_redis_is_down(
    on_sqlite: World, redis_server: RedisServer
) -> None:
    world = on_sqlite
    feeds = ready_for_yesterday(world)
    first, second = request_collection(world, "scheduled"), request_collection(world)

    with worker(world.settings) as process:
        queue.run_collection(world.settings, first)
        with standing_still(world, first, process) as done:
            redis_server.kill()
        eventually(lambda: state(world, first) == "finished")
        redis_server.restart()
        queue.run_collection(world.settings, second)
        eventually(lambda: state(world, second) == "finished")
        still_works = process.poll() is None

    assert done < CUSTOMERS
    assert still_works
    assert [world.deposits(feed) for feed in feeds] == [
        {yesterday(world): pages} for pages in PRINTED
    ]
