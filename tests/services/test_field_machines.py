"""Which machine a row is, in variants (K2, K4, K6, K9): through parser, services, database."""

from datetime import date, timedelta

import pytest

from tests.services.counters import (
    MONDAY,
    MONTH_END,
    Counters,
    Row,
    by_area,
    every_order,
    every_set_in_a_month,
    row,
)
from tests.services.dealer import CLOSING_DAY, Dealer, days, simulate

pytestmark = pytest.mark.slow


# K2: one machine is counted once.


@every_set_in_a_month
def test_k2_a_serial_number_missing_on_some_nights_is_the_same_machine(
    dealer: Dealer, counters: Counters, first: date
) -> None:
    for customer in ("Harbour", "Lake"):
        dealer.connects(customer, dealer.at(first))
    spellings = ["S-1", "", " s-1", "n/a", "S-1\u00a0", "S-1"]

    def fleet(number: int, day: date) -> list[Row]:
        values = {"asset": "DESK", "counters": counters}
        return [
            row("Harbour", spellings[number], 8_000 + 40 * number, day, **values),
            row("Lake", spellings[5 - number], 500_000 + 8 * number, day, **values)
            | {"serialNumber": ["T-9", "T-9", None, "t-9", "0000000", "T-9"][number]},
        ]

    simulate(dealer, first, 6, fleet, backwards=first == MONDAY)

    assert 238 <= dealer.total() <= 242
    assert len(dealer.devices()) == 2


@every_order
def test_k2_a_machine_at_two_customers_some_pages_apart_is_counted_once(
    dealer: Dealer, backwards: bool
) -> None:
    for customer in ("Harbour", "Lake"):
        dealer.connects(customer, dealer.at(MONDAY))

    def fleet(number: int, day: date) -> list[Row]:
        values = {"asset": None if number % 2 else "DESK", "counters": by_area}
        return [
            row("Harbour", "S-1", 5_000 + 100 * number, day, **values),
            row("Lake", "s-1", 5_003 + 100 * number, day, asset="L-7", counters=by_area),
            row("Harbour", "S-1", 5_000 + 100 * number, day, asset=None, counters=by_area),
        ]

    simulate(dealer, MONDAY, 5, fleet, backwards=backwards)

    assert 400 <= dealer.total() <= 403
    assert len(dealer.devices()) == 1


@pytest.mark.parametrize("second", [True, False])
def test_k2_a_machine_at_two_servers_of_one_partner_is_counted_once(
    dealer: Dealer, second: bool
) -> None:
    other = dealer.registers()
    dealer.connects("Harbour", dealer.at(MONTH_END))
    dealer.connects("Lake", dealer.at(MONTH_END), other)
    pairs = [(dealer.server_id, "Harbour"), (other, "Lake")]
    for number, day in enumerate(days(MONTH_END, 6)):
        if day == CLOSING_DAY:
            dealer.close_month("2026-10", dealer.at(day))
        for server_id, customer in pairs[::-1] if second else pairs:
            dealer.night(day, [row(customer, "S-1", 5_000 + 70 * number, day)], server_id)
            dealer.check()

    assert dealer.total() == 5 * 70
    assert len(dealer.devices()) == 1
    assert (
        dealer.certified()
        + sum(
            dealer.counted_in(feed).get("2026-11", 0)
            for feed in {one.feed_id for one in dealer.deltas()}
        )
        == 5 * 70
    )


# K4: a placeholder is no serial number.


@every_set_in_a_month
def test_k4_machines_that_share_a_placeholder_are_distinguished_by_their_assets(
    dealer: Dealer, counters: Counters, first: date
) -> None:
    for customer in ("Harbour", "Lake"):
        dealer.connects(customer, dealer.at(first))
    listed = [
        ("Harbour", "N/A", "A1", 10_000),
        ("Harbour", "XXXXXXXXXX", "A2", 740_000),
        ("Lake", "0000000000", "A1", 88_000),
        ("Lake", "N/A", "A2", 300),
        ("Lake", "To be filled by O.E.M.", "A3", 41_000),
    ]

    def fleet(number: int, day: date) -> list[Row]:
        return [
            row(customer, serial, start + 20 * number, day, asset=asset, counters=counters)
            for customer, serial, asset, start in listed
        ]

    simulate(dealer, first, 5, fleet)

    assert 5 * 79 <= dealer.total() <= 5 * 81
    assert len(dealer.devices()) == 5
    assert dealer.held() == []


@pytest.mark.both_databases
def test_k4_a_machine_behind_a_placeholder_that_is_another_one_is_distinguished(
    dealer: Dealer,
) -> None:
    """For some nights under the asset ID of a machine whose serial number is known."""
    feed = dealer.connects("Harbour", dealer.at(MONDAY))

    def fleet(number: int, day: date) -> list[Row]:
        known = row("Harbour", "S-1", 10_000 + 30 * number, day, asset="DESK")
        other = row("Harbour", "N/A", 500 + 10 * number, day, asset="DESK")
        return [known] if number == 0 else [known, other] if number > 10 else [other]

    simulate(dealer, MONDAY, 14, fleet)

    # Each counts from its own first night; while one asset ID lists both, each continues.
    assert dealer.total(feed) == 13 * 30 + 12 * 10
    assert len(dealer.devices()) == 2


# K6: the old row stays.


@every_set_in_a_month
def test_k6_a_moved_machine_continues_while_its_old_row_does_not_change(
    dealer: Dealer, counters: Counters, first: date
) -> None:
    old, new = (dealer.connects(name, dealer.at(first)) for name in ("Harbour", "Lake"))
    last = f"{first + timedelta(days=1)}T19:11:00Z"

    def fleet(number: int, day: date) -> list[Row]:
        values = {"asset": "OLD", "counters": counters}
        if number < 2:
            return [row("Harbour", "S-1", 10_000 + 30 * number, day, **values)]
        frozen = row("Harbour", "S-1", 10_030, day, **values, seen=last)
        return [frozen, row("Lake", "S-1", 10_000 + 30 * number, day, **values)]

    simulate(dealer, first, 6, fleet, backwards=first == MONDAY)

    assert 149 <= dealer.total() <= 151
    assert 29 <= dealer.total(old) <= 31
    assert 119 <= dealer.total(new) <= 121


# K9: exact duplicates.


@every_set_in_a_month
def test_k9_rows_that_repeat_each_other_are_one_machine(
    dealer: Dealer, counters: Counters, first: date
) -> None:
    feed = dealer.connects("Harbour", dealer.at(first))

    def fleet(number: int, day: date) -> list[Row]:
        one = row("Harbour", "S-1", 10_000 + 30 * number, day, counters=counters)
        blank = row("Harbour", None, 800 + 12 * number, day, asset="DESK", counters=counters)
        return [one, blank, one, blank, one]

    simulate(dealer, first, 5, fleet, backwards=first == MONDAY)

    assert 4 * 42 - 2 <= dealer.total() <= 4 * 42 + 2
    assert dealer.outcome(feed).duplicates == 3
    assert len(dealer.devices()) == 2
