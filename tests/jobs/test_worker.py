"""Real worker processes on a real Redis-compatible server, one of them killed at work."""

import importlib
from datetime import timedelta

from rq import Queue
from rq.job import Job
from rq.registry import FailedJobRegistry
from sqlalchemy import func, select, update

from tests.jobs.processes import eventually, kill_group, outcomes, state, worker, works_off
from tests.nights import MONDAY, World
from webapp import clock, queue
from webapp.models import Collection, Server
from webapp.services import collection as service
from webapp.services import nights

TUESDAY = MONDAY + timedelta(days=1)


def requested(world: World, kind: str = "now") -> int:
    """A collection for Tuesday, asked for."""
    now = world.after_midnight(TUESDAY)
    world.printerpoint.it_is(now)
    with world.session() as session:
        server = session.get_one(Server, world.server_id)
        wanted = service.request(
            session, server, day=TUESDAY, kind="now" if kind == "now" else "night", now=now
        )
        session.commit()
        return wanted.id


def test_a_worker_process_collects_what_is_put_in_line(world: World) -> None:
    feed = world.has_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    world.printerpoint.prints("S1", 9)
    collection_id = requested(world)

    queue.run_collection(world.settings, collection_id)
    works_off(world.settings)

    assert state(world, collection_id) == "finished"
    assert world.deposits(feed) == {TUESDAY: 9}


def test_a_worker_killed_in_mid_collection_loses_and_doubles_no_page(world: World) -> None:
    feeds = [world.has_feed(f"Customer {n:03}", f"C{n}", **{f"S{n}": 100}) for n in range(120)]
    world.night(MONDAY)
    for n in range(120):
        world.printerpoint.prints(f"S{n}", n + 1)
    collection_id = requested(world)

    queue.run_collection(world.settings, collection_id)
    with worker(world.settings) as process:
        eventually(lambda: outcomes(world, collection_id) > 3)
        kill_group(process)
    done = outcomes(world, collection_id)
    with world.session() as session:
        # The heart of a killed worker stands still; a minute and a half later it may be claimed.
        session.execute(update(Collection).values(alive_at=clock.now() - timedelta(minutes=2)))
        session.commit()
    queue.run_collection(world.settings, collection_id)
    works_off(world.settings)

    assert 3 < done < 120
    assert state(world, collection_id) == "finished"
    assert [world.deposits(feed) for feed in feeds] == [{TUESDAY: n + 1} for n in range(120)]


def test_a_failed_customer_is_a_failed_job_of_its_own_that_can_be_requeued(world: World) -> None:
    broken = world.has_feed("Aardvark", "AAR", S1=100)
    sound = world.has_feed("Zebra", "ZEB", S2=100)
    world.night(MONDAY)
    world.printerpoint.prints("S1", 5)
    world.printerpoint.prints("S2", 7)
    world.breaks(broken)
    collection_id = requested(world)
    connection = queue.connect(world.settings.redis_url)

    queue.run_collection(world.settings, collection_id)
    works_off(world.settings)
    registry = FailedJobRegistry(queue=Queue("collection", connection=connection))
    failed = registry.get_job_ids()
    went_on = world.deposits(sound)
    world.mends(broken)
    Job.fetch(failed[0], connection=connection).requeue()
    works_off(world.settings)

    assert failed == [f"collection-{collection_id}-feed-{broken}"]
    assert went_on == {TUESDAY: 7}
    assert world.deposits(broken) == {TUESDAY: 5}
    assert registry.get_job_ids() == []


def test_a_dead_server_pauses_the_night_and_fails_no_job(world: World) -> None:
    world.has_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    world.printerpoint.refuses()
    collection_id = requested(world)
    connection = queue.connect(world.settings.redis_url)

    queue.run_collection(world.settings, collection_id)
    works_off(world.settings)

    assert state(world, collection_id) == "failed"
    assert world.server().health == "unhealthy"
    assert FailedJobRegistry(queue=Queue("collection", connection=connection)).count == 0


def test_every_job_of_the_queue_can_be_imported() -> None:
    for name in queue.JOBS:
        module, function = name.rsplit(".", 1)
        assert callable(getattr(importlib.import_module(module), function))


def test_two_ticks_make_one_night(world: World) -> None:
    feed = world.has_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    now = world.after_midnight(TUESDAY)
    world.printerpoint.it_is(now)

    for _ in range(2):
        with world.session() as session:
            due = nights.due_nights(session, now, world.settings.collect_at)
            session.commit()
        for night in due:
            queue.run_collection(world.settings, night.id)
    works_off(world.settings)

    with world.session() as session:
        count = select(func.count()).where(Collection.day == TUESDAY)
        assert session.scalar(count) == 1
    assert world.feed(feed).heard_on == TUESDAY
