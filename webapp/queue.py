"""The queue: names of jobs and how they are enqueued.

Only this module and ``queue_status`` use RQ in webapp.

Jobs have ids and ISO dates as arguments, never secrets, because arguments and descriptions are
logged.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job

from webapp import logs
from webapp.settings import Settings

#: In the order of their priority: short periodic jobs, long collections, documents.
QUEUES = ("timetable", "collection", "documents")

ENQUEUE_DUE_COLLECTIONS = "jobs.schedule.enqueue_due_collections"
RUN_COLLECTION = "jobs.collection.run"
RUN_FEED = "jobs.collection.run_feed"
CHECK_SERVERS = "jobs.health.check_servers"
CHECK_SERVER = "jobs.health.check_server"
CHAIN_AUDIT_ENTRIES = "jobs.audit.chain_entries"
CLOSE_MONTHS = "jobs.month_end.close_due"
RENDER_CERTIFICATES = "jobs.month_end.render_batch"
RECONCILE = "jobs.reconciliation.reconcile_due"
RESOLVE_FAILURES = "jobs.failures.resolve_done"
SEND_NOTIFICATIONS = "jobs.notifications.send_due"
#: All jobs; a test checks that each can be imported.
JOBS = (
    ENQUEUE_DUE_COLLECTIONS,
    RUN_COLLECTION,
    RUN_FEED,
    CHECK_SERVERS,
    CHECK_SERVER,
    CHAIN_AUDIT_ENTRIES,
    CLOSE_MONTHS,
    RENDER_CERTIFICATES,
    RECONCILE,
    RESOLVE_FAILURES,
    SEND_NOTIFICATIONS,
)

# RQ's own limit of 180 s is far too short for a night of thousands of customers.
_NIGHT_TIMEOUT = timedelta(hours=6)
_SHORT_TIMEOUT = timedelta(minutes=15)


class QueueDown(Exception):
    """Redis is unavailable; stored work is enqueued later by the timetable."""


def connect(redis_url: str) -> Redis:
    """Return a client of Redis; it connects at its first command."""
    return Redis.from_url(redis_url, socket_connect_timeout=5, socket_keepalive=True)


@lru_cache(maxsize=4)
def client(redis_url: str) -> Redis:
    """Return this process's client of Redis, which reuses its open connections."""
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


def render_certificates(settings: Settings, batches: Iterable[tuple[int, int]]) -> None:
    """Enqueue the rendering of certificates, a job for each range of ids. Raises QueueDown.

    A range that is enqueued or being rendered is not enqueued again.
    """
    with reaching_redis():
        documents = Queue("documents", connection=client(settings.redis_url))
        pending = {*documents.get_job_ids(), *documents.started_job_registry.get_job_ids()}
    for first, last in batches:
        job_id = f"certificates-{first}-{last}"
        if job_id not in pending:
            _enqueue(settings, "documents", RENDER_CERTIFICATES, first, last, job_id=job_id)


def _enqueue(
    settings: Settings,
    queue: str,
    function: str,
    *ids: int,
    timeout: timedelta = _SHORT_TIMEOUT,
    job_id: str | None = None,
) -> str:
    words = " ".join(str(number) for number in ids)
    with reaching_redis():
        job: Job = Queue(queue, connection=client(settings.redis_url)).enqueue_call(
            function,
            args=ids,
            timeout=int(timeout.total_seconds()),
            result_ttl=int(timedelta(days=1).total_seconds()),
            failure_ttl=int(timedelta(days=90).total_seconds()),
            job_id=job_id,
            description=f"{function} {words}",
            meta={"request_id": logs.request_id.get()},
        )
    return str(job.id)


@contextmanager
def reaching_redis() -> Iterator[None]:
    """Raise QueueDown when Redis fails in the block."""
    try:
        yield
    except (RedisError, OSError) as error:
        raise QueueDown(f"Redis cannot be reached ({type(error).__name__})") from error


def reachable(settings: Settings) -> bool:
    """Whether Redis is available."""
    try:
        answer: Any = client(settings.redis_url).ping()
    except (RedisError, OSError):
        return False
    return bool(answer)


def is_empty(settings: Settings, name: str) -> bool:
    """Return whether a queue has no waiting job, or does not exist. Raises QueueDown."""
    with reaching_redis():
        return bool(Queue(name, connection=client(settings.redis_url)).count == 0)


def worker_is_running(settings: Settings) -> bool:
    """Return whether there is a worker with a recent heartbeat. Raises QueueDown."""
    with reaching_redis():
        return Worker.count(connection=client(settings.redis_url)) > 0
