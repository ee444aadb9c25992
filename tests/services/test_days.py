"""Days: what charts of feeds and of devices show of each, on both databases."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from tests import factories
from webapp.queries import metrics
from webapp.queries.metrics import DayPages
from webapp.services.metering import deposits

MONDAY = date(2026, 11, 2)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=back) for back in range(1, 5))


def test_the_days_of_a_single_device_are_those_of_its_feed(session: Session) -> None:
    feed = factories.feed(session)
    device = factories.device(session, feed)
    gains = [
        factories.delta(session, device, day=MONDAY, pages=100),
        factories.delta(session, device, since=MONDAY, day=WEDNESDAY, pages=31),  # none on Tuesday
        factories.delta(session, device, day=THURSDAY, pages=900_000, state="held"),
        factories.delta(session, device, day=FRIDAY, pages=70_000, state="adjusted", counted=7),
    ]
    read = {gain.day for gain in gains}
    for day in read:
        factories.reading(session, device, day=day, count=182_345)
    own = deposits.FeedOfDeposits(feed.id, feed.server_id, None)
    counted = {MONDAY: 100, TUESDAY: 15, WEDNESDAY: 16, FRIDAY: 7}
    deposits.apply(session, own, counted)

    of_feed = metrics.days_of_feeds(session, [feed.id], MONDAY, FRIDAY)

    assert of_feed == [
        DayPages(MONDAY, 100),
        DayPages(TUESDAY, 15, recovered=True),
        DayPages(WEDNESDAY, 16),
        DayPages(THURSDAY, 0, held=900_000),
        DayPages(FRIDAY, 7),
    ]
    of_server = metrics.Scope.account(feed.server.account)
    assert metrics.pages_by_day(session, of_server, THURSDAY, FRIDAY)[0].held == 900_000
    of_customer = metrics.Scope.account(feed.account)
    assert metrics.held_by_day(session, of_customer, MONDAY, FRIDAY) == {THURSDAY: 900_000}
    assert metrics.held_by_day(session, metrics.Scope(), MONDAY, WEDNESDAY) == {}
    assert deposits.days_of_deltas(gains, read, MONDAY, FRIDAY) == of_feed
    assert deposits.days_of_deltas(gains, read, TUESDAY, TUESDAY) == of_feed[1:2]
    assert deposits.days_of_deltas([], set(), MONDAY, MONDAY) == [DayPages(MONDAY, 0)]
