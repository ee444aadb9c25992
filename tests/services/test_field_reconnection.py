"""Feeds and servers that are removed and come back, and pages of a loan (K13, K14)."""

from datetime import date, timedelta

import pytest

from tests.services.counters import Row, by_area, by_size, row
from tests.services.dealer import CLOSING_DAY, Dealer, days, simulate

pytestmark = pytest.mark.slow

MONDAY = date(2026, 10, 19)
THURSDAY_OF_MONTH_END = date(2026, 10, 29)


# K13: feeds and servers are removed and come back; a serial number becomes known.


@pytest.mark.parametrize("hours", [0, 1, 23], ids=["at_once", "same_morning", "next_day"])
@pytest.mark.parametrize("first", [MONDAY, THURSDAY_OF_MONTH_END], ids=["open", "closed"])
def test_k13_a_feed_that_is_connected_again_loses_no_page(
    dealer: Dealer, first: date, hours: int
) -> None:
    feed = dealer.connects("Harbour", dealer.at(first))
    simulate(dealer, first, 4, _two_machines)
    moment = dealer.at(first + timedelta(days=4), 9)
    if moment.date() == CLOSING_DAY:
        dealer.close_month("2026-10", moment)
    dealer.removes(feed, moment)

    again = dealer.connects("Harbour", moment + timedelta(hours=hours))
    for number, day in list(enumerate(days(first, 8)))[4 + (hours > 12) :]:
        dealer.night(day, _two_machines(number, day))

    assert again != feed
    assert dealer.total() == 7 * 33
    assert len(dealer.devices()) == 2
    dealer.check()


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Pacific/Auckland", "America/Los_Angeles"])
@pytest.mark.parametrize("hour", [1, 8, 20])
def test_k13_the_next_day_is_that_of_the_partners_zone(
    database_url: str, zone: str, hour: int
) -> None:
    dealer = Dealer(database_url, zone)
    feed = dealer.connects("Harbour", dealer.at(MONDAY))
    for number, day in enumerate(days(MONDAY, 3)):
        dealer.night(day, _two_machines(number, day))
    stopped = MONDAY + timedelta(days=3)
    dealer.removes(feed, dealer.at(stopped, hour))

    dealer.connects("Harbour", dealer.at(stopped + timedelta(days=1), 21))
    for number, day in list(enumerate(days(MONDAY, 6)))[4:]:
        dealer.night(day, _two_machines(number, day))

    assert dealer.total() == 5 * 33
    dealer.check()


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
@pytest.mark.parametrize("hour", [1, 20])
def test_k13_a_feed_connected_again_days_later_has_a_new_baseline(
    database_url: str, zone: str, hour: int
) -> None:
    dealer = Dealer(database_url, zone)
    feed = dealer.connects("Harbour", dealer.at(MONDAY))
    for number, day in enumerate(days(MONDAY, 3)):
        dealer.night(day, _two_machines(number, day))
    stopped = MONDAY + timedelta(days=3)
    dealer.removes(feed, dealer.at(stopped, hour))

    dealer.connects("Harbour", dealer.at(stopped + timedelta(days=2), 9))
    for number, day in list(enumerate(days(MONDAY, 8)))[5:]:
        dealer.night(day, _two_machines(number, day))

    assert dealer.total() == 2 * 33 + 2 * 33
    dealer.check()


def _two_machines(number: int, day: date) -> list[Row]:
    """A machine with a serial number, and one that has only an asset ID."""
    return [
        row("Harbour", "S-1", 5_000 + 21 * number, day, counters=by_area),
        row("Harbour", None, 80_000 + 12 * number, day, asset="DESK"),
    ]


@pytest.mark.parametrize("first", [MONDAY, THURSDAY_OF_MONTH_END], ids=["open", "closed"])
def test_k13_a_server_that_is_registered_anew_loses_no_page(dealer: Dealer, first: date) -> None:
    for customer in ("Harbour", "Lake"):
        dealer.connects(customer, dealer.at(first), id=None)
    simulate(dealer, first, 4, _of_two_customers)
    moment = dealer.at(first + timedelta(days=4))
    if moment.date() == CLOSING_DAY:
        dealer.close_month("2026-10", moment)
    dealer.removes_server(moment)

    other = dealer.registers()
    for customer in ("Harbour", "Lake"):
        dealer.connects(customer, moment + timedelta(minutes=20), other, id=None)
    for number, day in list(enumerate(days(first, 7)))[4:]:
        dealer.night(day, _of_two_customers(number, day), other)

    assert dealer.total() == 6 * 46
    assert len(dealer.devices()) == 4
    dealer.check()


def _of_two_customers(number: int, day: date) -> list[Row]:
    """Machines with and without serial numbers, of two customers without IDs."""
    return [one | {"customerCompanyId": None} for one in _two_machines(number, day)] + [
        row("Lake", "L-1", 5_000 + 10 * number, day, id=None),
        row("Lake", "N/A", 900 + 3 * number, day, asset="DESK", id=None),
    ]


