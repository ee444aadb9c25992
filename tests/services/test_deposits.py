"""Deposits: pages are added, withdrawn and added again, in open months and after they closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests import factories
from tests.queries import counted
from webapp.domain.months import Month
from webapp.models import Deposit, ServerDay
from webapp.services.metering import deposits
from webapp.services.metering.deposits import FeedOfDeposits

pytestmark = pytest.mark.both_databases

OCTOBER_30, OCTOBER_31 = date(2026, 10, 30), date(2026, 10, 31)
NOVEMBER_2 = date(2026, 11, 2)
OCTOBER = Month(2026, 10)


@dataclass(frozen=True)
class Ledger:
    """The deposits of one feed."""

    session: Session
    feed_id: int
    server_id: int

    def apply(self, changes: Mapping[date, int], last_closed: Month | None = None) -> int:
        """Change them."""
        feed = FeedOfDeposits(self.feed_id, self.server_id, last_closed)
        return deposits.apply(self.session, feed, changes)

    def rows(self) -> list[tuple[date, str, str, int]]:
        """Day, month counted in, kind and pages of those that are not 0."""
        rows = self.session.execute(
            select(Deposit.day, Deposit.counted_in, Deposit.kind, Deposit.pages)
            .where(Deposit.pages != 0)
            .order_by(Deposit.day, Deposit.counted_in, Deposit.kind)
        )
        return [(day, month, kind, pages) for day, month, kind, pages in rows]

    def summed(self) -> list[tuple[date, str, int]]:
        """The same of the server's summary."""
        rows = self.session.execute(
            select(ServerDay.day, ServerDay.counted_in, ServerDay.pages)
            .where(ServerDay.pages != 0)
            .order_by(ServerDay.day, ServerDay.counted_in)
        )
        return [(day, month, pages) for day, month, pages in rows]


@pytest.fixture
def ledger(session: Session) -> Ledger:
    """A feed without deposits."""
    feed = factories.feed(session)
    return Ledger(session, feed.id, feed.server_id)


def test_pages_are_added_and_withdrawn_in_an_open_month(ledger: Ledger) -> None:
    added = ledger.apply({OCTOBER_30: 50, OCTOBER_31: 7})
    withdrawn = ledger.apply({OCTOBER_30: -20, OCTOBER_31: -7})

    assert (added, withdrawn) == (57, -27)
    assert ledger.rows() == [(OCTOBER_30, "2026-10", "pages", 30)]
    assert ledger.summed() == [(OCTOBER_30, "2026-10", 30)]


def test_pages_withdrawn_from_a_closed_month_are_a_correction_in_the_open_one(
    ledger: Ledger,
) -> None:
    ledger.apply({OCTOBER_30: 50})

    ledger.apply({OCTOBER_30: -20, NOVEMBER_2: 5}, OCTOBER)
    ledger.apply({OCTOBER_30: -10}, OCTOBER)

    assert ledger.rows() == [
        (OCTOBER_30, "2026-10", "pages", 50),
        (OCTOBER_30, "2026-11", "correction", -30),
        (NOVEMBER_2, "2026-11", "pages", 5),
    ]
    assert ledger.summed() == [
        (OCTOBER_30, "2026-10", 50),
        (OCTOBER_30, "2026-11", -30),
        (NOVEMBER_2, "2026-11", 5),
    ]


def test_late_pages_of_a_closed_day_are_withdrawn_before_it_is_corrected(ledger: Ledger) -> None:
    ledger.apply({OCTOBER_30: 50})
    ledger.apply({OCTOBER_30: 30}, OCTOBER)

    ledger.apply({OCTOBER_30: -20}, OCTOBER)
    lowered = ledger.rows()
    ledger.apply({OCTOBER_30: -25}, OCTOBER)

    assert lowered[1:] == [(OCTOBER_30, "2026-11", "pages", 10)]
    assert ledger.rows()[1:] == [(OCTOBER_30, "2026-11", "correction", -15)]


@pytest.mark.parametrize("late", [0, 30])
def test_withdrawing_pages_and_adding_them_again_changes_nothing(ledger: Ledger, late: int) -> None:
    ledger.apply({OCTOBER_30: 50, OCTOBER_31: 9})
    ledger.apply({OCTOBER_30: late}, OCTOBER)
    before, summed = ledger.rows(), ledger.summed()

    ledger.apply({OCTOBER_30: -45, OCTOBER_31: -9}, OCTOBER)
    ledger.apply({OCTOBER_31: 9}, OCTOBER)
    ledger.apply({OCTOBER_30: 45}, OCTOBER)

    assert (ledger.rows(), ledger.summed()) == (before, summed)


def test_a_correction_that_a_closed_month_has_counted_stays_there(ledger: Ledger) -> None:
    ledger.apply({OCTOBER_30: 50})
    ledger.apply({OCTOBER_30: -20}, OCTOBER)

    ledger.apply({OCTOBER_30: 20}, Month(2026, 11))

    assert ledger.rows() == [
        (OCTOBER_30, "2026-10", "pages", 50),
        (OCTOBER_30, "2026-11", "correction", -20),
        (OCTOBER_30, "2026-12", "pages", 20),
    ]


def test_without_a_change_no_statement_is_sent(ledger: Ledger) -> None:
    with counted() as queries:
        assert ledger.apply({}) == 0
        assert ledger.apply({OCTOBER_30: 0}) == 0

    assert queries == []


def test_many_days_take_as_many_statements_as_one(ledger: Ledger) -> None:
    days = [date(2026, 9, n) for n in range(1, 31)]
    ledger.apply(dict.fromkeys(days, 10))

    with counted() as one:
        ledger.apply({days[0]: -2}, OCTOBER)
    with counted() as many:
        ledger.apply(dict.fromkeys(days, -3) | {OCTOBER_31: 4}, OCTOBER)

    assert len(one) == len(many) == 3


@pytest.mark.parametrize(("kind", "pages"), [("pages", -1), ("correction", 1), ("gift", 1)])
def test_the_database_refuses_an_invalid_kind_or_sign_of_a_deposit(
    ledger: Ledger, kind: str, pages: int
) -> None:
    row = {"day": OCTOBER_30, "counted_in": "2026-10", "kind": kind, "pages": pages}
    ledger.session.add(Deposit(feed_id=ledger.feed_id, **row))

    with pytest.raises(IntegrityError, match="ck_deposit_pages"):
        ledger.session.flush()
    ledger.session.rollback()
