"""Collection jobs: one per server, its feeds in series; a failed feed gets its own job."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from jobs import runtime
from jobs.heartbeat import HeartbeatThread
from webapp import clock, queue
from webapp.crypto import DecryptionError
from webapp.db import connection_lost, db
from webapp.domain.reasons import reason
from webapp.extensions import current_settings
from webapp.models import Collection, Feed
from webapp.printerpoint.client import Client
from webapp.printerpoint.errors import PrinterpointError
from webapp.printerpoint.fleet import Fleet
from webapp.services.collection import collector as service
from webapp.services.collection import heartbeat, retry_rows
from webapp.services.feeds import renames
from webapp.services.metering.process import MeteringSettings
from webapp.services.servers import clients, health, overlaps

log = logging.getLogger("releaf.collection")


@dataclass(frozen=True, slots=True)
class CollectionStep:
    """Progress of a collection: ``done`` of ``total`` customers."""

    done: int
    total: int
    customer: str


@runtime.job
def run(collection_id: int) -> str:
    """The job: run or continue a collection. Returns the result for rq-dashboard."""
    try:
        return collect(collection_id)
    except DBAPIError as error:
        if connection_lost(error):
            _release(collection_id, clock.now())
        raise


def _release(collection_id: int, lost_at: datetime) -> None:
    """Let the next job claim the collection at once, rather than when its heartbeat is stale."""
    runtime.wait_for_database()
    with db.session() as session:
        service.release(session, collection_id, lost_at)
        session.commit()


@runtime.job
def run_feed(collection_id: int, feed_id: int) -> str:
    """The job: collect a customer that failed in a collection, from the stored rows of its fleet.

    Raises the error of the customer.
    """
    with db.session() as session:
        stored = retry_rows.load(session, collection_id, feed_id)
        if stored is None:
            return "nothing to retry: already collected, or by a later collection"
        rows, read_at = stored
        found = session.get_one(Collection, collection_id)
        if found.server.awaiting_approval_since is not None:
            return "awaiting approval"
        settings = MeteringSettings.of(current_settings())
        outcome = service.collect_feed(
            session, found, feed_id, rows, settings, clock.now(), read_at
        )
        retry_rows.delete_of_feed(session, collection_id, feed_id)
        feed = session.get_one(Feed, feed_id, populate_existing=True)
        session.commit()
    if outcome is None:
        return "already collected" if feed.is_collected else "no longer collected"
    return f"{outcome.outcome}: {outcome.pages} pages"


def collect(
    collection_id: int,
    watch: Callable[[CollectionStep], None] | None = None,
    now: Callable[[], datetime] = clock.now,
) -> str:
    """Run a collection from its current state; the session commits after every customer.

    ``now`` replaces the clock, for simulated collections.

    Raises DecryptionError when the token cannot be decrypted, and unexpected errors. A server that
    cannot be read raises nothing: its failure is recorded as its health, and the next successful
    health check resumes its collection.
    """
    with HeartbeatThread(db.engine, collection_id, now) as thread, db.session() as session:
        collection = service.claim(session, collection_id, now())
        if collection is None:
            session.rollback()
            return "already ended, or another worker runs it"
        client = _client(session, collection, now)
        session.commit()
        thread.start()
        try:
            fleet = _read_fleet(session, client, collection, now)
            if isinstance(fleet, str):
                return fleet
            with fleet:
                return _collect_fleet(session, collection, fleet, watch, now)
        except service.Cancelled:
            session.rollback()
            return "cancelled by a user"
        except Exception as error:
            _abort(session, collection, error, now)
            raise


def _client(session: Session, collection: Collection, now: Callable[[], datetime]) -> Client:
    """Return the server's client; without one the collection is aborted, and the error raised."""
    try:
        return clients.client_of(current_settings(), collection.server)
    except Exception as error:
        unreadable = isinstance(error, DecryptionError)
        why = reason("unreadable_token") if unreadable else reason("error", error=str(error))
        if unreadable:
            health.token_unreadable(session, collection.server, now())
        service.abort(session, collection, why, now())
        session.commit()
        raise


