"""Failed jobs: requeued by operations, and resolved when their work has been done."""

from datetime import timedelta

import pytest
from redis import Redis
from rq import Queue, SimpleWorker
from rq.exceptions import InvalidJobOperation
from rq.job import Job, requeue_job
from sqlalchemy import update

from jobs import failures, runtime, schedule
from tests.environment.redis_server import RedisServer
from tests.jobs.processes import request_collection
from tests.queries import counted
from tests.world import World
from webapp import clock, queue, queue_status
from webapp.domain.reasons import reason
from webapp.models import Collection, Server
from webapp.queue_status import Failure


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Jobs of this process run in the application of the test."""
    monkeypatch.setattr(runtime, "get_app", world.app_of_jobs)
    return world


def run_queued_jobs(world: World) -> None:
    """Run the jobs that are enqueued."""
    with queue.connect(world.settings.redis_url) as connection:
        SimpleWorker(queue.QUEUES, connection=connection).work(burst=True)


@pytest.fixture
def broken_feed(world: World) -> int:
    """A customer whose job has failed."""
    feed = world.create_feed("Aardvark", "AAR", S1=100)
    world.break_feed(feed)
    queue.run_collection(world.settings, request_collection(world))
    run_queued_jobs(world)
    return feed


def failed(world: World) -> list[Failure]:
    """The failed jobs, the latest first."""
    return list(queue_status.failures(world.settings, 100))


def resolved(world: World) -> list[tuple[str, tuple[int, ...]]]:
    """What is listed as resolved: functions and their arguments."""
    status = queue_status.status(world.settings)
    assert all(failure.resolved_at for failure in status.resolved)
    return [(failure.function, failure.ids) for failure in status.resolved]


def test_a_failed_job_is_requeued_twice_and_leaves_the_registry_when_it_succeeds(
    world: World, broken_feed: int, redis_connection: Redis
) -> None:
    (first,) = failed(world)
    requeue_job(first.id, connection=redis_connection)
    run_queued_jobs(world)
    (second,) = failed(world)
    failures.resolve_done()
    unresolved = failed(world)
    world.repair_feed(broken_feed)
    requeue_job(first.id, connection=redis_connection)
    run_queued_jobs(world)

    assert first.id == second.id == unresolved[0].id
    assert first.failed_at != second.failed_at
    assert failed(world) == []
    assert resolved(world) == []
    with pytest.raises(InvalidJobOperation):
        requeue_job(first.id, connection=redis_connection)


def test_a_collection_whose_token_cannot_be_decrypted_gives_a_reason_in_plain_words(
    world: World,
) -> None:
    world.create_feed("Aardvark", "AAR", S1=100)
    collection_id = request_collection(world)
    with world.session() as session:
        session.execute(update(Server).values(encrypted_token=b"spoiled"))
        session.commit()

    queue.run_collection(world.settings, collection_id)
    run_queued_jobs(world)

    with world.session() as session:
        aborted = session.get_one(Collection, collection_id)
        assert aborted.state == "failed"
        assert aborted.reason == reason("unreadable_token")
    assert "DecryptionError" in failed(world)[0].error


def test_a_customer_that_a_later_collection_has_read_is_resolved(
    world: World, broken_feed: int
) -> None:
    (job,) = failed(world)
    world.repair_feed(broken_feed)
    queue.run_collection(world.settings, request_collection(world))
    run_queued_jobs(world)
    with counted() as statements:
        failures.resolve_done()

    assert "BEGIN IMMEDIATE" not in statements
    assert failed(world) == []
    assert resolved(world) == [(queue.RUN_FEED, job.ids)]


def test_a_killed_collection_is_resolved_when_another_job_has_continued_it(
    world: World, redis_connection: Redis
) -> None:
    world.create_feed("Aardvark", "AAR", S1=100)
    collection_id = request_collection(world)
    killed = queue.run_collection(world.settings, collection_id)
    line = Queue("collection", connection=redis_connection)
    line.remove(killed)
    job = Job.fetch(killed, connection=redis_connection)
    line.failed_job_registry.add(job, exc_string="Work-horse terminated unexpectedly")
    failures.resolve_done()
    unresolved = failed(world)
    queue.run_collection(world.settings, collection_id)
    run_queued_jobs(world)
    failures.resolve_done()

    assert [failure.id for failure in unresolved] == [killed]
    assert failed(world) == []
    assert resolved(world) == [(queue.RUN_COLLECTION, (collection_id,))]


def test_a_job_of_the_timetable_is_resolved_when_it_has_succeeded(
    world: World, redis_connection: Redis
) -> None:
    timetable = Queue("timetable", connection=redis_connection)
    timetable.enqueue("jobs.nothing.at_all", job_id="timetable-collections")
    run_queued_jobs(world)
    failures.resolve_done()
    unresolved = failed(world)
    timetable.enqueue(queue.ENQUEUE_DUE_COLLECTIONS, job_id="timetable-collections")
    run_queued_jobs(world)
    failures.resolve_done()

    assert [failure.id for failure in unresolved] == ["timetable-collections"]
    assert failed(world) == []
    assert [function for function, _ in resolved(world)] == [queue.ENQUEUE_DUE_COLLECTIONS]


def test_a_failed_job_whose_record_has_expired_is_removed(
    world: World, broken_feed: int, redis_connection: Redis
) -> None:
    (job,) = failed(world)
    redis_connection.delete(Job.key_for(job.id))

    assert failed(world) == []
    assert Queue("collection", connection=redis_connection).failed_job_registry.count == 0


def test_a_job_that_was_requeued_meanwhile_is_not_listed_as_resolved(
    world: World, broken_feed: int, redis_connection: Redis
) -> None:
    (job,) = failed(world)
    requeue_job(job.id, connection=redis_connection)

    queue_status.resolve(world.settings, [job], clock.now())

    assert resolved(world) == []


def test_collections_that_could_not_be_enqueued_are_enqueued_by_the_next_run(
    world: World, redis_server: RedisServer, redis_connection: Redis
) -> None:
    world.create_feed("Aardvark", "AAR", S1=100)
    redis_server.kill()
    with pytest.raises(queue.QueueDown):
        schedule.enqueue_due_collections()
    redis_server.restart()

    again = [schedule.enqueue_due_collections() for _ in range(2)]

    assert again == ["1 collections enqueued", "0 collections enqueued"]
    assert Queue("collection", connection=redis_connection).count == 1


def test_collections_whose_jobs_were_lost_with_redis_are_enqueued_soon(
    world: World, redis_connection: Redis
) -> None:
    world.create_feed("Aardvark", "AAR", S1=100)
    line = Queue("collection", connection=redis_connection)
    results = [schedule.enqueue_due_collections()]
    age_queued_collections(world)
    results.append(schedule.enqueue_due_collections())
    redis_connection.flushall()
    results.append(schedule.enqueue_due_collections())

    assert results == [
        "1 collections enqueued",
        "0 collections enqueued",  # it waits in the queue
        "1 collections enqueued",
    ]
    assert line.count == 1


def age_queued_collections(world: World) -> None:
    """Let the collections have been enqueued a minute ago."""
    with world.session() as session:
        session.execute(update(Collection).values(alive_at=clock.now() - timedelta(minutes=1)))
        session.commit()


def test_the_latest_twenty_are_listed_as_resolved(world: World, redis_connection: Redis) -> None:
    line = Queue("collection", connection=redis_connection)
    for number in range(25):
        line.failed_job_registry.add(line.enqueue("jobs.nothing.at_all", number))

    queue_status.resolve(world.settings, failed(world), clock.now())

    assert line.failed_job_registry.count == 0
    assert len(resolved(world)) == 20
