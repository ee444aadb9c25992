"""The timetable with a real scheduler process, and failures of Redis."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from redis import Redis
from rq import Queue
from rq.job import Job

from jobs.schedule import POLL_SECONDS, TIMETABLE, Timetable, reconcile
from tests.environment.redis_server import RedisServer
from tests.jobs.processes import eventually, scheduler
from webapp import queue
from webapp.settings import Settings

ENTRIES = {entry.id for entry in TIMETABLE}


@pytest.fixture
def timetable(redis_connection: Redis) -> Timetable:
    """The timetable on an empty Redis."""
    return Timetable(queue_name="timetable", connection=redis_connection, interval=1)


def scheduled_jobs(timetable: Timetable) -> set[str]:
    """The entries that stand in it."""
    return {job.id for job in timetable.get_jobs()}


def in_line(timetable: Timetable) -> list[str]:
    """The jobs that wait for a worker."""
    return sorted(Queue("timetable", connection=timetable.connection).get_job_ids())


def is_enqueued_and_scheduled(timetable: Timetable) -> bool:
    """Whether every entry waits for a worker, and is scheduled again."""
    return in_line(timetable) == sorted(ENTRIES) and scheduled_jobs(timetable) == ENTRIES


def falls_due(timetable: Timetable) -> None:
    """Make every entry due."""
    due = dict.fromkeys(ENTRIES, 0)
    timetable.connection.zadd(timetable.scheduled_jobs_key, due)


def test_a_scheduler_enqueues_the_timetable_and_restores_it_after_a_flush(
    config: Settings, redis_server: RedisServer, timetable: Timetable
) -> None:
    with scheduler(replace(config, redis_url=redis_server.url)):
        eventually(lambda: is_enqueued_and_scheduled(timetable))
        redis_server.flush()
        eventually(lambda: is_enqueued_and_scheduled(timetable))


def test_a_killed_scheduler_delays_the_others_by_seconds(
    timetable: Timetable,
) -> None:
    killed = Timetable(
        queue_name="timetable", connection=timetable.connection, interval=POLL_SECONDS
    )
    killed.acquire_lock()

    held_up = timetable.connection.ttl(timetable.scheduler_lock_key)

    assert not timetable.acquire_lock()
    assert 0 < held_up + POLL_SECONDS < 60


def test_the_timetable_is_restored_after_redis_was_flushed(timetable: Timetable) -> None:
    first = reconcile(timetable)
    again = reconcile(timetable)
    timetable.connection.flushall()
    restored = reconcile(timetable)

    assert (first, again, restored) == (len(TIMETABLE), 0, len(TIMETABLE))
    assert scheduled_jobs(timetable) == ENTRIES


def test_an_entry_that_was_lost_or_changed_is_restored_alone(timetable: Timetable) -> None:
    reconcile(timetable)
    timetable.connection.delete(Job.key_for(TIMETABLE[0].id))
    timetable.schedule(
        scheduled_time=datetime(2026, 10, 5, 12, tzinfo=UTC),
        func="jobs.schedule.enqueue_due_collections",
        interval=5,
        id="an-old-entry",
    )

    restored = reconcile(timetable)

    assert restored == 2
    assert scheduled_jobs(timetable) == ENTRIES


def test_an_entry_is_enqueued_at_every_interval(timetable: Timetable) -> None:
    timetable.enqueue_jobs()
    timetable.connection.delete("rq:queue:timetable")  # a worker has taken all
    reconcile(timetable)
    falls_due(timetable)

    timetable.enqueue_jobs()

    assert in_line(timetable) == sorted(ENTRIES)
    assert scheduled_jobs(timetable) == ENTRIES


def test_an_entry_is_enqueued_once_however_long_the_workers_are_busy(
    timetable: Timetable,
) -> None:
    for _ in range(3):
        reconcile(timetable)
        falls_due(timetable)
        timetable.enqueue_jobs()

    assert in_line(timetable) == sorted(ENTRIES)
    assert scheduled_jobs(timetable) == ENTRIES
    assert timetable.count(datetime.fromtimestamp(0, UTC)) == 0


def test_every_job_of_the_timetable_is_a_job_of_the_queue() -> None:
    assert {entry.function for entry in TIMETABLE} <= set(queue.JOBS)
