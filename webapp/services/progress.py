"""Progress: how far a collection has come."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.models import Collection, Feed, Outcome


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a collection has come, in customers."""

    done: int
    total: int | None
    pages: int
    failed: int
    printers: int
    current_name: str | None


def of(session: Session, collection: Collection) -> Progress:
    """How far a collection has come."""
    done, pages, failed = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Outcome.pages), 0),
            func.count().filter(Outcome.outcome == "failed"),
        ).where(Outcome.collection_id == collection.id)
    ).one()
    latest = session.scalar(
        select(Feed.customer_name)
        .join(Outcome, Outcome.feed_id == Feed.id)
        .where(Outcome.collection_id == collection.id)
        .order_by(Outcome.at.desc(), Feed.customer_name.desc())
        .limit(1)
    )
    return Progress(done, collection.feeds, int(pages), failed, collection.printers, latest)
