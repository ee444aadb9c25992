"""Real worker processes on a real Redis-compatible server, one of them killed at work."""

import importlib
from datetime import date, datetime, timedelta

from rq import Queue
from rq.job import Job
from rq.registry import FailedJobRegistry
from sqlalchemy import func, select, update

from tests.jobs.processes import (
    eventually,
    kill_group,
    outcomes,
    request_collection,
    run_queued_jobs,
    state,
    worker,
    yesterday,
)
from tests.world import World
from webapp import clock, queue
from webapp.models import Collection
from webapp.services.collection import scheduling


def ready_for_yesterday(world: World) -> date:
    """The feeds get a first reading of the day before; returns yesterday, which has begun."""
    day = yesterday(world)
    world.night(day - timedelta(days=1))
    return day


def day_ends(world: World, day: date) -> datetime:
    """It is past midnight for Printerpoint too."""
    now = world.after_midnight(day)
    world.printerpoint.set_time(now)
    return now


def test_a_worker_process_runs_enqueued_collections(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    day = ready_for_yesterday(world)
    world.printerpoint.print_pages("S1", 9)
    day_ends(world, day)
    collection_id = request_collection(world)

    queue.run_collection(world.settings, collection_id)
    run_queued_jobs(world.settings)

    assert state(world, collection_id) == "finished"
    assert world.deposits(feed) == {day: 9}


def test_a_worker_killed_in_mid_collection_loses_and_doubles_no_page(world: World) -> None:
    feeds = [world.create_feed(f"Customer {n:03}", f"C{n}", **{f"S{n}": 100}) for n in range(120)]
    day = ready_for_yesterday(world)
    for n in range(120):
        world.printerpoint.print_pages(f"S{n}", n + 1)
    day_ends(world, day)
    collection_id = request_collection(world)

    queue.run_collection(world.settings, collection_id)
    with worker(world.settings) as process:
        eventually(lambda: outcomes(world, collection_id) > 3)
        kill_group(process)
    done = outcomes(world, collection_id)
    with world.session() as session:
        # The heartbeat of a killed worker is stale a little later; then it can be claimed.
        session.execute(update(Collection).values(alive_at=clock.now() - timedelta(minutes=2)))
        session.commit()
    queue.run_collection(world.settings, collection_id)
    run_queued_jobs(world.settings)

    assert 3 < done < 120
    assert state(world, collection_id) == "finished"
    assert [world.deposits(feed) for feed in feeds] == [{day: n + 1} for n in range(120)]


def test_a_failed_customer_is_a_failed_job_of_its_own_that_can_be_requeued(world: World) -> None:
    broken = world.create_feed("Aardvark", "AAR", S1=100)
    sound = world.create_feed("Zebra", "ZEB", S2=100)
    day = ready_for_yesterday(world)
    world.printerpoint.print_pages("S1", 5)
    world.printerpoint.print_pages("S2", 7)
    world.break_feed(broken)
    day_ends(world, day)
    collection_id = request_collection(world)
    connection = queue.connect(world.settings.redis_url)

    queue.run_collection(world.settings, collection_id)
    run_queued_jobs(world.settings)
    registry = FailedJobRegistry(queue=Queue("collection", connection=connection))
    failed = registry.get_job_ids()
    went_on = world.deposits(sound)
    world.repair_feed(broken)
    Job.fetch(failed[0], connection=connection).requeue()
    run_queued_jobs(world.settings)

    assert failed == [f"collection-{collection_id}-feed-{broken}"]
    assert went_on == {day: 7}
    assert world.deposits(broken) == {day: 5}
    assert registry.get_job_ids() == []


def test_an_unreachable_server_pauses_its_collection_and_fails_no_job(world: World) -> None:
    world.create_feed("Clinic", "CLI", S1=100)
    day = ready_for_yesterday(world)
    world.printerpoint.refuse()
    day_ends(world, day)
    collection_id = request_collection(world)
    connection = queue.connect(world.settings.redis_url)

    queue.run_collection(world.settings, collection_id)
    run_queued_jobs(world.settings)

    assert state(world, collection_id) == "failed"
    assert world.server().health == "unhealthy"
    assert FailedJobRegistry(queue=Queue("collection", connection=connection)).count == 0


def test_every_job_of_the_queue_can_be_imported() -> None:
    for name in queue.JOBS:
        module, function = name.rsplit(".", 1)
        assert callable(getattr(importlib.import_module(module), function))


def test_two_runs_of_the_timetable_create_one_collection(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    day = ready_for_yesterday(world)
    now = day_ends(world, day)

    for _ in range(2):
        with world.session() as session:
            due = scheduling.due_scheduled_runs(session, now, world.settings.collect_at)
            session.commit()
        for night in due:
            queue.run_collection(world.settings, night.id)
    run_queued_jobs(world.settings)

    with world.session() as session:
        count = select(func.count()).where(Collection.day == day)
        assert session.scalar(count) == 1
    assert world.feed(feed).last_data_on == day
