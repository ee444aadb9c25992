"""Months below a partner's minimum: carried to the next certificate, each page certified once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from random import Random
from threading import Barrier

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import factories
from tests.database import open_session
from tests.services.test_corrections import DECEMBER, NOVEMBER, NOW, OCTOBER, Books
from webapp.domain.months import Month
from webapp.errors import Invalid
from webapp.models import Account, Certificate, ClosedMonth, Feed
from webapp.queries import reconciliation
from webapp.queries.certificates import carried_months, carried_pages
from webapp.services.certificates import certificates, minimum, months

MINIMUM = 100
OCTOBER_30, NOVEMBER_2, DECEMBER_1 = date(2026, 10, 30), date(2026, 11, 2), date(2026, 12, 1)


@pytest.fixture
def books(session: Session) -> Iterator[Books]:
    """A customer whose partner has a minimum of 100 pages; without any deposit."""
    server = factories.server(session)
    server.account.minimum_pages = MINIMUM
    customer = factories.customer(session, server.account)
    second = factories.server(session, server.account, name="Second")
    feeds = [factories.feed(session, one, customer) for one in (server, second)]
    yield Books(session, customer, feeds)
    session.rollback()


def figures(certificate: Certificate | None) -> tuple[int, int, int, int]:
    """What a certificate states: pages, carried and late pages, corrections."""
    assert certificate is not None
    return (
        certificate.pages,
        certificate.carried_pages,
        certificate.late_pages,
        certificate.corrections,
    )


def differences(books: Books) -> list[str]:
    """What a reconciliation finds, except that there are no devices here."""
    found = reconciliation.reconcile(books.session, select(Feed)).differences
    return [str(one) for one in found if one.kind != "Feed"]


@pytest.mark.both_databases
def test_a_month_below_the_minimum_is_a_line_of_the_next_certificate(books: Books) -> None:
    feed, other = books.feeds
    books.apply(feed, OCTOBER_30, 60)
    books.apply(other, OCTOBER_30, 39)

    october = books.close_month(OCTOBER)
    carried = carried_pages(books.session, books.account.id)
    books.apply(feed, NOVEMBER_2, 1)
    november = books.close_month(NOVEMBER)

    assert october is None
    assert carried == {OCTOBER: 99}
    assert figures(november) == (100, 99, 0, 0)
    assert november is not None
    assert certificates.carried_months(november) == (OCTOBER.first, OCTOBER.first)
    assert carried_pages(books.session, books.account.id) == {}
    assert carried_months(books.session, books.account.id) == {OCTOBER: november.number}
    assert differences(books) == []


def test_a_month_with_the_minimum_has_a_certificate(books: Books) -> None:
    books.apply(books.feeds[0], OCTOBER_30, MINIMUM)

    assert figures(books.close_month(OCTOBER)) == (100, 0, 0, 0)


def test_without_a_minimum_one_page_has_a_certificate(books: Books) -> None:
    assert books.account.partner is not None
    minimum.change(books.account.partner, None)
    books.apply(books.feeds[0], OCTOBER_30, 1)

    assert figures(books.close_month(OCTOBER)) == (1, 0, 0, 0)


@pytest.mark.both_databases
def test_several_months_in_a_row_are_carried_together_also_without_pages(books: Books) -> None:
    feed, _ = books.feeds
    books.apply(feed, OCTOBER_30, 40)
    results = [books.close_month(OCTOBER), books.close_month(NOVEMBER)]
    books.apply(feed, DECEMBER_1, 40)
    results.append(books.close_month(DECEMBER))
    books.apply(feed, date(2027, 1, 4), 500)

    january = books.close_month(Month(2027, 1))

    assert results == [None, None, None]
    assert figures(january) == (580, 80, 0, 0)
    assert january is not None
    assert certificates.carried_months(january) == (OCTOBER.first, DECEMBER.first)
    assert differences(books) == []


def test_pages_of_an_account_that_prints_no_more_stay_carried(books: Books) -> None:
    books.apply(books.feeds[0], OCTOBER_30, 40)
    month = OCTOBER
    for _ in range(14):
        assert books.close_month(month) is None
        month = month.next()

    balance = reconciliation.reconcile(books.session, select(Feed)).balances[0]
    assert carried_pages(books.session, books.account.id) == {OCTOBER: 40}
    assert (balance.certified, balance.carried, balance.open) == (0, 40, 0)
    assert differences(books) == []


def test_carried_pages_are_certified_when_the_minimum_is_lowered(books: Books) -> None:
    books.apply(books.feeds[0], OCTOBER_30, 40)
    books.close_month(OCTOBER)
    assert books.account.partner is not None
    minimum.change(books.account.partner, 40)

    november = books.close_month(NOVEMBER)

    assert figures(november) == (40, 40, 0, 0)
    assert books.counted(OCTOBER) == 40


def test_a_higher_minimum_changes_no_certificate(books: Books) -> None:
    books.apply(books.feeds[0], OCTOBER_30, 150)
    october = books.close_month(OCTOBER)
    assert books.account.partner is not None
    minimum.change(books.account.partner, 1_000)
    books.apply(books.feeds[0], NOVEMBER_2, 150)

    november = books.close_month(NOVEMBER)

    assert figures(october) == (150, 0, 0, 0)
    assert november is None
    assert books.close_month(OCTOBER) is october
    assert carried_pages(books.session, books.account.id) == {NOVEMBER: 150}


@pytest.mark.both_databases
def test_pages_withdrawn_from_a_carried_month_are_a_correction_of_the_same_certificate(
    books: Books,
) -> None:
    feed, other = books.feeds
    books.apply(feed, OCTOBER_30, 90)
    books.close_month(OCTOBER)
    books.apply(feed, OCTOBER_30, -30)
    books.apply(other, OCTOBER_30, 20)
    books.apply(feed, NOVEMBER_2, 70)

    november = books.close_month(NOVEMBER)

    assert figures(november) == (150, 90, 20, -30)
    assert differences(books) == []


@pytest.mark.both_databases
def test_more_pages_withdrawn_than_carried_are_counted_in_the_month_after(books: Books) -> None:
    feed, _ = books.feeds
    books.apply(feed, OCTOBER_30, 150)
    books.close_month(OCTOBER)
    books.apply(feed, NOVEMBER_2, 20)
    books.close_month(NOVEMBER)
    books.apply(feed, OCTOBER_30, -50)

    december = books.close_month(DECEMBER)

    assert december is None
    assert (books.counted(DECEMBER), books.counted(DECEMBER.next())) == (-20, -30)
    assert carried_pages(books.session, books.account.id) == {}
    assert differences(books) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_every_history_certifies_carries_or_leaves_open_every_page(books: Books, seed: int) -> None:
    random = Random(seed)
    partner = books.account.partner
    assert partner is not None
    month, carried = OCTOBER, 0
    for _ in range(12):
        minimum.change(partner, random.choice([None, 50, 300, 2_000]))
        for _ in range(random.randint(0, 4)):
            feed = random.choice(books.feeds)
            day = OCTOBER.first + timedelta(random.randrange((month.last - OCTOBER.first).days))
            days = [key for key, pages in books.days.items() if pages]
            if days and random.random() < 0.4:
                feed_id, day = random.choice(days)
                feed = books.session.get_one(Feed, feed_id)
                books.apply(feed, day, -random.randint(1, books.days[feed_id, day]))
            else:
                books.apply(feed, day, random.randint(1, 200))
        books.close_month(month)
        books.close_month(month)
        month = month.next()
        waiting = sum(carried_pages(books.session, books.account.id).values())
        carried += waiting > 0
        assert waiting >= 0
        balances = reconciliation.reconcile(books.session, select(Feed)).balances
        assert sum(one.certified for one in balances) == books.certified()
        assert sum(one.carried for one in balances) == waiting
        counted = books.certified() + waiting + sum(one.open for one in balances)
        assert counted == sum(books.days.values())
        assert differences(books) == []

    assert carried


@pytest.mark.both_databases
def test_two_runs_close_and_certify_a_carried_month_once(database_url: str) -> None:
    with open_session(database_url) as session:
        server = factories.server(session)
        server.account.minimum_pages = MINIMUM
        customer = factories.customer(session, server.account)
        feed = factories.feed(session, server, customer)
        factories.deposit(session, feed, day=OCTOBER_30, pages=60)
        factories.deposit(session, feed, day=NOVEMBER_2, pages=60)
        session.commit()
        account_id = customer.id

    start = Barrier(2)

    def run() -> None:
        with open_session(database_url) as session:
            account = session.get_one(Account, account_id)
            due = months.open_months(session, account, NOVEMBER)
            session.commit()
            start.wait()
            for month in due:
                months.close(session, account, month, NOW, "Andes")
                session.commit()

    with ThreadPoolExecutor(2) as pool:
        for finished in [pool.submit(run), pool.submit(run)]:
            finished.result()

    with open_session(database_url) as session:
        closed = session.scalars(select(ClosedMonth).order_by(ClosedMonth.month)).all()
        assert [(one.month, one.certified_in) for one in closed] == [
            ("2026-10", "2026-11"),
            ("2026-11", "2026-11"),
        ]
        assert figures(session.scalars(select(Certificate)).one()) == (120, 60, 0, 0)


def test_a_carried_month_that_a_certificate_omits_is_a_difference(books: Books) -> None:
    books.apply(books.feeds[0], OCTOBER_30, 40)
    books.close_month(OCTOBER)
    books.apply(books.feeds[0], NOVEMBER_2, 100)
    books.close_month(NOVEMBER)
    omitted = books.session.get_one(ClosedMonth, (books.account.id, "2026-10"))
    omitted.certified_in = None
    books.session.flush()

    account = f"(id {books.account.id})"
    assert differences(books) == [
        f"Month 2026-10 {account}: 40 and 0 pages",
        f"Month 2026-11 {account}: 100 and 140 pages",
    ]


@pytest.mark.parametrize("pages", [-1, 1_000_001])
def test_a_minimum_out_of_range_is_refused(books: Books, pages: int) -> None:
    assert books.account.partner is not None
    with pytest.raises(Invalid):
        minimum.change(books.account.partner, pages)
    with pytest.raises(Invalid):
        minimum.change(books.account, 5)
