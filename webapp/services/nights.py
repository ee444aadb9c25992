"""Nights: which are due. A question to the database, asked at every tick, harmless to repeat."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from webapp.models import Collection, Feed, Server
from webapp.services import heart
from webapp.services.collection import due_day, request
from webapp.words import Words

#: A queued one that no worker began for so long has lost its job.
LOST_JOB = timedelta(minutes=3)
#: What a person asks for is taken up again for so long.
REQUESTS_LAST = timedelta(days=1)
#: A failed night of a healthy server is tried again after so long.
RETRY_AFTER = timedelta(hours=1)


def due_nights(session: Session, now: datetime, collect_at: time) -> Sequence[Collection]:
    """The nights to be run now, made where missing; unfinished earlier ones are given up.

    Only the last day that ended is due: it brings what earlier missed nights would have brought.
    """
    due = []
    servers = session.scalars(
        select(Server).where(
            Server.removed_at.is_(None),
            Server.health == "healthy",
            select(Feed.id)
            .where(Feed.server_id == Server.id, Feed.status.in_(("pending", "active")))
            .exists(),
        )
    ).all()
    for server in servers:
        day = due_day(server.account, now - _since_midnight(collect_at))
        night = session.scalar(
            select(Collection).where(
                Collection.server_id == server.id,
                Collection.kind == "night",
                Collection.day == day,
            )
        )
        if night is None:
            _give_up_earlier(session, server, day, now)
            due.append(request(session, server, day=day, kind="night", now=now))
        elif _is_due_again(night, server, now):
            if night.state == "queued":
                night.alive_at = now  # it waits for its new job; a silent heart stays claimable
            due.append(night)
    return due


def lost_requests(session: Session, now: datetime) -> Sequence[Collection]:
    """Collections asked for by a person whose job or worker was lost, of the last day."""
    lost = session.scalars(
        select(Collection).where(
            Collection.kind == "now",
            Collection.queued_at > now - REQUESTS_LAST,
            _is_lost(now),
        )
    ).all()
    for collection in lost:
        # A queued one waits for its job again; a running one is claimed by its silent heart.
        if collection.state == "queued":
            collection.alive_at = now
    return lost


def give_up_forgotten(session: Session, now: datetime) -> None:
    """End what a person asked for and nobody took up in a day: nights have brought its pages.

    Else it would be said to run for ever. A job of it that comes after all still finds it.
    """
    session.execute(
        update(Collection)
        .where(
            Collection.kind == "now",
            Collection.queued_at <= now - REQUESTS_LAST,
            _is_lost(now),
        )
        .values(
            state="failed",
            reason=Words("Nobody took it up within a day; the nights since then bring its pages"),
            finished_at=now,
        )
        .execution_options(synchronize_session=False)
    )


def _is_lost(now: datetime) -> ColumnElement[bool]:
    """Whether a collection has lost its job in the queue, or its worker."""
    return or_(
        (Collection.state == "queued") & (Collection.alive_at < now - LOST_JOB),
        heart.silent(now),
    )


def _since_midnight(at: time) -> timedelta:
    return timedelta(hours=at.hour, minutes=at.minute)


def _is_due_again(night: Collection, server: Server, now: datetime) -> bool:
    if night.state == "queued":
        return night.alive_at < now - LOST_JOB
    if night.state == "running":
        return heart.is_silent(night, now)
    if night.state == "failed":
        return night.alive_at < max(now - RETRY_AFTER, server.health_changed_at)
    return False


def _give_up_earlier(session: Session, server: Server, day: date, now: datetime) -> None:
    session.execute(
        update(Collection)
        .where(
            Collection.server_id == server.id,
            Collection.kind == "night",
            Collection.day < day,
            Collection.state.in_(("queued", "running")),
        )
        .values(
            state="failed",
            reason=Words("Not finished; the night of %(day)s brings its pages", day=day),
        )
        .execution_options(synchronize_session=False)
    )
