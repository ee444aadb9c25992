"""The queue: names of jobs and how they are put in line. The one place in webapp that knows RQ.

Jobs carry ids and ISO dates only, never anything secret: arguments and descriptions are logged.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job
from rq.utils import as_text, current_timestamp
from rq.worker import BaseWorker
from rq_scheduler import Scheduler

from webapp.settings import Settings

#: In the order in which a worker looks: the timetable is short, nights are long, documents wait.
QUEUES = ("timetable", "collection", "documents")

ENQUEUE_DUE_COLLECTIONS = "jobs.schedule.enqueue_due_collections"
RUN_COLLECTION = "jobs.collection.run"
RUN_FEED = "jobs.collection.run_feed"
CHECK_SERVERS = "jobs.health.check_servers"
CHECK_SERVER = "jobs.health.check_server"
CLOSE_MONTHS = "jobs.month_end.close_due"
DRAW_CERTIFICATE = "jobs.month_end.draw"
RECONCILE = "jobs.reconciliation.reconcile_due"
SEND_NOTIFICATIONS = "jobs.notifications.send_due"
#: Every job there is; a test holds that each of them can be imported.
JOBS = (
    ENQUEUE_DUE_COLLECTIONS,
    RUN_COLLECTION,
    RUN_FEED,
    CHECK_SERVERS,
    CHECK_SERVER,
    CLOSE_MONTHS,
    DRAW_CERTIFICATE,
    RECONCILE,
    SEND_NOTIFICATIONS,
)

# RQ's own limit of 180 s is far too short for a night of thousands of customers.
_NIGHT_TIMEOUT = timedelta(hours=6)
_SHORT_TIMEOUT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Line:
    """A queue: jobs by state, and since when the first one waits."""

    name: str
    waiting: int
    running: int
    failed: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Hand:
    """A worker: what it does, and when it was last heard of."""

    name: str
    state: str
    function: str | None
    ids: tuple[int, ...]
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that failed: what it was, and the last line of what it died of."""

    id: str
    queue: str
    function: str
    ids: tuple[int, ...]
    failed_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How the queue stands. ``timetable``: what runs next, by function."""

    lines: tuple[Line, ...]
    hands: tuple[Hand, ...]
    failures: tuple[Failure, ...]
    timetable: tuple[tuple[str, datetime], ...]


class QueueDown(Exception):
    """Redis cannot be reached; what was saved stays and the timetable will take it up."""


def connect(redis_url: str) -> Redis:
    """A connection pool to Redis; nothing is sent yet."""
    return Redis.from_url(redis_url, socket_connect_timeout=5, socket_keepalive=True)


@lru_cache(maxsize=4)
def _client(redis_url: str) -> Redis:
    """The connections of this process: to make one takes longer than to ask. It may be forked."""
    return connect(redis_url)


def run_collection(settings: Settings, collection_id: int) -> str:
    """Put a collection in line; returns the job's id. Raises QueueDown."""
    return _enqueue(settings, "collection", RUN_COLLECTION, collection_id, timeout=_NIGHT_TIMEOUT)


def run_feed(settings: Settings, collection_id: int, feed_id: int) -> str:
    """A failed customer of a collection becomes a job of its own. Raises QueueDown.

    One job for a customer and collection, however often it is asked for.
    """
    return _enqueue(
        settings,
        "collection",
        RUN_FEED,
        collection_id,
        feed_id,
        job_id=f"collection-{collection_id}-feed-{feed_id}",
    )


def check_server(settings: Settings, server_id: int) -> str:
    """Check a server's health soon. Raises QueueDown."""
    return _enqueue(settings, "timetable", CHECK_SERVER, server_id)


def draw_certificate(settings: Settings, certificate_id: int) -> str:
    """Render the document of a certificate. Raises QueueDown."""
    return _enqueue(
        settings,
        "documents",
        DRAW_CERTIFICATE,
        certificate_id,
        job_id=f"certificate-{certificate_id}",
    )


def _enqueue(
    settings: Settings,
    queue: str,
    function: str,
    *ids: int,
    timeout: timedelta = _SHORT_TIMEOUT,
    job_id: str | None = None,
) -> str:
    words = " ".join(str(number) for number in ids)
    with _reaching_redis():
        job: Job = Queue(queue, connection=_client(settings.redis_url)).enqueue_call(
            function,
            args=ids,
            timeout=int(timeout.total_seconds()),
            result_ttl=int(timedelta(days=1).total_seconds()),
            failure_ttl=int(timedelta(days=90).total_seconds()),
            job_id=job_id,
            description=f"{function} {words}",
        )
    return str(job.id)


@contextmanager
def _reaching_redis() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise QueueDown(f"Redis cannot be reached ({type(error).__name__})") from error