def _abort(
    session: Session, collection: Collection, error: Exception, now: Callable[[], datetime]
) -> None:
    """Abort a collection after an unexpected error; a nightly run is retried in an hour.

    After a time-out or a lost connection its state stays "running": the scheduler enqueues it again
    within a minute, and it resumes with the remaining feeds.
    """
    if runtime.ends_job(error):
        return
    session.rollback()
    service.abort(session, collection, reason("collection_error", name=type(error).__name__), now())
    session.commit()


def _read_fleet(
    session: Session, client: Client, collection: Collection, now: Callable[[], datetime]
) -> Fleet | str:
    """Return the server's fleet, or why it cannot be read, for the job's result."""
    try:
        return client.fleet(on_page=_heartbeat(session, collection.id, now))
    except PrinterpointError as error:
        log.warning("server %s: %s", collection.server_id, error)
        session.rollback()
        service.server_failed(session, collection, error, now())
        session.commit()
        return f"server unhealthy: {error.kind}"


def _collect_fleet(
    session: Session,
    collection: Collection,
    fleet: Fleet,
    watch: Callable[[CollectionStep], None] | None,
    now: Callable[[], datetime],
) -> str:
    """Collect the feeds of a fleet, unless it must not be counted; return the job's result."""
    refused = _refuse(session, collection, fleet, now)
    if refused is not None:
        return refused
    failed = _collect_feeds(session, collection, fleet, watch, now)
    service.finish(session, collection, now())
    session.commit()
    _enqueue_retries(collection.id, failed)
    # The collection has ended; an error here fails the job only.
    renames.propose(session, collection, fleet, current_settings().roll_width_mm, now())
    session.commit()
    return f"{collection.feeds} customers, {len(failed)} failed"


def _refuse(
    session: Session, collection: Collection, fleet: Fleet, now: Callable[[], datetime]
) -> str | None:
    """Abort the collection of a fleet that must not be counted; return why."""
    if fleet.rows or not service.had_printers(session, collection):
        serial_numbers = fleet.serial_numbers()
        waits = overlaps.check_fleet(session, collection.server, serial_numbers, now())
        if waits is None:
            return None
        health.server_answered(session, collection.server, now())
        service.abort(session, collection, waits, now())
        session.commit()
        return "another server reads the same fleet: awaiting approval"
    service.abort(session, collection, service.EMPTY_FLEET, now())
    session.commit()
    return "the fleet is empty: aborted"


def _collect_feeds(
    session: Session,
    collection: Collection,
    fleet: Fleet,
    watch: Callable[[CollectionStep], None] | None,
    now: Callable[[], datetime],
) -> list[int]:
    """Collect the remaining feeds, each in its own transaction; return those that failed."""
    left = service.plan_feeds(session, collection, fleet, now())
    session.commit()
    failed = []
    for done, feed_id in enumerate(left, start=1):
        try:
            service.collect_feed(
                session, collection, feed_id, fleet, MeteringSettings.of(current_settings()), now()
            )
            heartbeat.touch(collection, now())
            session.commit()
        except service.Cancelled:
            raise
        except Exception as error:
            if runtime.ends_job(error):
                raise
            log.exception("feed %s of collection %s failed", feed_id, collection.id)
            session.rollback()
            why = reason("feed_error", name=type(error).__name__)
            service.record_failure(session, collection, feed_id, fleet, why, now())
            heartbeat.touch(collection, now())
            session.commit()
            failed.append(feed_id)
        if watch is not None:
            feed = session.get_one(Feed, feed_id)
            session.commit()
            watch(CollectionStep(done, len(left), feed.customer_name))
    return failed


def _enqueue_retries(collection_id: int, failed: list[int]) -> None:
    """Enqueue a job for each failed customer, which operations can requeue."""
    for feed_id in failed:
        try:
            queue.run_feed(current_settings(), collection_id, feed_id)
        except queue.QueueDown as error:
            # The outcome is recorded, and the next night reads the same counters.
            log.warning("feed %s: no job of its own, %s", feed_id, error)


def _heartbeat(
    session: Session, collection_id: int, now: Callable[[], datetime]
) -> Callable[[int], None]:
    def touch(printers: int) -> None:
        service.report_progress(session, collection_id, now(), printers)
        session.commit()

    return touch
