"""The timetable: periodic jobs, declared here and reconciled with rq-scheduler's records.

The jobs query the database for what is due, so a second scheduler, a restart or a missed run has no
effect.
"""

import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq_scheduler import Scheduler

from jobs import runtime
from webapp import clock, queue
from webapp.db import db
from webapp.extensions import current_settings
from webapp.services.collection import scheduling

log = logging.getLogger("releaf.schedule")

POLL_SECONDS = 10
RESTART_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A job of the timetable; its id is fixed, so registering it again replaces it."""

    id: str
    function: str
    every: timedelta
    timeout: timedelta


TIMETABLE = (
    Entry(
        "timetable-collections",
        queue.ENQUEUE_DUE_COLLECTIONS,
        timedelta(seconds=30),
        timedelta(minutes=10),
    ),
    Entry(
        "timetable-audit",
        queue.CHAIN_AUDIT_ENTRIES,
        timedelta(minutes=1),
        timedelta(minutes=10),
    ),
    Entry("timetable-health", queue.CHECK_SERVERS, timedelta(hours=1), timedelta(hours=1)),
    Entry("timetable-months", queue.CLOSE_MONTHS, timedelta(minutes=10), timedelta(hours=2)),
    Entry(
        "timetable-notifications",
        queue.SEND_NOTIFICATIONS,
        timedelta(minutes=1),
        timedelta(minutes=10),
    ),
    Entry(
        "timetable-failures", queue.RESOLVE_FAILURES, timedelta(minutes=1), timedelta(minutes=10)
    ),
    Entry("timetable-reconcile", queue.RECONCILE, timedelta(hours=1), timedelta(hours=1)),
)


@runtime.job
def enqueue_due_collections() -> str:
    """The job: enqueue every collection that is due or has lost its worker."""
    config = current_settings()
    with db.session() as session:
        now = clock.now()
        lost_after = scheduling.LOST_JOB
        if queue.is_empty(config, "collection"):
            lost_after = scheduling.LOST_JOB_OF_EMPTY_QUEUE
        due = [*scheduling.due_scheduled_runs(session, now, config.collect_at, lost_after)]
        due += scheduling.stale_manual_runs(session, now, lost_after)
        scheduling.end_runs_of_removed_servers(session, now)
        scheduling.expire_manual_runs(session, now)
        session.commit()
        try:
            for wanted in due:
                queue.run_collection(config, wanted.id)
        except queue.QueueDown:
            # Some have a job, but running a collection twice has no effect.
            for wanted in due:
                if wanted.state == "queued":
                    scheduling.job_lost(wanted, now)
            session.commit()
            raise
    return f"{len(due)} collections enqueued"


class Timetable(Scheduler):
    """A scheduler that restores the timetable of this module at every poll."""

    def enqueue_jobs(self) -> list[Job]:
        """Reconcile the timetable, then enqueue the due jobs."""
        reconcile(self)
        return list(super().enqueue_jobs())

    def enqueue_job(self, job: Job) -> None:
        """Enqueue a job unless it is still queued: a collection may occupy workers for hours."""
        if self.get_queue_for_job(job).get_job_position(job.id) is None:
            super().enqueue_job(job)
            return
        again = clock.now() + timedelta(seconds=job.meta["interval"])
        with suppress(ValueError):  # Redis was flushed meanwhile: the next poll restores the entry
            self.change_execution_time(job, again)

    def remove_lock(self) -> None:
        """Release the lock; without Redis it expires."""
        with suppress(RedisConnectionError):
            super().remove_lock()

    def register_death(self) -> None:
        """Remove the record of this scheduler; without Redis it expires."""
        with suppress(RedisConnectionError):
            super().register_death()


def reconcile(scheduler: Scheduler) -> int:
    """Register missing or changed entries; remove those that the timetable no longer has.

    An entry can be lost when a scheduler is killed between removing and adding it, when its job
    expires, or when Redis is flushed. Returns how many entries were restored.
    """
    restored = 0
    for entry in TIMETABLE:
        if _is_scheduled(scheduler, entry):
            continue
        scheduler.schedule(
            scheduled_time=clock.now(),
            func=entry.function,
            interval=int(entry.every.total_seconds()),
            timeout=int(entry.timeout.total_seconds()),
            queue_name="timetable",
            id=entry.id,
            description=entry.function,
        )
        restored += 1
    wanted = {entry.id for entry in TIMETABLE}
    for job in scheduler.get_jobs():
        if job.id not in wanted:
            scheduler.cancel(job)
            restored += 1
    if restored:
        log.info("timetable: %s entries restored", restored)
    return restored


def _is_scheduled(scheduler: Scheduler, entry: Entry) -> bool:
    if entry.id not in scheduler:
        return False
    try:
        job = Job.fetch(entry.id, connection=scheduler.connection)
    except NoSuchJobError:
        return False
    return bool(
        job.func_name == entry.function
        and job.meta.get("interval") == int(entry.every.total_seconds())
        and job.timeout == int(entry.timeout.total_seconds())
    )


def main() -> None:
    """Run the scheduler until it is stopped."""
    config = runtime.configure()
    runtime.get_app()
    while True:
        runtime.wait_for_redis(config.redis_url)
        try:
            with queue.connect(config.redis_url) as connection:
                Timetable(
                    queue_name="timetable", connection=connection, interval=POLL_SECONDS
                ).run()
        except RedisError as error:
            log.warning("REDIS_URL: %s; the scheduler starts again", error)
        runtime.restore_signal_handlers()
        time.sleep(RESTART_SECONDS)


if __name__ == "__main__":
    main()
