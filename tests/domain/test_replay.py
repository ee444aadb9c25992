"""The replay of stored readings: what follows from the count of a day only."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from tests.domain.field import HOLIDAYS, NEW_YORK
from webapp.domain.metering.counter_sets import CounterSet
from webapp.domain.metering.limits import DEFAULT_LIMITS
from webapp.domain.metering.replay import Replay, ReplayFeed, StoredReading, nights_of

MONDAY = date(2026, 10, 19)
CLINIC, SCHOOL = 1, 2


def feed(
    feed_id: int = CLINIC,
    customer: str = "CLI",
    *,
    first_day: date = MONDAY,
    stopped: bool = False,
    removed_on: date | None = None,
) -> ReplayFeed:
    """A feed that was created on the first Monday."""
    return ReplayFeed(feed_id, 1, customer, NEW_YORK, HOLIDAYS, first_day, stopped, removed_on)


def reading(
    day: int,
    count: int,
    *,
    device: int = 7,
    feed_id: int | None = CLINIC,
    counter_set: CounterSet = "colour",
    baseline: bool = False,
    serial: str = "S1",
    joined: int = 0,
) -> StoredReading:
    """A count of a day after the first Monday; the printer was seen that evening."""
    of = MONDAY + timedelta(days=day)
    return StoredReading(
        device=device,
        home=feed_id or CLINIC,
        feed_id=feed_id,
        day=of,
        count=count,
        counter_set=counter_set,
        baseline=baseline,
        last_seen=datetime.combine(of, time(23), tzinfo=UTC),
        asset_id="A-1",
        serial_number=serial,
        joined=joined,
    )


def replayed(readings: Sequence[StoredReading], *feeds: ReplayFeed) -> Replay:
    """All nights of these readings; the first of a device is its baseline."""
    known = {one.id: one for one in feeds or [feed()]}
    result = Replay(known, DEFAULT_LIMITS, next_number=11)
    for night, of_night in nights_of(readings, known).items():
        result.night(night, of_night)
    return result


def pages(result: Replay, feed_id: int = CLINIC) -> int:
    """What deltas of a feed count."""
    return sum(
        delta.counted
        for deltas in result.deltas.values()
        for delta in deltas.values()
        if delta.feed_id == feed_id
    )


def test_deltas_are_numbered_after_the_stored_ones() -> None:
    result = replayed([reading(0, 1_000), reading(1, 1_040), reading(2, 1_090)])

    assert pages(result) == 90
    assert sorted(result.deltas[7]) == [11, 12]
    assert result.states[7].next_number == 13


def test_a_night_of_another_counter_set_loses_no_page() -> None:
    result = replayed([reading(0, 1_000), reading(1, 800, counter_set="size"), reading(2, 1_100)])

    assert pages(result) == 100


def test_a_permanent_change_of_the_counter_set_sets_a_baseline() -> None:
    by_size = [reading(n, 800 + 10 * n, counter_set="size") for n in range(1, 12)]
    by_area = [reading(n, 800 + 10 * n, counter_set="area") for n in range(1, 12)]

    assert pages(replayed([reading(0, 5_000), *by_size])) == 100
    assert pages(replayed([reading(0, 5_000), *by_area])) == 100


def test_a_baseline_of_a_known_device_counts_nothing() -> None:
    result = replayed([reading(0, 1_000), reading(1, 1_400, baseline=True), reading(2, 1_430)])

    assert pages(result) == 30


def test_a_counter_that_joined_has_its_own_baseline() -> None:
    result = replayed(
        [reading(0, 1_000), reading(1, 4_040, joined=3_000), reading(2, 4_050, joined=3_000)]
    )

    assert pages(result) == 50
    assert result.states[7].initial == 4_000


def test_pages_printed_at_a_customer_without_a_feed_are_not_counted() -> None:
    result = replayed([reading(0, 1_000), reading(1, 1_200, feed_id=None), reading(2, 1_230)])

    assert pages(result) == 30


def test_two_stored_devices_of_a_serial_number_are_one_device() -> None:
    result = replayed(
        [
            reading(0, 1_000),
            reading(1, 1_040),
            reading(0, 1_000, device=8, feed_id=SCHOOL, serial=" s1"),
            reading(1, 1_040, device=8, feed_id=SCHOOL, serial=" s1"),
            reading(2, 1_090, device=8, feed_id=SCHOOL, serial=" s1"),
        ],
        feed(),
        feed(SCHOOL, "SCH"),
    )

    assert set(result.states) == {7}
    assert result.device_of(8, "S1") == 7
    assert (pages(result), pages(result, SCHOOL)) == (40, 50)


def test_a_feed_removed_and_connected_again_continues_within_a_day() -> None:
    for days, counted in ((0, 60), (6, 0)):
        created = MONDAY + timedelta(days=1 + days)
        result = replayed(
            [
                reading(0, 1_000),
                reading(1 + days, 1_060, device=8, feed_id=SCHOOL, baseline=True),
            ],
            feed(stopped=True, removed_on=MONDAY + timedelta(days=1)),
            feed(SCHOOL, first_day=created),
        )

        assert pages(result, SCHOOL) == counted


def test_no_night_is_before_the_feed() -> None:
    early = [reading(-400, 900), reading(-20, 1_000), reading(1, 1_050)]

    nights = nights_of(early, {CLINIC: feed()})

    assert {night: [one.count for one in of] for night, of in nights.items()} == {
        MONDAY: [1_000],
        MONDAY + timedelta(days=1): [1_050],
    }
