"""The queue: names of jobs and how they are put in line. The one place in webapp that knows RQ.

Jobs carry ids and ISO dates only, never anything secret: arguments and descriptions are logged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.job import Job

from webapp.settings import Settings

#: In the order in which a worker looks: the timetable is short, nights are long, documents wait.
QUEUES = ("timetable", "collection", "documents")

TICK = "jobs.schedule.tick"
RUN_COLLECTION = "jobs.collection.run"
RUN_FEED = "jobs.collection.run_feed"
CHECK_SERVERS = "jobs.health.check_servers"
CHECK_SERVER = "jobs.health.check_server"
CLOSE_MONTHS = "jobs.month_end.close_due"
DRAW_CERTIFICATE = "jobs.month_end.draw"
RECONCILE = "jobs.reconciliation.reconcile_due"
SEND_NOTICES = "jobs.notices.send_due"
#: Every job there is; a test holds that each of them can be imported.
JOBS = (
    TICK,
    RUN_COLLECTION,
    RUN_FEED,
    CHECK_SERVERS,
    CHECK_SERVER,
    CLOSE_MONTHS,
    DRAW_CERTIFICATE,
    RECONCILE,
    SEND_NOTICES,
)

# RQ's own limit of 180 s is far too short for a night of thousands of customers.
_NIGHT_TIMEOUT = timedelta(hours=6)
_SHORT_TIMEOUT = timedelta(minutes=15)


class QueueDown(Exception):
    """Redis cannot be reached; what was saved stays and the timetable will take it up."""


def connect(redis_url: str) -> Redis:
    """A connection pool to Redis; nothing is sent yet."""
    return Redis.from_url(redis_url, socket_connect_timeout=5, socket_keepalive=True)


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
        job: Job = Queue(queue, connection=connect(settings.redis_url)).enqueue_call(
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
        answer: Any = connect(settings.redis_url).ping()
    except (RedisError, OSError):
        return False
    return bool(answer)


def worker_is_running(settings: Settings) -> bool:
    """Whether any worker has reported lately. Raises QueueDown."""
    with _reaching_redis():
        return Worker.count(connection=connect(settings.redis_url)) > 0
