"""Scheduling: which collections are due. Queried repeatedly; repeating it has no effect."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session, joinedload

from webapp.domain.reasons import reason
from webapp.models import Collection, Feed, Server
from webapp.models.collection import UNFINISHED
from webapp.models.feed import COLLECTED
from webapp.services.collection import heartbeat
from webapp.services.collection.requests import due_day, request

#: A collection queued for longer than this has lost its job.
LOST_JOB = timedelta(minutes=3)
#: The same while no job of a collection is enqueued, as after Redis was flushed.
LOST_JOB_OF_EMPTY_QUEUE = timedelta(seconds=15)
#: A manual collection that lost its job is queued again for this long.
MANUAL_RUNS_EXPIRE_AFTER = timedelta(days=1)
#: A failed scheduled collection of a healthy server is retried after this.
RETRY_AFTER = timedelta(hours=1)


def due_scheduled_runs(
    session: Session, now: datetime, collect_at: time, lost_after: timedelta = LOST_JOB
) -> Sequence[Collection]:
    """Return the scheduled collections to run now; create missing ones, abandon earlier ones.

    Only the last day that ended is due: its readings include the pages of missed days.
    """
    due = []
    servers = session.scalars(
        select(Server)
        .where(
            Server.removed_at.is_(None),
            Server.health == "healthy",
            select(Feed.id).where(Feed.server_id == Server.id, Feed.status.in_(COLLECTED)).exists(),
        )
        .options(joinedload(Server.account))
    ).all()
    for server in servers:
        day = due_day(server.account, now - _since_midnight(collect_at))
        night = session.scalar(
            select(Collection).where(
                Collection.server_id == server.id,
                Collection.kind == "scheduled",
                Collection.day == day,
            )
        )
        if night is None:
            _abandon_earlier_runs(session, server, day, now)
            due.append(request(session, server, day=day, kind="scheduled", now=now))
        elif _is_due_again(night, server, now, lost_after):
            if night.state == "queued":
                night.alive_at = now  # queued again; a stale one stays claimable
            due.append(night)
    return due


def job_lost(collection: Collection, now: datetime) -> None:
    """Record that a queued collection has no job; the next run of the timetable enqueues it."""
    collection.alive_at = now - LOST_JOB - timedelta(seconds=1)


def stale_manual_runs(
    session: Session, now: datetime, lost_after: timedelta = LOST_JOB
) -> Sequence[Collection]:
    """Return the manual collections of the last day whose job or worker was lost."""
    lost = session.scalars(
        select(Collection).where(
            Collection.kind == "manual",
            Collection.queued_at > now - MANUAL_RUNS_EXPIRE_AFTER,
            Collection.server.has(Server.removed_at.is_(None)),
            _is_lost(now, lost_after),
        )
    ).all()
    for collection in lost:
        # A queued one is enqueued again; a running one is claimed because it is stale.
        if collection.state == "queued":
            collection.alive_at = now
    return lost


def expire_manual_runs(session: Session, now: datetime) -> None:
    """Mark manual collections as failed that no worker claimed within a day.

    Otherwise they would be displayed as running indefinitely. A late job can still claim them.
    """
    session.execute(
        update(Collection)
        .where(
            Collection.kind == "manual",
            Collection.queued_at <= now - MANUAL_RUNS_EXPIRE_AFTER,
            _is_lost(now),
        )
        .values(
            state="failed",
            reason=reason("expired"),
            finished_at=now,
        )
        .execution_options(synchronize_session=False)
    )


def end_runs_of_removed_servers(session: Session, now: datetime) -> None:
    """Mark collections as failed whose server was removed and that no worker runs."""
    session.execute(
        update(Collection)
        .where(Collection.server.has(Server.removed_at.is_not(None)), _is_lost(now))
        .values(state="failed", reason=reason("server_removed"), finished_at=now)
        .execution_options(synchronize_session=False)
    )


def _is_lost(now: datetime, lost_after: timedelta = LOST_JOB) -> ColumnElement[bool]:
    """Whether a collection has lost its job or its worker."""
    return or_(
        (Collection.state == "queued") & (Collection.alive_at < now - lost_after),
        heartbeat.stale(now),
    )


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute)


def _is_due_again(night: Collection, server: Server, now: datetime, lost_after: timedelta) -> bool:
    if night.state == "queued":
        return night.alive_at < now - lost_after
    if night.state == "running":
        return heartbeat.is_stale(night, now)
    if night.state == "failed":
        if server.awaiting_approval_since is not None:
            return False  # its fleet was compared this night; approval resumes it
        return night.alive_at < max(now - RETRY_AFTER, server.health_changed_at)
    return False


def _abandon_earlier_runs(session: Session, server: Server, day: date, now: datetime) -> None:
    session.execute(
        update(Collection)
        .where(
            Collection.server_id == server.id,
            Collection.kind == "scheduled",
            Collection.day < day,
            Collection.state.in_(UNFINISHED),
        )
        .values(
            state="failed",
            reason=reason("superseded", day=day),
            finished_at=now,
        )
        .execution_options(synchronize_session=False)
    )
