"""Corrections and certificates: certificates plus the open month are the deposits, always."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from webapp.domain.months import Month
from webapp.models import Account, Certificate, Deposit, Feed
from webapp.queries import metrics, reconciliation
from webapp.services.certificates import certificates, months
from webapp.services.metering import deposits
from webapp.services.metering.deposits import FeedOfDeposits

pytestmark = pytest.mark.slow

OCTOBER, NOVEMBER, DECEMBER = (Month(2026, month) for month in (10, 11, 12))
OCTOBER_30, NOVEMBER_2, DECEMBER_1 = date(2026, 10, 30), date(2026, 11, 2), date(2026, 12, 1)
NOW = datetime(2027, 6, 2, 12, tzinfo=UTC)


@dataclass
class Books:
    """A customer of two feeds, at two servers, and what its days have."""

    session: Session
    account: Account
    feeds: list[Feed]
    days: dict[tuple[int, date], int] = field(default_factory=lambda: defaultdict(int))

    def apply(self, feed: Feed, day: date, pages: int) -> None:
        """Add pages to a day of a feed, or withdraw them."""
        last_closed = deposits.last_closed_month(self.session, self.account.id)
        deposits.apply(
            self.session, FeedOfDeposits(feed.id, feed.server_id, last_closed), {day: pages}
        )
        self.days[feed.id, day] += pages

    def close_month(self, month: Month) -> Certificate | None:
        """Close a month."""
        return months.close(self.session, self.account, month, NOW, "Andes")

    def counted(self, month: Month) -> int:
        """Pages that a month counts."""
        return metrics.pages(self.session, metrics.Scope.account(self.account), month)

    def certified(self) -> int:
        """Pages on all certificates."""
        query = select(func.coalesce(func.sum(Certificate.pages), 0))
        return int(self.session.scalar(query) or 0)

    def stored(self) -> dict[tuple[int, date], int]:
        """Pages by feed and day, whichever month counts them."""
        rows = self.session.execute(
            select(Deposit.feed_id, Deposit.day, func.sum(Deposit.pages)).group_by(
                Deposit.feed_id, Deposit.day
            )
        )
        return {(feed, day): int(pages) for feed, day, pages in rows if pages}

    def add_up(self, first_open: Month) -> None:
        """Assert that certificates and the open months are the deposits, and all sums agree."""
        open_pages = sum(
            pages
            for month, pages in self.session.execute(
                select(Deposit.counted_in, Deposit.pages).where(
                    Deposit.counted_in >= str(first_open)
                )
            )
        )
        assert self.certified() + open_pages == sum(self.days.values())
        assert self.stored() == {key: pages for key, pages in self.days.items() if pages}
        for certificate in self.session.scalars(select(Certificate)):
            assert certificate.pages == self.counted(Month.parse(certificate.month)) > 0


@pytest.fixture
def books(session: Session) -> Iterator[Books]:
    """Without any deposit."""
    server = factories.server(session)
    customer = factories.customer(session, server.account)
    second = factories.server(session, server.account, name="Second")
    yield Books(
        session,
        customer,
        [factories.feed(session, one, customer) for one in (server, second)],
    )
    session.rollback()


@pytest.mark.parametrize("seed", [0, 1, 2, 4, 5])
def test_certificates_and_the_open_month_add_up_to_the_deposits_whatever_is_withdrawn(
    books: Books, seed: int
) -> None:
    random = Random(seed)
    exceeding = 0
    month = OCTOBER
    for corrects in (0.2, random.random(), 0.8, random.random(), 0.2):
        for _ in range(random.randint(3, 9)):
            feed = random.choice(books.feeds)
            day = OCTOBER.first + timedelta(random.randrange((month.last - OCTOBER.first).days))
            days = [key for key, pages in books.days.items() if pages]
            if days and random.random() < corrects:
                feed_id, day = random.choice(days)
                feed = books.session.get_one(Feed, feed_id)
                books.apply(feed, day, -random.randint(1, books.days[feed_id, day]))
            else:
                books.apply(feed, day, random.randint(1, 500))
            books.add_up(month)
        exceeding += books.counted(month) < 0
        books.close_month(month)
        month = month.next()
        books.add_up(month)

    found = reconciliation.reconcile(books.session, select(Feed)).differences
    assert {one.kind for one in found} <= {"Feed"}  # there are no devices here
    assert exceeding  # months of more corrections than pages were among them


def test_a_certificate_states_late_pages_and_corrections_apart(books: Books) -> None:
    feed, other = books.feeds
    books.apply(feed, OCTOBER_30, 500)
    books.close_month(OCTOBER)
    books.apply(feed, NOVEMBER_2, 200)
    books.apply(feed, OCTOBER_30, -120)
    books.apply(other, OCTOBER_30, 30)

    certificate = books.close_month(NOVEMBER)

    assert certificate is not None
    assert (certificate.pages, certificate.late_pages, certificate.corrections) == (110, 30, -120)
    values = certificates.values(books.session, certificate, "https://releaf.example")
    assert (values.pages, values.corrections) == (110, -120)
    assert values.late_months == (OCTOBER.first,)


def test_more_late_pages_than_pages_are_certified(books: Books) -> None:
    feed, other = books.feeds
    books.apply(feed, OCTOBER_30, 500)
    books.close_month(OCTOBER)
    books.apply(feed, OCTOBER_30, -120)
    books.apply(other, OCTOBER_30, 130)

    certificate = books.close_month(NOVEMBER)

    assert certificate is not None
    assert (certificate.pages, certificate.late_pages) == (10, 130)


@pytest.mark.both_databases
def test_corrections_that_exceed_a_month_are_carried_into_the_next(books: Books) -> None:
    feed, other = books.feeds
    books.apply(feed, OCTOBER_30, 500)
    books.apply(other, OCTOBER_30, 500)
    books.close_month(OCTOBER)
    books.apply(feed, NOVEMBER_2, 100)
    books.apply(feed, OCTOBER_30, -300)
    books.apply(other, OCTOBER_30, -50)

    november = books.close_month(NOVEMBER)
    books.apply(feed, DECEMBER_1, 400)
    december = books.close_month(DECEMBER)

    assert november is None
    assert (books.counted(NOVEMBER), books.counted(DECEMBER)) == (0, 150)
    assert december is not None
    assert (december.pages, december.corrections) == (150, -250)
    books.add_up(DECEMBER.next())


@pytest.mark.both_databases
def test_closing_again_carries_no_further_corrections(books: Books) -> None:
    feed, _ = books.feeds
    books.apply(feed, OCTOBER_30, 500)
    books.close_month(OCTOBER)
    books.apply(feed, OCTOBER_30, -300)
    books.close_month(NOVEMBER)

    assert books.close_month(NOVEMBER) is None
    assert (books.counted(NOVEMBER), books.counted(DECEMBER)) == (0, -300)
    books.add_up(DECEMBER)