@pytest.mark.parametrize("first", [MONDAY, THURSDAY_OF_MONTH_END], ids=["open", "closed"])
@pytest.mark.parametrize("blank", [None, "", "Unknown", "00000000"])
def test_k13_a_serial_number_that_becomes_known_loses_no_page(
    dealer: Dealer, first: date, blank: str | None
) -> None:
    for customer in ("Harbour", "Lake"):
        dealer.connects(customer, dealer.at(first))

    def fleet(number: int, day: date) -> list[Row]:
        one, two = (blank if number < n or number == 5 else f"S-{n}" for n in (3, 4))
        return [
            row("Harbour", one, 6_000 + 15 * number, day, asset="DESK", counters=by_area),
            row("Lake", two, 20_000 + 4 * number, day, asset="DESK", counters=by_size),
        ]

    simulate(dealer, first, 8, fleet)

    assert dealer.total() == 7 * 19
    assert len(dealer.devices()) == 2


# K14: on loan at a customer without a feed.


@pytest.mark.parametrize("home", ["Harbour", "Lake"], ids=["returns", "moves_on"])
@pytest.mark.parametrize("serial", ["M-1", "m 1"])
def test_k14_pages_printed_on_loan_are_not_counted(dealer: Dealer, home: str, serial: str) -> None:
    first = date(2026, 10, 22)
    harbour, lake = (dealer.connects(name, dealer.at(first)) for name in ("Harbour", "Lake"))

    def fleet(number: int, day: date) -> list[Row]:
        where = "Harbour" if number < 4 else "Museum" if number < 15 else home
        return [
            row(where, serial, 30_000 + 50 * number, day, asset="ROVING", counters=by_area),
            row("Harbour", "S-1", 100 + 2 * number, day),
            row("Lake", "S-2", 100 + 3 * number, day),
        ]

    simulate(dealer, first, 18, fleet)

    own = {harbour: 3 * 50 + 17 * 2, lake: 17 * 3}
    own[harbour if home == "Harbour" else lake] += 3 * 50
    assert {feed: dealer.total(feed) for feed in (harbour, lake)} == own
    assert dealer.held() == []


@pytest.mark.both_databases
@pytest.mark.parametrize("back", ["Harbour", "Lake"], ids=["returns", "moves_on"])
@pytest.mark.parametrize("museum", ["ID-Museum", None], ids=["id", "no_id"])
def test_k14_a_loan_of_every_printer_of_a_customer(
    dealer: Dealer, museum: str | None, back: str
) -> None:
    first = THURSDAY_OF_MONTH_END
    harbour, lake = (dealer.connects(name, dealer.at(first)) for name in ("Harbour", "Lake"))

    def fleet(number: int, day: date) -> list[Row]:
        where = "Harbour" if number < 3 else "Museum" if number < 9 else back
        count = 30_000 + 50 * number + 40_000 * (number > 4)
        key = museum if where == "Museum" else f"ID-{where}"
        rows = [
            row(where, "M-1", count, day, id=key),
            row("Lake", "S-2", 100 + 3 * number, day),
        ]
        # Without an ID the museum is another company because it has more printers.
        return rows if museum else [*rows, row("Museum", "S-1", 100, day, id=None)]

    simulate(dealer, first, 12, fleet)

    own = {harbour: 2 * 50, lake: 11 * 3}
    own[harbour if back == "Harbour" else lake] += 3 * 50
    assert {feed: dealer.total(feed) for feed in (harbour, lake)} == own
    assert dealer.held() == []


def test_k14_a_loan_of_every_printer_to_a_customer_that_is_connected_meanwhile(
    dealer: Dealer,
) -> None:
    harbour = dealer.connects("Harbour", dealer.at(MONDAY))
    museum = 0
    for number, day in enumerate(days(MONDAY, 12)):
        where = "Harbour" if number < 3 or number >= 10 else "Museum"
        if number == 6:
            museum = dealer.connects("Museum", dealer.at(day))
        rows = [row(where, "M-1", 30_000 + 50 * number, day), row("Museum", "S-1", 100, day)]
        dealer.night(day, rows)

    assert dealer.total(museum) == 4 * 50
    assert dealer.total(harbour) == 2 * 50 + 2 * 50
    dealer.check()


def test_k14_a_loan_to_a_customer_that_is_connected_meanwhile(dealer: Dealer) -> None:
    harbour = dealer.connects("Harbour", dealer.at(MONDAY))
    museum = 0
    for number, day in enumerate(days(MONDAY, 12)):
        where = "Harbour" if number < 3 or number >= 10 else "Museum"
        if number == 6:
            museum = dealer.connects("Museum", dealer.at(day))
        rows = [row(where, "M-1", 30_000 + 50 * number, day), row("Harbour", "S-1", 100, day)]
        dealer.night(day, rows)

    # From the day on which it was connected the pages are the museum's.
    assert dealer.total(museum) == 4 * 50
    assert dealer.total(harbour) == 2 * 50 + 2 * 50
    dealer.check()
