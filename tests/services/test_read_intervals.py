"""Feeds read by hand: healthy until their own interval has passed."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from webapp.errors import Conflict, Invalid
from webapp.messages import sentence
from webapp.models import Feed, FeedEvent, HealthChange, Notice
from webapp.services.feeds import read_intervals
from webapp.services.servers import health

FRIDAY = date(2026, 10, 9)


def collect_nothing(session: Session, feed: Feed, now: datetime) -> int:
    """A night in which the feed had nothing new."""
    collection = factories.collection(session, feed.server, day=now.date() - timedelta(days=1))
    factories.outcome(session, collection, feed, kind="unchanged")
    return health.update_feed_health(session, collection, now.date(), now)


@pytest.mark.slow
def test_a_feed_read_by_hand_stays_healthy_until_its_interval_has_passed(session: Session) -> None:
    feed = factories.feed(session, last_data_on=FRIDAY)
    read_intervals.set_interval(session, feed, 30, NOW)

    due = datetime(2026, 11, 8, 12, tzinfo=NOW.tzinfo)
    turned = {
        days: collect_nothing(session, feed, due + timedelta(days=days)) for days in range(-25, 8)
    }

    # 8 November is a Sunday, Wednesday 11 November Veterans Day in the United States.
    assert [days for days, number in turned.items() if number] == [5]
    change = session.scalars(select(HealthChange)).one()
    assert sentence(change.reason) == (
        "No new data since Oct 9, 2026; a reading by hand is expected every 30 days"
    )


@pytest.mark.both_databases
def test_an_unhealthy_feed_that_is_not_overdue_is_healthy_at_once(session: Session) -> None:
    administrator = factories.user(session)
    server = factories.server(session, administrator.account)
    feed = factories.feed(session, server, health="unhealthy", last_data_on=FRIDAY)

    read_intervals.set_interval(session, feed, 60, NOW)

    change = session.scalars(select(HealthChange)).one()
    assert (feed.health, change.before, change.after) == ("healthy", "unhealthy", "healthy")
    assert sentence(change.reason) == "Marked as read by hand, every 60 days"
    assert session.scalars(select(Notice)).all() == []


def test_an_overdue_feed_stays_unhealthy(session: Session) -> None:
    feed = factories.feed(session, health="unhealthy", last_data_on=FRIDAY)

    read_intervals.set_interval(session, feed, 7, NOW)

    assert feed.health == "unhealthy"


def test_each_change_of_the_interval_is_an_event(session: Session) -> None:
    feed = factories.feed(session)

    changed = [read_intervals.set_interval(session, feed, days, NOW) for days in (30, 30, 7, None)]

    assert changed == [True, False, True, True]
    events = session.scalars(select(FeedEvent).order_by(FeedEvent.id)).all()
    assert [event.details for event in events] == [
        {"before": None, "after": 30},
        {"before": 30, "after": 7},
        {"before": 7, "after": None},
    ]


@pytest.mark.parametrize("days", [-30, 0, 1, 93, 2**40])
def test_an_interval_is_between_2_and_92_days(session: Session, days: int) -> None:
    feed = factories.feed(session)

    with pytest.raises(Invalid) as refused:
        read_intervals.set_interval(session, feed, days, NOW)

    assert refused.value.field == "read_by_hand"


def test_a_removed_feed_is_not_changed(session: Session) -> None:
    feed = factories.feed(session, status="removed")

    with pytest.raises(Conflict):
        read_intervals.set_interval(session, feed, 30, NOW)


def read_monthly(session: Session) -> Feed:
    """A feed whose printers were read 12, 42, 72 and 102 days ago, unhealthy in between."""
    feed = factories.feed(session)
    for device in (factories.device(session, feed), factories.device(session, feed)):
        for days in (12, 42, 72, 102):
            factories.reading(session, device, day=NOW.date() - timedelta(days=days))
    for days in (20, 50, 80):
        factories.health_change(session, feed, at=NOW - timedelta(days=days))
    return feed


def suggest(session: Session, feed: Feed) -> int | None:
    """What a night suggests for the feed."""
    read_intervals.update_suggestions(session, feed.server_id, NOW.date(), NOW)
    return feed.suggested_interval_days


@pytest.mark.both_databases
def test_an_interval_is_suggested_for_a_feed_that_seems_to_be_read_by_hand(
    session: Session,
) -> None:
    feed = read_monthly(session)
    nightly = factories.feed(session, feed.server)
    device = factories.device(session, nightly)
    for days in range(1, 119):
        factories.reading(session, device, day=NOW.date() - timedelta(days=days))
    for days in (20, 50, 80):
        factories.health_change(session, nightly, at=NOW - timedelta(days=days))

    assert suggest(session, feed) == 30
    assert nightly.suggested_interval_days is None


@pytest.mark.both_databases
def test_a_feed_read_by_hand_gets_no_suggestion(session: Session) -> None:
    feed = read_monthly(session)
    suggest(session, feed)

    read_intervals.set_interval(session, feed, 30, NOW)

    assert feed.suggested_interval_days is None
    assert suggest(session, feed) is None


def test_a_suggestion_ends_with_the_rhythm(session: Session) -> None:
    feed = read_monthly(session)
    suggest(session, feed)

    later = NOW + timedelta(days=60)
    read_intervals.update_suggestions(session, feed.server_id, later.date(), later)

    assert feed.suggested_interval_days is None


def test_a_scheduled_collection_suggests_intervals(session: Session) -> None:
    feed = read_monthly(session)
    collection = factories.collection(session, feed.server)

    health.update_feed_health(session, collection, NOW.date(), NOW)

    assert feed.suggested_interval_days == 30