def reachable(settings: Settings) -> bool:
    """Whether Redis answers."""
    try:
        answer: Any = _client(settings.redis_url).ping()
    except (RedisError, OSError):
        return False
    return bool(answer)


def worker_is_running(settings: Settings) -> bool:
    """Whether any worker has reported lately. Raises QueueDown."""
    with _reaching_redis():
        return Worker.count(connection=_client(settings.redis_url)) > 0


def standing(settings: Settings, failures: int = 20) -> Standing:
    """Lines, workers, the latest failures and the timetable. Raises QueueDown."""
    with _reaching_redis():
        connection = _client(settings.redis_url)
        counts, workers, timetable = _counts(connection, failures)
        if any(told.abandoned for told in counts):
            # What a worker has left behind becomes a failure by being looked for.
            for told in counts:
                told.queue.started_job_registry.cleanup()
            counts, workers, timetable = _counts(connection, failures)
        failed = [failure for told in counts for failure in _failures(told)]
        failed.sort(key=lambda one: one.failed_at or datetime.min.replace(tzinfo=UTC), reverse=True)
        return Standing(
            tuple(map(_line, counts)),
            tuple(_hand(worker) for worker in Worker.all(connection=connection)) if workers else (),
            tuple(failed[:failures]),
            tuple(_timetable(connection, timetable)),
        )


@dataclass(frozen=True, slots=True)
class _Counts:
    """What Redis tells of a queue: jobs by state, and the ids of those that failed last.

    ``abandoned``: of those that run, those whose worker has not been heard of for too long.
    """

    queue: Queue
    waiting: int
    abandoned: int
    running: int
    failed: int
    failed_ids: list[str]


def _counts(
    connection: Redis, failures: int
) -> tuple[list[_Counts], int, list[tuple[bytes, float]]]:
    """All of it in one question; and how many workers there are, which jobs are due and when."""
    named = _named(connection)
    with connection.pipeline(transaction=False) as asked:
        for queue, running, failed in named:
            asked.llen(queue.key)
            asked.zrange(running, 0, -1, withscores=True)  # no more than there are workers
            asked.zcard(failed)
            asked.zrange(failed, 0, failures - 1, desc=True)
        asked.scard(Worker.redis_workers_keys)
        asked.zrange(Scheduler.scheduled_jobs_key, 0, -1, withscores=True)
        told: list[Any] = asked.execute()
    found = []
    for queue, *_ in named:
        waiting, running, failed, ids = told[:4]
        del told[:4]
        abandoned = sum(until <= current_timestamp() for _, until in running)
        texts = [as_text(each) for each in ids]
        found.append(_Counts(queue, waiting, abandoned, len(running), failed, texts))
    workers, timetable = told
    return found, workers, timetable


@lru_cache(maxsize=4)
def _named(connection: Redis) -> list[tuple[Queue, str, str]]:
    """The queues, and what those of their jobs are called that run and that failed."""
    queues = [Queue(name, connection=connection) for name in QUEUES]
    return [(one, one.started_job_registry.key, one.failed_job_registry.key) for one in queues]


def _line(told: _Counts) -> Line:
    first = told.queue.get_jobs(0, 1) if told.waiting else []
    oldest = _aware(first[0].enqueued_at) if first else None
    return Line(told.queue.name, told.waiting, told.running, told.failed, oldest)


def _hand(worker: BaseWorker) -> Hand:
    job = worker.get_current_job()
    function, ids = (job.func_name, _ids(job)) if job else (None, ())
    return Hand(worker.name, str(worker.get_state()), function, ids, _aware(worker.last_heartbeat))


def _failures(told: _Counts) -> Iterator[Failure]:
    queue = told.queue
    for job in Job.fetch_many(told.failed_ids, connection=queue.connection):
        if job is None:
            continue
        result = job.latest_result()
        lines = [line for line in str((result and result.exc_string) or "").splitlines() if line]
        error = next((line for line in reversed(lines) if not line.startswith(" ")), "")
        ended = _aware(result.created_at if result else job.ended_at)
        yield Failure(job.id, queue.name, job.func_name or "", _ids(job), ended, error)


def _timetable(
    connection: Redis, due: Sequence[tuple[bytes, float]]
) -> Iterator[tuple[str, datetime]]:
    """What is due and when. A job that is gone is left to the scheduler, which takes it out."""
    jobs = Job.fetch_many([as_text(job_id) for job_id, _ in due], connection=connection)
    for job, (_, at) in zip(jobs, due, strict=True):
        if job is not None:
            yield job.func_name or "", datetime.fromtimestamp(at, UTC)


def _ids(job: Job) -> tuple[int, ...]:
    """What the job was asked for: ids of rows, and nothing else."""
    return tuple(each for each in job.args or () if isinstance(each, int))


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
