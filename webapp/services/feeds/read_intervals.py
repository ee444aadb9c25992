"""Feeds read by hand: the interval after which their next reading is expected."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta

from flask_babel import gettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from webapp.domain.health import LONGEST_INTERVAL, SHORTEST_INTERVAL, feed_health
from webapp.domain.reading_rhythm import FEWEST_TURNS, WINDOW_DAYS, suggest_interval
from webapp.domain.reasons import Reason, reason
from webapp.errors import Invalid
from webapp.models import Account, Device, Feed, HealthChange, Reading
from webapp.services.accounts.calendars import public_holidays
from webapp.services.feeds import feeds
from webapp.services.metering.events import Event, record_events


def set_interval(session: Session, feed: Feed, days: int | None, now: datetime) -> bool:
    """Mark a feed as read by hand at an interval of days; None: it is read nightly.

    A feed that is not overdue by the new interval becomes healthy at once; a shorter interval takes
    effect at the next collection. Returns whether the interval changed. Raises Invalid for
    ``read_by_hand``, and Conflict for a removed feed.
    """
    if days is not None and not SHORTEST_INTERVAL <= days <= LONGEST_INTERVAL:
        raise Invalid(
            "read_by_hand",
            gettext(
                "Enter a number of days from %(first)s to %(last)s.",
                first=SHORTEST_INTERVAL,
                last=LONGEST_INTERVAL,
            ),
        )
    feeds.lock_connected(session, feed)
    before = feed.read_interval_days
    if days == before:
        return False
    feed.read_interval_days, feed.suggested_interval_days = days, None
    today = now.astimezone(feed.account.zone).date()
    changed = Event("read_by_hand", {"before": before, "after": days})
    record_events(session, feed.id, [changed], today, now)
    holidays = public_holidays(feed.account)
    if (
        days is not None
        and feed.health == "unhealthy"
        and feed_health(feed.last_data_on, today, holidays, days) == "healthy"
    ):
        _mark_healthy(session, feed, days, now)
    session.flush()
    return True


def update_suggestions(session: Session, server_id: int, today: date, now: datetime) -> int:
    """Store for which of a server's feeds an interval is suggested; return their number.

    Only feeds that became unhealthy repeatedly are candidates, so that the readings of others are
    not loaded.
    """
    turns_of = _turns(session, server_id, now - timedelta(days=WINDOW_DAYS))
    days_of = _reading_days(session, turns_of, today)
    candidates = session.scalars(
        select(Feed)
        .where(
            Feed.server_id == server_id,
            Feed.id.in_(turns_of) | Feed.suggested_interval_days.is_not(None),
        )
        .options(joinedload(Feed.account).joinedload(Account.partner))
        .order_by(Feed.id)
    )
    suggested = 0
    for feed in candidates:
        holidays = public_holidays(feed.account)
        number = turns_of.get(feed.id, 0)
        days = suggest_interval(days_of[feed.id], number, today, holidays)
        if feed.suggested_interval_days != days:
            feed.suggested_interval_days = days
        suggested += days is not None
    return suggested


def _turns(session: Session, server_id: int, since: datetime) -> dict[int, int]:
    """Return how often feeds read nightly became unhealthy, if repeatedly."""
    turns = func.count()
    rows = session.execute(
        select(HealthChange.feed_id, turns)
        .join(Feed, Feed.id == HealthChange.feed_id)
        .where(
            Feed.server_id == server_id,
            Feed.status == "active",
            Feed.read_interval_days.is_(None),
            HealthChange.after == "unhealthy",
            HealthChange.at >= since,
        )
        .group_by(HealthChange.feed_id)
        .having(turns >= FEWEST_TURNS)
    )
    return {feed_id: number for feed_id, number in rows if feed_id is not None}


def _reading_days(
    session: Session, feed_ids: Collection[int], today: date
) -> defaultdict[int, set[date]]:
    """Return the days with readings of each feed's devices, within the window."""
    days: defaultdict[int, set[date]] = defaultdict(set)
    rows = session.execute(
        select(Device.feed_id, Reading.day)
        .join(Reading, Reading.device_id == Device.id)
        .where(
            Device.feed_id.in_(feed_ids),
            Reading.day >= today - timedelta(days=WINDOW_DAYS),
            Reading.day < today,
        )
        .distinct()
    )
    for feed_id, day in rows:
        days[feed_id].add(day)
    return days


def schedule(days: int | None) -> Reason:
    """Return how a feed is read, for the audit trail."""
    return reason("read_nightly") if days is None else reason("read_by_hand", days=days)


def _mark_healthy(session: Session, feed: Feed, days: int, now: datetime) -> None:
    """Record the change without a notice, because a user caused it."""
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
