"""What printers send in the field, in variants (K1, K3, K5, K7, K8): through all layers."""

from datetime import date, timedelta

import pytest

from tests.services.counters import (
    COLOUR,
    COUNTER_SETS,
    MONDAY,
    MONO,
    MONTH_END,
    Counters,
    Row,
    by_area,
    by_category,
    by_colour,
    by_size,
    every_month,
    every_order,
    every_set,
    every_set_in_a_month,
    row,
)
from tests.services.dealer import Dealer, simulate

pytestmark = pytest.mark.slow


# K1: a lifetime total is never deposited.


@every_set_in_a_month
def test_k1_a_replaced_machine_first_seen_at_0_adds_no_lifetime_count(
    dealer: Dealer, counters: Counters, first: date
) -> None:
    dealer.connects("Harbour", dealer.at(first))

    def fleet(number: int, day: date) -> list[Row]:
        old = row("Harbour", "OLD", 90_000 + 10 * number, day, asset="DESK", counters=counters)
        shown = 0 if number < 3 else 64_000 + 10 * number
        new = row("Harbour", "NEW", shown, day, asset="DESK", counters=counters)
        return [old] if number < 2 else [new]

    simulate(dealer, first, 6, fleet)

    assert 28 <= dealer.total() <= 31
    assert dealer.held() == []


@every_month
def test_k1_counters_that_are_listed_later_add_no_lifetime_count(
    dealer: Dealer, first: date
) -> None:
    for customer in ("Harbour", "Lake"):
        dealer.connects(customer, dealer.at(first))

    def fleet(number: int, day: date) -> list[Row]:
        size = dict(by_size(40_000 + 80 * number))
        colour = next(name for name in size if "Color" in name)
        mono = next(name for name in size if name != colour)
        late = {mono: size[mono]} | ({colour: size[colour]} if number > 2 else {})
        zero = {MONO: 7_000 + 10 * number, COLOUR: 0 if number < 2 else 30_000}
        return [
            row("Harbour", "S-1", 0, day, counters=late),
            row("Lake", "S-2", 0, day, counters=zero),
        ]

    simulate(dealer, first, 6, fleet)

    # By size: 60 a night of the counter known first, 20 of the other once it is known.
    assert dealer.total() == 5 * 60 + 2 * 20 + 5 * 10
    assert dealer.held() == []


@every_set
def test_k1_a_count_ten_times_too_high_over_a_silent_weekend_is_withdrawn(
    dealer: Dealer, counters: Counters
) -> None:
    friday = MONTH_END - timedelta(days=1)
    dealer.connects("Harbour", dealer.at(friday))
    shown = [10_000, 104_000, 104_000, 104_000, 10_400, 10_500]
    seen = [0, 1, 1, 1, 4, 5]

    def fleet(number: int, day: date) -> list[Row]:
        polled = friday + timedelta(days=seen[number])
        values = {"counters": counters, "seen": f"{polled}T19:11:00Z"}
        return [row("Harbour", "S-1", shown[number], day, **values)]

    simulate(dealer, friday, 6, fleet)

    assert 499 <= dealer.total() <= 501
    assert dealer.held() == []


# K3: a value that no counter has blocks no other device.


@pytest.mark.parametrize(
    ("value", "first"),
    [
        (2**63 - 1, MONTH_END),
        (2**64 - 1, MONDAY),
        (2**32 - 1, MONTH_END),
        (2**31 - 1, MONDAY),
        (9_999_999, MONTH_END),
        (-1, MONDAY),
    ],
)
def test_k3_an_impossible_value_does_not_affect_other_printers(
    dealer: Dealer, value: int, first: date
) -> None:
    feed = dealer.connects("Harbour", dealer.at(first))

    def fleet(number: int, day: date) -> list[Row]:
        fault = {MONO: value, COLOUR: 2_000}
        mixed = fault if number in (1, 3) else by_colour(9_000 + 30 * number)
        huge = dict.fromkeys(by_category(1), 2**62) if number == 2 else by_category(800)
        return [
            row("Harbour", "S-1", 0, day, counters=mixed),
            row("Harbour", "PLOTTER", 0, day, counters=huge),
            row("Harbour", "S-2", 500 + 5 * number, day),
        ]

    simulate(dealer, first, 6, fleet)

    assert dealer.total() == 5 * 30 + 5 * 5
    assert dealer.outcome(feed).outcome in ("collected", "unchanged")


# K5: days that cannot be.


@pytest.mark.parametrize(
    ("seen", "counters"),
    [
        ("2019-02-01T00:00:00Z", by_size),
        ("2031-01-01T00:00:00Z", by_area),
        (None, COUNTER_SETS["length"]),
    ],
)
def test_k5_a_last_seen_years_off_dates_no_page_before_the_feed(
    dealer: Dealer, seen: str | None, counters: Counters
) -> None:
    feed = dealer.connects("Harbour", dealer.at(MONTH_END))

    def fleet(number: int, day: date) -> list[Row]:
        return [row("Harbour", "S-1", 700 + 25 * number, day, seen=seen, counters=counters)]

    simulate(dealer, MONTH_END, 6, fleet)

    # The clock stands still: what moves is a reading of the day that is closed.
    assert 124 <= dealer.total() <= 126
    assert min(day for _, day in dealer.deposits()) > MONTH_END
    assert set(dealer.counted_in(feed)) <= {"2026-10", "2026-11"}


