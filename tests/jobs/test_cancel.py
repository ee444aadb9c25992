"""A cancelled collection reads no further; what it left the next night brings."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from rq import Queue

from jobs.collection import CollectionStep
from tests.environment.redis_server import RedisServer
from tests.jobs.processes import (
    eventually,
    outcomes,
    request_collection,
    state,
    worker,
    yesterday,
    zone_at_noon,
)
from tests.world import World, make_world
from webapp import clock, queue
from webapp.domain.reasons import reason
from webapp.errors import Conflict
from webapp.models import Collection
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.collection import collector as service
from webapp.services.collection import requests, scheduling
from webapp.settings import Settings


@pytest.fixture(params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, config: Settings, sandbox: Sandbox, redis_server: RedisServer
) -> Iterator[World]:
    """A partner where it is noon, on both databases, with a real queue."""
    config = replace(config, redis_url=redis_server.url)
    if request.param == "postgresql":
        config = replace(config, database_url=request.getfixturevalue("postgresql_database"))
    world = make_world(config, sandbox, zone_at_noon())
    yield world
    world.close()


def cancel(world: World, collection_id: int) -> None:
    """What the button does."""
    with world.session() as session:
        found = session.get_one(Collection, collection_id)
        requests.cancel(session, found, None, clock.now())
        session.commit()


def test_a_cancelled_collection_stops_and_the_next_one_reads_every_page(world: World) -> None:
    feeds = [world.create_feed(name, name[:3], **{f"S{name[0]}": 100}) for name in ("Ant", "Bee")]
    world.night(yesterday(world) - timedelta(days=1))
    world.printerpoint.print_pages("SA", 5)
    world.printerpoint.print_pages("SB", 7)
    world.printerpoint.set_time(world.after_midnight(yesterday(world)))
    night = request_collection(world, "scheduled")

    def watch(_: CollectionStep) -> None:
        cancel(world, night)

    result = world.run(night, watch=watch)

    assert result == "cancelled by a user"
    assert state(world, night) == "cancelled"
    assert world.deposits(feeds[0]) == {yesterday(world): 5}
    assert world.deposits(feeds[1]) == {}
    # Neither a late job nor the next run of the timetable continues it.
    assert "already" in world.run(night)
    with world.session() as session:
        due = scheduling.due_scheduled_runs(session, clock.now(), world.settings.collect_at)
        lost = scheduling.stale_manual_runs(session, clock.now() + timedelta(minutes=10))
        assert ([*due], [*lost]) == ([], [])
        session.rollback()

    world.run(request_collection(world))
    assert world.deposits(feeds[0]) == {yesterday(world): 5}
    assert world.deposits(feeds[1]) == {yesterday(world): 7}


def test_a_cancelled_collection_is_not_a_finished_night(world: World) -> None:
    world.create_feed("Ant", "ANT", SA=100)
    night = request_collection(world, "scheduled")

    cancel(world, night)

    with world.session() as session:
        found = session.get_one(Collection, night)
        with pytest.raises(service.Cancelled):
            service.finish(session, found, clock.now())
        service.abort(session, found, reason("given up"), clock.now())
        with pytest.raises(Conflict):
            requests.cancel(session, found, None, clock.now())
        session.commit()
    assert state(world, night) == "cancelled"
    assert world.server().health == "healthy"


def test_a_cancel_after_the_last_customer_enqueues_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = world.create_feed("Ant", "ANT", SA=100)
    world.break_feed(broken)
    handed: list[int] = []
    monkeypatch.setattr(queue, "run_feed", lambda *ids: handed.append(ids[-1]))
    night = request_collection(world, "scheduled")

    result = world.run(night, watch=lambda _: cancel(world, night))

    assert result == "cancelled by a user"
    assert state(world, night) == "cancelled"
    assert handed == []


def test_a_worker_stops_in_the_middle_of_a_large_fleet(world: World) -> None:
    for number in range(40):
        world.create_feed(f"Office {number:02}", f"O{number:02}", **{f"S{number}": 100})
    world.printerpoint.configure(page_size=2, delay=0.2)
    wanted = request_collection(world)
    queue.run_collection(world.settings, wanted)

    with worker(world.settings):
        eventually(lambda: printers_read(world, wanted) > 2)
        cancel(world, wanted)
        before = printers_read(world, wanted)
        eventually(lambda: at_work(world) == 0)

    assert state(world, wanted) == "cancelled"
    assert outcomes(world, wanted) == 0
    assert printers_read(world, wanted) == before < 40


def printers_read(world: World, collection_id: int) -> int:
    """How many printers the worker has reported."""
    with world.session() as session:
        return session.get_one(Collection, collection_id).printers


def at_work(world: World) -> int:
    """How many collections workers are at, as the queue has it."""
    with queue.connect(world.settings.redis_url) as connection:
        return int(Queue("collection", connection=connection).started_job_registry.count)
