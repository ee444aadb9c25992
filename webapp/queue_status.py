"""The state of the queue, for operations: queues, workers, failed and resolved jobs, timetable.

Failed jobs can be requeued, deleted and resolved here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec
from redis import Redis
from rq import Queue, Worker
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.results import Result
from rq.worker import BaseWorker
from rq_scheduler import Scheduler

from webapp.errors import NotFound
from webapp.queue import QUEUES, client, reaching_redis
from webapp.settings import Settings

#: The Redis list of the failures resolved last, the latest first.
_RESOLVED = "releaf:resolved"
_MOST_RESOLVED = 20


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
    """A job that failed, with the last line of its traceback.

    ``succeeded``: the job has run again since, with success. ``resolved_at``: when it was found
    that its work has been done; None for one that is still listed in RQ's registry.
    """

    id: str
    queue: str
    function: str
    ids: tuple[int, ...]
    failed_at: datetime | None
    error: str
    succeeded: bool = False
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """Queues, workers, latest failures; ``timetable``: when each function runs next."""

    queues: tuple[QueueStats, ...]
    workers: tuple[WorkerStats, ...]
    failures: tuple[Failure, ...]
    resolved: tuple[Failure, ...]
    timetable: tuple[tuple[str, datetime], ...]


def status(settings: Settings, most: int = 20) -> QueueStatus:
    """Return queues, workers, the latest failures and the timetable. Raises QueueDown."""
    with reaching_redis():
        connection = client(settings.redis_url)
        # Counting the running jobs turns abandoned ones into failures, which are read afterwards.
        stats = tuple(_queue_stats(Queue(name, connection=connection)) for name in QUEUES)
        return QueueStatus(
            stats,
            tuple(map(_worker_stats, Worker.all(connection=connection))),
            failures(settings, most),
            _resolved(connection),
            tuple(
                (job.func_name or "", at.replace(tzinfo=UTC))
                for job, at in Scheduler(connection=connection).get_jobs(with_times=True)
            ),
        )


def failures(settings: Settings, most: int) -> tuple[Failure, ...]:
    """Return the latest failed jobs of all queues. Raises QueueDown."""
    with reaching_redis():
        connection = client(settings.redis_url)
        queues = [Queue(name, connection=connection) for name in QUEUES]
        failed = [failure for queue in queues for failure in _failures(queue, most)]
    failed.sort(key=lambda one: one.failed_at or datetime.min.replace(tzinfo=UTC), reverse=True)
    return tuple(failed[:most])


def failure(settings: Settings, job_id: str) -> Failure:
    """Return a failed job. Raises NotFound if it is none any more, QueueDown."""
    with reaching_redis():
        registry, job = _find_failed(settings, job_id)
        return _failure(registry.name, job)


def requeue(settings: Settings, job_id: str) -> None:
    """Enqueue a failed job again. Raises NotFound if it is none any more, QueueDown."""
    with reaching_redis():
        registry, job = _find_failed(settings, job_id)
        try:
            registry.requeue(job)
        except InvalidJobOperation as error:  # another user was faster
            raise NotFound(f"the failed job {job_id}") from error


def delete(settings: Settings, job_id: str) -> None:
    """Delete a failed job with its results. Raises NotFound if it is none any more, QueueDown."""
    with reaching_redis():
        _find_failed(settings, job_id)[1].delete()


def _find_failed(settings: Settings, job_id: str) -> tuple[FailedJobRegistry, Job]:
    connection = client(settings.redis_url)
    for name in QUEUES:
        registry = Queue(name, connection=connection).failed_job_registry
        if job_id in registry:
            try:
                return registry, Job.fetch(job_id, connection=connection)
            except NoSuchJobError:
                break
    raise NotFound(f"the failed job {job_id}")


def resolve(settings: Settings, done: Sequence[Failure], now: datetime) -> None:
    """Remove failed jobs whose work has been done since from RQ's registry, and list them.

    Raises QueueDown.
    """
    with reaching_redis():
        connection = client(settings.redis_url)
        for failure in done:
            registry = Queue(failure.queue, connection=connection).failed_job_registry
            if registry.remove(failure.id):  # unless it was requeued meanwhile
                resolved = replace(failure, resolved_at=now)
                connection.lpush(_RESOLVED, msgspec.json.encode(resolved))
        connection.ltrim(_RESOLVED, 0, _MOST_RESOLVED - 1)


def _resolved(connection: Redis) -> tuple[Failure, ...]:
    entries = connection.lrange(_RESOLVED, 0, -1)
    return tuple(msgspec.json.decode(entry, type=Failure) for entry in entries)


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
    """Yield the latest failures of a queue; remove entries whose job no longer exists."""
    registry = queue.failed_job_registry
    ids = registry.get_job_ids(0, most - 1, desc=True)
    jobs = Job.fetch_many(ids, connection=queue.connection)
    for job_id, job in zip(ids, jobs, strict=True):
        if job is None:
            # A later run with the same id succeeded, and its record has expired.
            registry.remove(job_id)
            continue
        yield _failure(queue.name, job)


def _failure(queue: str, job: Job) -> Failure:
    results = job.results()
    failed = next((one for one in results if one.type is Result.Type.FAILED), None)
    lines = [line for line in str((failed and failed.exc_string) or "").splitlines() if line]
    return Failure(
        job.id,
        queue,
        job.func_name or "",
        _ids(job),
        _aware(failed.created_at if failed else job.ended_at),
        next((line for line in reversed(lines) if not line.startswith(" ")), ""),
        succeeded=bool(results) and results[0].type is Result.Type.SUCCESSFUL,
    )


def _ids(job: Job) -> tuple[int, ...]:
    """Return the arguments of a job: ids of rows, and nothing else."""
    return tuple(each for each in job.args or () if isinstance(each, int))


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