def test_k5_earlier_last_seens_change_no_day_that_was_read(dealer: Dealer) -> None:
    dealer.connects("Harbour", dealer.at(MONDAY))
    offsets = [0, 1, -40, 3, 2, 5]

    def fleet(number: int, day: date) -> list[Row]:
        polled = MONDAY + timedelta(days=offsets[number])
        return [row("Harbour", "S-1", 700 + 25 * number, day, seen=f"{polled}T15:00:00Z")]

    simulate(dealer, MONDAY, 6, fleet)

    assert dealer.total() == 125
    assert all(pages > 0 for pages in dealer.deposits().values())


# K7: a spike, up and back.


@every_set_in_a_month
def test_k7_spikes_of_two_machines_on_two_nights_are_withdrawn(
    dealer: Dealer, counters: Counters, first: date
) -> None:
    for customer in ("Harbour", "Lake"):
        dealer.connects(customer, dealer.at(first))

    def fleet(number: int, day: date) -> list[Row]:
        one, two = 600 * (number == 2), 1_700 * (number == 4)
        return [
            row("Harbour", "S-1", 10_000 + 50 * number + one, day, counters=counters),
            row("Lake", "S-2", 6_000 + 40 * number + two, day, counters=counters),
        ]

    simulate(dealer, first, 8, fleet)

    assert 7 * 90 - 3 <= dealer.total() <= 7 * 90 + 3
    assert dealer.held() == []


@pytest.mark.both_databases
def test_k7_a_spike_that_a_month_closed_on_is_a_correction_in_the_next(dealer: Dealer) -> None:
    thursday = MONTH_END - timedelta(days=1)
    feed = dealer.connects("Harbour", dealer.at(thursday))
    pages = [10_000, 10_040, 10_980, 10_980, 10_980, 10_120, 10_160, 10_200]
    polled = [0, 1, 2, 2, 2, 5, 6, 7]

    def fleet(number: int, day: date) -> list[Row]:
        seen = f"{thursday + timedelta(days=polled[number])}T19:11:00Z"
        return [row("Harbour", "S-1", pages[number], day, seen=seen)]

    simulate(dealer, thursday, 8, fleet)
    certified = dealer.certified()
    november = dealer.counted_in(feed)["2026-11"]
    dealer.close_month("2026-11", dealer.at(date(2026, 12, 2)))

    # November corrects what October counted too many, and goes no lower than 0.
    assert certified == 980
    assert november == 200 - 980
    assert dealer.certified() == 980
    assert dealer.counted_in(feed) == {"2026-10": 980, "2026-12": -780}
    assert dealer.total() == 200


# K8: a counter set is missing for a night.


@every_month
@pytest.mark.parametrize("gap", [1, 3])
def test_k8_another_counter_set_for_some_nights_is_not_a_reading(
    dealer: Dealer, first: date, gap: int
) -> None:
    feed = dealer.connects("Harbour", dealer.at(first))

    def fleet(number: int, day: date) -> list[Row]:
        pages = 12_000 + 60 * number
        other = 2 <= number < 2 + gap
        null = dict(by_area(pages)) | {"paperAreaTotalInHundredthsOfASquareMillimeter": None}
        return [
            row("Harbour", "S-1", pages, day, counters=by_size if other else by_colour),
            row("Harbour", "S-2", pages, day, counters=null if other else by_area),
        ]

    simulate(dealer, first, 7, fleet)

    assert dealer.total() == 2 * 6 * 60
    assert dealer.outcome(feed).incomplete == 0


def test_k8_a_permanently_missing_counter_set_is_replaced_from_its_first_night(
    dealer: Dealer,
) -> None:
    first = date(2026, 10, 26)
    feed = dealer.connects("Harbour", dealer.at(first))

    def fleet(number: int, day: date) -> list[Row]:
        counters = by_colour if number < 2 else by_size
        start = 12_000 if number < 2 else 90_000
        return [row("Harbour", "S-1", start + 60 * number, day, counters=counters)]

    simulate(dealer, first, 12, fleet)

    # All but the night on which the set changed, which no two readings bracket.
    assert dealer.total(feed) == 10 * 60


# Several kinds at once.


@every_order
def test_several_kinds_at_once_over_a_month_end(dealer: Dealer, backwards: bool) -> None:
    first = MONTH_END
    harbour, lake = (dealer.connects(name, dealer.at(first)) for name in ("Harbour", "Lake"))

    def fleet(number: int, day: date) -> list[Row]:
        return _mixed(number, day)

    simulate(dealer, first, 8, fleet, backwards=backwards)

    assert dealer.total(harbour) == 7 * 30 + 4 * 10 + 7 * 20
    assert dealer.total(lake) == 7 * 40 + 3 * 10
    assert dealer.held() == []


def _mixed(number: int, day: date) -> list[Row]:
    """Two customers: a spike, a blank serial, a move with the old row frozen, a first 0."""
    spike = 900 * (number == 2)
    frozen = f"{MONTH_END + timedelta(days=4)}T19:11:00Z"
    moving = row("Harbour", "M-1", 4_000 + 10 * min(number, 4), day)
    rows = [
        row("Harbour", "S-1", 10_000 + 30 * number + spike, day),
        row("Harbour", "" if number % 3 == 1 else "S-2", 700 + 20 * number, day, asset="DESK"),
        moving if number < 5 else moving | {"lastSeen": frozen},
        row("Lake", "S-3", 0 if number < 1 else 60_000 + 40 * number, day),
        row("Lake", "S-4", 2_000 + 40 * number, day),
    ]
    if number >= 5:
        rows.append(row("Lake", "M-1", 4_000 + 10 * number, day))
    return [one for one in rows if one["serialNumber"] != "S-3"]
