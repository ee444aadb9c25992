"""Progress of a collection."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.models import Collection, Feed, Outcome
from webapp.models.collection import UNFINISHED


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress in customers; ``counts``: customers by outcome.

    ``current_name``: the customer read last, while the collection is running.
    """

    counts: Mapping[str, int]
    total: int | None
    pages: int
    printers: int
    current_name: str | None

    @property
    def done(self) -> int:
        """The customers that were read, or failed."""
        return sum(self.counts.values())

    @property
    def failed(self) -> int:
        """The customers that failed."""
        return self.counts.get("failed", 0)


def load(session: Session, collection: Collection) -> Progress:
    """Return the progress of a collection."""
    rows = session.execute(
        select(Outcome.outcome, func.count(), func.sum(Outcome.pages))
        .where(Outcome.collection_id == collection.id)
        .group_by(Outcome.outcome)
    ).all()
    return Progress(
        {outcome: count for outcome, count, _ in rows},
        collection.feeds,
        int(sum(pages for _, _, pages in rows)),
        collection.printers,
        _latest(session, collection) if rows and collection.state in UNFINISHED else None,
    )


def _latest(session: Session, collection: Collection) -> str | None:
    return session.scalar(
        select(Feed.customer_name)
        .join(Outcome, Outcome.feed_id == Feed.id)
        .where(Outcome.collection_id == collection.id)
        .order_by(Outcome.at.desc(), Feed.customer_name.desc())
        .limit(1)
    )
