"""Deactivating, reactivating and removing feeds."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW, YESTERDAY
from tests.services.test_feeds import HARBOUR, LATER, count
from webapp.errors import Conflict
from webapp.models import Deposit, Device, FeedEvent, HealthChange
from webapp.services.feeds import feeds, pauses


def test_deactivating_twice_has_no_further_effect(session: Session) -> None:
    feed = factories.feed(session)

    first = pauses.deactivate(session, feed, NOW)
    again = pauses.deactivate(session, feed, LATER)

    assert (first, again) == (True, False)
    assert (feed.status, feed.health) == ("inactive", "healthy")
    assert feed.deactivated_at == NOW


def test_a_reactivated_feed_awaits_a_new_baseline_of_every_device(session: Session) -> None:
    feed = factories.feed(session, status="inactive", health="unhealthy")
    device = factories.device(session, feed)
    elsewhere = factories.device(session)

    pauses.reactivate(session, feed, NOW)

    session.expire_all()
    assert (feed.status, feed.health, feed.last_data_on) == ("pending", "pending", YESTERDAY)
    assert session.get_one(Device, device.id).awaits_baseline
    assert not session.get_one(Device, elsewhere.id).awaits_baseline
    change = session.scalars(select(HealthChange)).one()
    assert (change.before, change.after, change.at) == ("unhealthy", "pending", NOW)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("pause", "chosen", "counted"),
    [
        (timedelta(hours=23, minutes=59), None, True),
        (timedelta(days=1), None, False),
        (None, None, False),  # deactivated before the time was stored
        (timedelta(hours=1), False, False),
        (timedelta(days=9), True, True),
    ],
)
def test_a_short_pause_counts_by_default(
    session: Session, pause: timedelta | None, chosen: bool | None, counted: bool
) -> None:
    feed = factories.feed(session, status="inactive")
    feed.deactivated_at = None if pause is None else NOW - pause
    device = factories.device(session, feed)

    result = pauses.reactivate(session, feed, NOW, counts_pause=chosen)

    session.expire_all()
    assert result is counted
    assert session.get_one(Device, device.id).awaits_baseline is not counted
    assert feed.deactivated_at is None
    event = session.scalars(select(FeedEvent)).one()
    assert (event.kind, event.details["counted"]) == ("reactivated", counted)


def test_a_second_pause_that_counts_does_not_count_the_first(session: Session) -> None:
    feed = factories.feed(session, status="inactive")
    device = factories.device(session, feed)
    pauses.reactivate(session, feed, NOW, counts_pause=False)

    pauses.deactivate(session, feed, NOW)
    pauses.reactivate(session, feed, LATER, counts_pause=True)

    session.expire_all()
    assert session.get_one(Device, device.id).awaits_baseline


def test_reactivating_an_active_feed_changes_nothing(session: Session) -> None:
    feed = factories.feed(session)
    device = factories.device(session, feed)

    assert pauses.reactivate(session, feed, NOW, counts_pause=False) is None

    session.expire_all()
    assert (feed.status, feed.health) == ("active", "healthy")
    assert not session.get_one(Device, device.id).awaits_baseline
    assert count(session, HealthChange) == 0


def test_a_feed_of_a_removed_server_is_not_reactivated(session: Session) -> None:
    feed = factories.feed(session, factories.server(session, removed_at=NOW), status="inactive")

    with pytest.raises(Conflict):
        pauses.reactivate(session, feed, NOW)


@pytest.mark.both_databases
def test_removing_a_feed_retains_its_pages_and_frees_its_customer(session: Session) -> None:
    server = factories.server(session)
    feed = feeds.create_feed(session, server, HARBOUR, None, NOW).feeds[0]
    factories.deposit(session, feed)

    removed = feeds.remove(session, feed, LATER)
    removed_again = feeds.remove(session, feed, LATER + timedelta(days=1))
    again = feeds.create_feed(session, server, HARBOUR, None, LATER).feeds[0]

    assert (removed, removed_again) == (True, False)
    assert (feed.status, feed.removed_at) == ("removed", LATER)
    assert again.id != feed.id
    assert again.account_id == feed.account_id
    assert count(session, Deposit) == 1


def test_a_removed_feed_is_neither_deactivated_nor_reactivated(session: Session) -> None:
    feed = factories.feed(session, status="removed")

    with pytest.raises(Conflict):
        pauses.deactivate(session, feed, NOW)
    with pytest.raises(Conflict):
        pauses.reactivate(session, feed, NOW)
