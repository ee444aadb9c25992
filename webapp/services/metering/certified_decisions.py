"""The month that was certified with a decision, after which the decision cannot be undone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.months import Month, counting_month
from webapp.models import ClosedMonth, Feed
from webapp.services.metering import deltas


class ReviewItem(Protocol):
    """A delta and the time of its decision."""

    @property
    def feed_id(self) -> int: ...
    @property
    def allocation(self) -> Sequence[Any]: ...
    @property
    def decided_at(self) -> datetime | None: ...


def certified_month(session: Session, delta: ReviewItem) -> Month | None:
    """Return the first month closed after the decision that counts a day of the delta."""
    if delta.decided_at is None:
        return None
    feed = session.get_one(Feed, delta.feed_id)
    closed = {
        Month.parse(row.month): row.closed_at
        for row in session.execute(
            select(ClosedMonth.month, ClosedMonth.closed_at).where(
                ClosedMonth.account_id == feed.account_id
            )
        )
    }
    then = max((month for month, at in closed.items() if at < delta.decided_at), default=None)
    days = [day for day, _ in deltas.pairs_of_json(delta.allocation)]
    counted_in = {counting_month(day, then) for day in days}
    return min((month for month in counted_in if month in closed), default=None)
