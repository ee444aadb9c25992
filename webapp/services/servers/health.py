"""Monitoring: the health of servers and feeds, and the records of its changes."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import lock
from webapp.domain.health import SILENT_BUSINESS_DAYS, Health, Recovered, feed_health
from webapp.domain.reasons import Reason, reason
from webapp.models import Collection, Feed, HealthChange, Outcome, Server
from webapp.printerpoint.errors import PrinterpointError
from webapp.services.accounts.calendars import public_holidays
from webapp.services.feeds import device_status, read_intervals
from webapp.services.notifications import notices


def server_answered(session: Session, server: Server, now: datetime) -> bool:
    """Record a successful connection; return whether the server was unhealthy before."""
    _lock(session, server)
    server.health_checked_at = now
    server.token_unreadable_since = None
    server.health_reason = None
    if server.health == "healthy":
        return False
    _change_server(session, server, "healthy", reason("server_answered"), now)
    return True


def server_failed(
    session: Session, server: Server, error: PrinterpointError, now: datetime
) -> None:
    """Record a failed connection: the server is unhealthy at once and its collection pauses."""
    _lock(session, server)
    server.health_checked_at = now
    server.token_unreadable_since = None
    server.health_reason = error.reason
    if server.health == "healthy":
        _change_server(session, server, "unhealthy", error.reason, now)


def token_unreadable(session: Session, server: Server, now: datetime) -> None:
    """Record that the token cannot be decrypted.

    The health does not change: no connection is attempted, and the error is one of the keys.
    """
    _lock(session, server)
    if server.token_unreadable_since is None and server.removed_at is None:
        server.token_unreadable_since = now


def feed_data_received(
    session: Session, feed: Feed, last_data_on: date, back: Recovered | None, now: datetime
) -> None:
    """Record new data of a feed for a day, and pages ``back`` recovered for silent days."""
    before = feed.health
    if feed.last_data_on is None or last_data_on > feed.last_data_on:
        feed.last_data_on = last_data_on
    if before == "healthy":
        return
    if before == "pending":
        why = reason("first_data")
    elif back is not None:
        why = reason("data_recovered", pages=back.pages, first=back.first, last=back.last)
    else:
        why = reason("data_without_pages")
    _change_feed(session, feed, "healthy", why, now)


def update_feed_health(session: Session, collection: Collection, today: date, now: datetime) -> int:
    """Mark the feeds of a collection as unhealthy that have been silent too long.

    For healthy feeds of its server, silent and missing devices are stored, and after a scheduled
    collection also which feeds seem to be read by hand.

    Days on which the server could not be read, or the collection failed, do not count. ``today``:
    the date in the account's zone. Returns how many became unhealthy.
    """
    looked_at = select(Outcome.feed_id).where(
        Outcome.collection_id == collection.id, Outcome.outcome != "failed"
    )
    changed = 0
    silent = (
        Feed.server_id == collection.server_id,
        Feed.id.in_(looked_at),
        Feed.status == "active",
        Feed.health == "healthy",
        # Later ones cannot have missed so many whole days yet; most feeds end here.
        Feed.last_data_on < today - timedelta(days=SILENT_BUSINESS_DAYS),
    )
    lock(session, Feed.id, *session.scalars(select(Feed.id).where(*silent)))
    feeds = select(Feed).where(*silent).order_by(Feed.id)
    for feed in session.scalars(feeds.execution_options(populate_existing=True)):
        holidays = public_holidays(feed.account)
        interval = feed.read_interval_days
        if feed_health(feed.last_data_on, today, holidays, interval) != "unhealthy":
            continue
        _change_feed(session, feed, "unhealthy", _silent(feed), now)
        changed += 1
    device_status.update(session, collection.server_id, today)
    if collection.kind == "scheduled":
        read_intervals.update_suggestions(session, collection.server_id, today, now)
    return changed


def _silent(feed: Feed) -> Reason:
    if feed.read_interval_days is not None:
        return reason("reading_overdue", days=feed.read_interval_days, last=feed.last_data_on)
    return reason("silent", days=SILENT_BUSINESS_DAYS, last=feed.last_data_on)


def _lock(session: Session, server: Server) -> None:
    """Lock and refresh, so that concurrent processes record a change once."""
    lock(session, Server.id, server.id)
    session.refresh(server)


def _change_server(
    session: Session, server: Server, after: Health, why: Reason, now: datetime
) -> None:
    if server.removed_at is not None:
        return  # removed while it was read
    change = HealthChange(
        server_id=server.id, before=server.health, after=after, at=now, reason=why
    )
    session.add(change)
    notices.create(session, change, server.account_id)
    server.health = after
    server.health_changed_at = now


def _change_feed(session: Session, feed: Feed, after: Health, why: Reason, now: datetime) -> None:
    change = HealthChange(
        feed_id=feed.id,
        before=feed.health,
        after=after,
        at=now,
        reason=why,
        last_data_on=feed.last_data_on,
    )
    session.add(change)
    notices.create(session, change, feed.server.account_id)
    feed.health = after
    feed.health_changed_at = now
