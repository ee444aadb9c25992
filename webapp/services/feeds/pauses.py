"""Pauses: inactive feeds, and whether pages printed during the pause count."""

from datetime import datetime, timedelta

from flask_babel import gettext
from sqlalchemy import update
from sqlalchemy.orm import Session

from webapp.domain.reasons import Reason, reason
from webapp.errors import Conflict
from webapp.models import Device, Feed, HealthChange
from webapp.services.feeds import feeds
from webapp.services.metering.events import Event, record_events

_SHORT = timedelta(days=1)


def deactivate(session: Session, feed: Feed, now: datetime) -> bool:
    """Stop collecting a feed until it is reactivated; return whether it was not inactive before."""
    feeds.lock_connected(session, feed)
    if feed.status == "inactive":
        return False
    feed.status, feed.deactivated_at = "inactive", now
    session.flush()
    return True


def counts_by_default(feed: Feed, now: datetime) -> bool:
    """Whether pages printed while a feed was inactive count without a choice.

    A pause shorter than a day is taken as a corrected mistake, a longer one as intended.
    """
    return feed.deactivated_at is not None and now - feed.deactivated_at < _SHORT


def reason_of(is_counted: bool) -> Reason:
    """Return the choice for the pages of a pause, for the audit trail."""
    return reason("pause_counted") if is_counted else reason("pause_not_counted")


def reactivate(
    session: Session, feed: Feed, now: datetime, *, counts_pause: bool | None = None
) -> bool | None:
    """Collect a feed again, from its next reading on.

    ``counts_pause``: whether pages printed during the pause count; None: by ``counts_by_default``.
    Returns which applied; None for a feed that is pending or active, which does not change. Raises
    Conflict.
    """
    feeds.lock_connected(session, feed)
    if feed.status != "inactive":
        return None
    if feed.server.removed_at is not None:
        raise Conflict(
            gettext(
                "The feed’s server has been removed. Add the server again and connect the customer."
            )
        )
    feed.status = "pending"
    if feed.health != "pending":
        session.add(
            HealthChange(
                feed_id=feed.id,
                before=feed.health,
                after="pending",
                at=now,
                reason=reason("reactivated"),
                last_data_on=feed.last_data_on,
            )
        )
        feed.health, feed.health_changed_at = "pending", now
    if counts_pause is None:
        counts_pause = counts_by_default(feed, now)
    _record_pause(session, feed, counts_pause, now)
    feed.deactivated_at = None
    session.flush()
    if not counts_pause:
        _begin_anew(session, feed.id)
    return counts_pause


def _begin_anew(session: Session, feed_id: int) -> None:
    """Make the next reading of each device of a feed its baseline. The feed's row must be locked.

    Deposits do not change. The device continues: identity, history and LifeCount.
    """
    session.execute(
        update(Device)
        .where(Device.feed_id == feed_id)
        .values(awaits_baseline=True)
        .execution_options(synchronize_session=False)
    )


def _record_pause(session: Session, feed: Feed, is_counted: bool, now: datetime) -> None:
    zone = feed.account.zone
    since = feed.deactivated_at
    paused_on = str(since.astimezone(zone).date()) if since else None
    reactivated = Event("reactivated", {"since": paused_on, "counted": is_counted})
    record_events(session, feed.id, [reactivated], now.astimezone(zone).date(), now)
