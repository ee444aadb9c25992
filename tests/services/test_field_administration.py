"""What users do to servers, accounts and calendars while printers continue (K10 to K12, K15)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from tests import factories
from tests.services.counters import Row, by_size, row
from tests.services.dealer import CLOSING_DAY, Dealer, days, simulate
from webapp.crypto import Keyring
from webapp.domain.metering.review import Decision
from webapp.errors import Invalid
from webapp.models import Account, Delta, Feed, Server
from webapp.printerpoint.fleet import Customer
from webapp.services.accounts import accounts, calendars
from webapp.services.accounts.audit import Actor
from webapp.services.feeds import feeds, renames
from webapp.services.metering import review
from webapp.services.servers import overlaps, servers

pytestmark = pytest.mark.slow

MONDAY = date(2026, 10, 19)
THURSDAY_OF_MONTH_END = date(2026, 10, 29)
OPERATOR = Actor(None, "command")


# K10: calendars change, then a held delta is decided.

#: What changes: the account's country, its region, or the package of holidays.
Change = Callable[[Dealer, pytest.MonkeyPatch], None]


def country(dealer: Dealer, _: pytest.MonkeyPatch) -> None:
    """The customer turns out to be in Greece, where 28 October is a holiday."""
    _edit(dealer, "GR", None)


def region(dealer: Dealer, _: pytest.MonkeyPatch) -> None:
    """It turns out to be in Nevada, where the last Friday of October is a holiday."""
    _edit(dealer, "US", "NV")


def package(_: Dealer, patch: pytest.MonkeyPatch) -> None:
    """Another version of the package has no holiday but October 27."""
    moved = date(2026, 10, 27)
    patch.setattr(calendars.PublicHolidays, "__contains__", lambda _, day: day == moved)


def _edit(dealer: Dealer, code: str, name: str | None) -> None:
    with dealer.session() as session:
        account = session.get_one(Account, dealer.accounts["Harbour"])
        accounts.change(session, account, name=account.name, country=code, region=name)
        session.commit()


@pytest.mark.parametrize(
    ("change", "decision"),
    [
        (country, "accepted"),
        (region, "adjusted"),
        (package, "accepted"),
        (package, "rejected"),
        (country, "reset"),
    ],
)
def test_k10_a_held_delta_is_decided_on_its_own_days_after_a_calendar_changed(
    dealer: Dealer, monkeypatch: pytest.MonkeyPatch, change: Change, decision: Decision
) -> None:
    first = date(2026, 10, 26)
    feed = dealer.connects("Harbour", dealer.at(first))
    simulate(dealer, first, 9, _silent_until_friday)
    [held] = dealer.deltas("held")
    allocation, before = held.allocation, (dealer.deposits(), dealer.counted_in(feed))
    change(dealer, monkeypatch)

    now = dealer.at(date(2026, 11, 4))
    pages = 700 if decision == "adjusted" else None
    with dealer.session() as session:
        delta = session.get_one(Delta, held.id)
        reason = "a donor board"
        added = review.decide(session, delta, decision, OPERATOR, now, pages=pages, reason=reason)
        session.commit()
    decided = dealer.deposits()
    dealer.check()
    with dealer.session() as session:
        review.reopen(session, session.get_one(Delta, held.id), OPERATOR, now + timedelta(hours=1))
        session.commit()

    assert added == {"accepted": 61_160, "adjusted": 700}.get(decision, 0)
    changed = {day: n - before[0].get((feed, day), 0) for (_, day), n in decided.items()}
    assert sum(changed.values()) == added
    assert {day for day, n in changed.items() if n} <= {
        date.fromisoformat(day) for day, _ in allocation
    }
    assert {key: n for key, n in dealer.deposits().items() if n} == before[0]
    assert dealer.counted_in(feed) == before[1]
    dealer.check()


def _silent_until_friday(number: int, day: date) -> list[Row]:
    """One machine jumps after four silent nights, at month end; another prints all the time."""
    polled = date(2026, 10, 26) if number < 4 else day
    jumped = 90_000 + (61_000 + 40 * number if number >= 4 else 0)
    return [
        row("Harbour", "S-1", jumped, day, seen=f"{polled}T19:11:00Z", counters=by_size),
        row("Harbour", "S-2", 4_000 + 30 * number, day, seen=f"{polled}T19:11:00Z"),
    ]


@pytest.mark.parametrize("change", [country, region, package])
def test_k10_a_gap_is_spread_once_whatever_calendar_holds_later(
    dealer: Dealer, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    first = date(2026, 10, 26)
    dealer.connects("Harbour", dealer.at(first))
    simulate(dealer, first, 5, _silent_until_friday)
    before = dealer.deposits()
    change(dealer, monkeypatch)

    for number, day in enumerate(days(first, 5)):
        dealer.night(day, _silent_until_friday(number, day))
    dealer.night(days(first, 5)[-1], _silent_until_friday(4, days(first, 5)[-1]))

    assert dealer.deposits() == before
    dealer.check()


# K11: equal names, different IDs.


def test_k11_two_companies_of_one_name_have_an_account_and_a_certificate_each(
    dealer: Dealer,
) -> None:
    first = date(2026, 10, 30)
    found = [Customer("Harbour", key, 1) for key in ("H-1", "H-2")] + [Customer("harbour", None, 1)]
    with dealer.session() as session:
        server = session.get_one(Server, dealer.server_id)
        connected = feeds.create_all_feeds(session, server, found, dealer.at(first), found)
        dealer.accounts = {str(n): feed.account_id for n, feed in enumerate(connected.feeds)}
        session.commit()

    def fleet(number: int, day: date) -> list[Row]:
        return [
            row("Harbour", "S-1", 1_000 + 10 * number, day, id="H-1"),
            row("Harbour", "S-2", 1_000 + 200 * number, day, id="H-2"),
            row("harbour", "S-3", 1_000 + 3_000 * number, day, id=None),
        ]

    for number, day in enumerate(days(first, 3)):
        dealer.night(day, fleet(number, day))
    issued = dealer.close_month("2026-10", dealer.at(CLOSING_DAY))

    assert len(set(dealer.accounts.values())) == 3
    assert sorted(issued.values()) == [10, 200, 3_000]
    dealer.check()


# K12: one fleet, twice.


def test_k12_a_fleet_under_other_spellings_is_the_same_fleet(dealer: Dealer) -> None:
    keys = Keyring([Fernet.generate_key().decode()])
    fleet = ["cnb1l 0001", "CNB1L0002 ", "Cnb1l0003", "CNB1L\u00a00004", "CNB1L0005", "N/A"]
    again = [f"CNB1L000{number}" for number in range(1, 6)] + ["XXXXXXXX", None, "N/A"]
    now = dealer.at(MONDAY)
    with dealer.session() as session:
        partner = session.get_one(Account, dealer.partner_id)
        one = servers.register(
            session,
            keys,
            partner,
            name="Boston",
            token="t-1",
            now=now,
            serials=overlaps.usable_serials(fleet),
        )
        session.commit()
        with pytest.raises(Invalid, match="“Boston”"):
            servers.register(
                session,
                keys,
                partner,
                name="Again",
                token="t-2",
                now=now,
                serials=overlaps.usable_serials(again),
            )
        session.rollback()
        elsewhere = factories.server(session)
        elsewhere.created_at = now + timedelta(days=1)
        waits = overlaps.check_fleet(session, elsewhere, again, now + timedelta(days=1))

    assert waits is not None
    assert elsewhere.awaiting_approval_since is not None
    assert one.awaiting_approval_since is None


# K15: renamed without an ID.


@pytest.mark.both_databases
@pytest.mark.parametrize("first", [MONDAY, date(2026, 10, 30)], ids=["open", "closed"])
def test_k15_a_renamed_company_continues_in_its_feed(dealer: Dealer, first: date) -> None:
    feed = dealer.connects("Miller", dealer.at(first), id=None)
    relinked: list[datetime] = []
    for number, day in enumerate(days(first, 8)):
        if day == CLOSING_DAY:
            dealer.close_month("2026-10", dealer.at(day))
        name = "Miller" if number < 2 else "Miller & Sons"
        rows = [
            row(name, "S-1", 5_000 + 30 * number, day, id=None, counters=by_size),
            row(name, "N/A", 700 + 7 * number, day, id=None, asset="DESK"),
        ]
        dealer.night(day, rows)
        if number == 5:
            relinked.append(dealer.at(day + timedelta(days=1)))
            with dealer.session() as session:
                found = session.get_one(Feed, feed)
                assert found.successor_name == "Miller & Sons"
                assert renames.relink(session, found, relinked[0])
                session.commit()

    assert dealer.total() == dealer.total(feed) == 7 * 37
    with dealer.session() as session:
        assert (
            len(session.scalars(select(Feed).where(Feed.server_id == dealer.server_id)).all()) == 1
        )
    dealer.check()


def test_k15_a_company_with_another_name_for_some_nights_loses_no_page(dealer: Dealer) -> None:
    feed = dealer.connects("Miller", dealer.at(MONDAY), id=None)
    for number, day in enumerate(days(MONDAY, 8)):
        name = "Miler" if 2 <= number < 5 else "Miller"
        rows = [
            row(name, "S-1", 5_000 + 30 * number, day, id=None, counters=by_size),
            row(name, "N/A", 700 + 7 * number, day, id=None, asset="DESK"),
        ]
        dealer.night(day, rows)

    assert dealer.total(feed) == 7 * 37
    dealer.check()


def test_k15_a_renamed_company_with_a_new_printer_continues_in_its_feed(dealer: Dealer) -> None:
    feed = dealer.connects("Miller", dealer.at(MONDAY), id=None)
    for number, day in enumerate(days(MONDAY, 8)):
        name = "Miller" if number < 2 else "Miller & Sons"
        rows = [row(name, "S-1", 5_000 + 30 * number, day, id=None)]
        if number >= 3:
            rows.append(row(name, "S-2", 900 + 5 * number, day, id=None))
        dealer.night(day, rows)
        if number == 5:
            with dealer.session() as session:
                relinked = dealer.at(day + timedelta(days=1))
                assert renames.relink(session, session.get_one(Feed, feed), relinked)
                session.commit()

    assert dealer.total(feed) == 7 * 30 + 5
    dealer.check()
