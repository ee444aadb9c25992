"""System status, for operations: nights, and what waits or has failed."""

from collections.abc import Collection as Several
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import extract, func, select, text
from sqlalchemy.orm import Session

from webapp.models import Certificate, Collection, Delta, Document, Feed, Outcome, Server
from webapp.queries import access


def ping(session: Session) -> None:
    """Run a statement. Raises OperationalError if the database is unavailable."""
    session.execute(text("select 1"))


def nights(session: Session, since: date, limit: int) -> Sequence[Any]:
    """Return the scheduled collections of all servers by closed day, the latest first.

    ``seconds``: of the collection that took longest. Servers begin at different times: at midnight
    of their time zones, when they are added, or when they can be reached again.
    """
    seconds = extract("epoch", Collection.finished_at) - extract("epoch", Collection.queued_at)
    return session.execute(
        select(
            Collection.day,
            func.count().label("servers"),
            func.count().filter(Collection.state == "finished").label("finished"),
            func.coalesce(func.sum(Collection.feeds), 0).label("customers"),
            func.max(seconds).label("seconds"),
        )
        .where(Collection.kind == "scheduled", Collection.day >= since)
        .group_by(Collection.day)
        .order_by(Collection.day.desc())
        .limit(limit)
    ).all()


def failed_by_day(session: Session, since: date) -> dict[date, int]:
    """Return the number of customers that could not be read, by the day of the night."""
    rows = session.execute(
        select(Collection.day, func.count().label("number"))
        .join(Outcome, Outcome.collection_id == Collection.id)
        .where(Collection.kind == "scheduled", Collection.day >= since, Outcome.outcome == "failed")
        .group_by(Collection.day)
    )
    return {row.day: row.number for row in rows}


def held_by_day(session: Session, since: date) -> dict[date, int]:
    """Return the number of held deltas, by their day."""
    rows = session.execute(
        select(Delta.day, func.count().label("number"))
        .where(access.IS_HELD, Delta.day >= since)
        .group_by(Delta.day)
    )
    return {row.day: row.number for row in rows}


def pending_renders(session: Session) -> int:
    """Return the number of certificates without a document."""
    # A certificate has one document or none: two counts are faster than an anti-join.
    certificates = select(func.count(Certificate.id)).scalar_subquery()
    documents = select(func.count(Document.certificate_id)).scalar_subquery()
    return session.scalar(select(certificates - documents)) or 0


def servers_of_collections(session: Session, collection_ids: Several[int]) -> dict[int, str]:
    """Return the names of the servers of these collections, by the collection's id."""
    if not collection_ids:
        return {}
    rows = session.execute(
        select(Collection.id, Server.name)
        .join(Server, Server.id == Collection.server_id)
        .where(Collection.id.in_(collection_ids))
    )
    return {row.id: row.name for row in rows}


def customer_names(session: Session, feed_ids: Several[int]) -> dict[int, str]:
    """Return the customers of these feeds, by the feed's id."""
    if not feed_ids:
        return {}
    rows = session.execute(select(Feed.id, Feed.customer_name).where(Feed.id.in_(feed_ids)))
    return {row.id: row.customer_name for row in rows}
