"""The queue: names of jobs and how they are enqueued. The only module of webapp that uses RQ.

Jobs have ids and ISO dates as arguments, never secrets, because arguments and descriptions are
logged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job
from rq.worker import BaseWorker
from rq_scheduler import Scheduler

from webapp.settings import Settings

#: In the order of their priority: short periodic jobs, long collections, documents.
QUEUES = ("timetable", "collection", "documents")

ENQUEUE_DUE_COLLECTIONS = "jobs.schedule.enqueue_due_collections"
RUN_COLLECTION = "jobs.collection.run"
RUN_FEED = "jobs.collection.run_feed"
CHECK_SERVERS = "jobs.health.check_servers"
CHECK_SERVER = "jobs.health.check_server"
CLOSE_MONTHS = "jobs.month_end.close_due"
RENDER_CERTIFICATE = "jobs.month_end.render"
RECONCILE = "jobs.reconciliation.reconcile_due"
SEND_NOTIFICATIONS = "jobs.notifications.send_due"
#: All jobs; a test checks that each can be imported.
JOBS = (
    ENQUEUE_DUE_COLLECTIONS,
    RUN_COLLECTION,
    RUN_FEED,
    CHECK_SERVERS,
    CHECK_SERVER,
    CLOSE_MONTHS,
    RENDER_CERTIFICATE,
    RECONCILE,
    SEND_NOTIFICATIONS,
)

# RQ's own limit of 180 s is far too short for a night of thousands of customers.
_NIGHT_TIMEOUT = timedelta(hours=6)
_SHORT_TIMEOUT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class QueueStats:
    """A queue: its jobs by state, and when its oldest job was enqueued."""

    name: str
    waiting: int
    running: int
    failed: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class WorkerStats:
    """A worker: its state, its current job and its last heartbeat."""

    name: str
    state: str
    function: str | None
    ids: tuple[int, ...]
    last_heartbeat_at: datetime | None


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that failed, with the last line of its traceback."""

    id: str
    queue: str
    function: str
    ids: tuple[int, ...]
    failed_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """Queues, workers, latest failures; ``timetable``: when each function runs next."""

    queues: tuple[QueueStats, ...]
    workers: tuple[WorkerStats, ...]
    failures: tuple[Failure, ...]
    timetable: tuple[tuple[str, datetime], ...]


class QueueDown(Exception):
    """Redis is unavailable; stored work is enqueued later by the timetable."""


def connect(redis_url: str) -> Redis:
    """Return a connection pool to Redis; nothing is sent yet."""
    return Redis.from_url(redis_url, socket_connect_timeout=5, socket_keepalive=True)


@lru_cache(maxsize=4)
def _client(redis_url: str) -> Redis:
    """Return this process's connection pool, which takes longer to open than to use."""
    return connect(redis_url)


def run_collection(settings: Settings, collection_id: int) -> str:
    """Enqueue a collection; return the job's id. Raises QueueDown."""
    return _enqueue(settings, "collection", RUN_COLLECTION, collection_id, timeout=_NIGHT_TIMEOUT)


def run_feed(settings: Settings, collection_id: int, feed_id: int) -> str:
    """Enqueue the collection of one failed customer. Raises QueueDown.

    There is one job per customer and collection, however often it is enqueued.
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
    """Enqueue a health check of a server. Raises QueueDown."""
    return _enqueue(settings, "timetable", CHECK_SERVER, server_id)


def render_certificate(settings: Settings, certificate_id: int) -> str:
    """Enqueue the rendering of a certificate's document. Raises QueueDown."""
    return _enqueue(
        settings,
        "documents",
        RENDER_CERTIFICATE,
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
    """Whether Redis is available."""
    try:
        answer: Any = _client(settings.redis_url).ping()
    except (RedisError, OSError):
        return False
    return bool(answer)


def is_empty(settings: Settings, name: str) -> bool:
    """Return whether a queue has no waiting job, or does not exist. Raises QueueDown."""
    with _reaching_redis():
        return bool(Queue(name, connection=_client(settings.redis_url)).count == 0)


def worker_is_running(settings: Settings) -> bool:
    """Return whether there is a worker with a recent heartbeat. Raises QueueDown."""
    with _reaching_redis():
        return Worker.count(connection=_client(settings.redis_url)) > 0


def status(settings: Settings, failures: int = 20) -> QueueStatus:
    """Return queues, workers, the latest failures and the timetable. Raises QueueDown."""
    with _reaching_redis():
        connection = _client(settings.redis_url)
        queues = [Queue(name, connection=connection) for name in QUEUES]
        # Counting the running jobs turns abandoned ones into failures, which are read afterwards.
        stats = tuple(map(_queue_stats, queues))
        failed = [failure for queue in queues for failure in _failures(queue, failures)]
        failed.sort(key=lambda one: one.failed_at or datetime.min.replace(tzinfo=UTC), reverse=True)
        return QueueStatus(
            stats,
            tuple(map(_worker_stats, Worker.all(connection=connection))),
            tuple(failed[:failures]),
            tuple(
                (job.func_name or "", at.replace(tzinfo=UTC))
                for job, at in Scheduler(connection=connection).get_jobs(with_times=True)
            ),
        )


def _queue_stats(queue: Queue) -> QueueStats:
    running = queue.started_job_registry.count
    first = queue.get_jobs(0, 1)
    return QueueStats(
        queue.name,
        queue.count,
        running,
        queue.failed_job_registry.count,
        _aware(first[0].enqueued_at) if first else None,
    )


def _worker_stats(worker: BaseWorker) -> WorkerStats:
    job = worker.get_current_job()
    function, ids = (job.func_name, _ids(job)) if job else (None, ())
    return WorkerStats(
        worker.name, str(worker.get_state()), function, ids, _aware(worker.last_heartbeat)
    )


def _failures(queue: Queue, most: int) -> Iterator[Failure]:
    """Yield the latest failures of a queue."""
    ids = queue.failed_job_registry.get_job_ids(0, most - 1, desc=True)
    for job in Job.fetch_many(ids, connection=queue.connection):
        if job is None:
            continue
        result = job.latest_result()
        lines = [line for line in str((result and result.exc_string) or "").splitlines() if line]
        error = next((line for line in reversed(lines) if not line.startswith(" ")), "")
        ended = _aware(result.created_at if result else job.ended_at)
        yield Failure(job.id, queue.name, job.func_name or "", _ids(job), ended, error)


def _ids(job: Job) -> tuple[int, ...]:
    """Return the arguments of a job: ids of rows, and nothing else."""
    return tuple(each for each in job.args or () if isinstance(each, int))


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
