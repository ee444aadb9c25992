"""Feeds read by hand: the interval after which their next reading is expected."""

from datetime import datetime

from flask_babel import gettext
from sqlalchemy.orm import Session

from webapp.db import lock
from webapp.domain.health import LONGEST_INTERVAL, SHORTEST_INTERVAL, feed_health
from webapp.domain.reasons import Reason, reason
from webapp.errors import Conflict, Invalid
from webapp.models import Feed, FeedEvent, HealthChange
from webapp.services.calendars import public_holidays


def set_interval(session: Session, feed: Feed, days: int | None, now: datetime) -> bool:
    """Mark a feed as read by hand every so many days; None: it is read nightly.

    A feed that is not overdue by the new interval is healthy at once; a shorter interval is
    judged with the next collection. Returns whether the interval changed. Raises Invalid for
    ``read_by_hand``, and Conflict for a removed feed.
    """
    if days is not None and not SHORTEST_INTERVAL <= days <= LONGEST_INTERVAL:
        raise Invalid(
            "read_by_hand",
            gettext(
                "Give a number of days from %(first)s to %(last)s.",
                first=SHORTEST_INTERVAL,
                last=LONGEST_INTERVAL,
            ),
        )
    lock(session, Feed.id, feed.id)
    session.refresh(feed)
    if feed.status == "removed":
        raise Conflict(
            gettext(
                "%(customer_name)s has been removed; tie the customer again to use it.",
                customer_name=feed.customer_name,
            )
        )
    before = feed.read_interval_days
    if days == before:
        return False
    feed.read_interval_days = days
    today = now.astimezone(feed.account.zone).date()
    session.add(
        FeedEvent(
            feed_id=feed.id,
            at=now,
            day=today,
            kind="read_by_hand",
            details={"before": before, "after": days},
        )
    )
    holidays = public_holidays(feed.account)
    if (
        days is not None
        and feed.health == "unhealthy"
        and feed_health(feed.last_data_on, today, holidays, days) == "healthy"
    ):
        _mark_healthy(session, feed, days, now)
    session.flush()
    return True


def schedule(days: int | None) -> Reason:
    """How a feed is read, for the audit trail."""
    return reason("read_nightly") if days is None else reason("read_by_hand", days=days)


def _mark_healthy(session: Session, feed: Feed, days: int, now: datetime) -> None:
    """Record the change without a notice: whoever marks a feed knows why it is healthy."""
    session.add(
        HealthChange(
            feed_id=feed.id,
            before=feed.health,
            after="healthy",
            at=now,
            reason=reason("marked_read_by_hand", days=days),
            last_data_on=feed.last_data_on,
        )
    )
    feed.health, feed.health_changed_at = "healthy", now
