"""``releaf month``: close a customer's month."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.cli.conftest import Releaf
from webapp import clock
from webapp.domain.months import Month
from webapp.models import AuditEntry, ClosedMonth, Document, Feed

pytestmark = pytest.mark.slow  # renders documents

#: Months that may be closed for certain, whatever today is.
LATER = Month.of(clock.now().date()).previous().previous()
MONTH = LATER.previous()


@pytest.fixture
def harbour(releaf: Releaf) -> Releaf:
    """Harbour (account 2) with 16,666 pages in MONTH and 100 in the month after; Hotel (3)."""
    with releaf.session() as session:
        partner = factories.partner(session, name="Northwind", time_zone="UTC")
        server = factories.server(session, partner)
        customers = [
            factories.customer(session, partner, name=name) for name in ("Harbour", "Hotel")
        ]
        feeds = [factories.feed(session, server, customer) for customer in customers]
        for feed in feeds:
            feed.created_at = datetime.combine(MONTH.first, time(), tzinfo=UTC)
        factories.deposit(session, feeds[0], day=MONTH.first, pages=16_666)
        factories.deposit(session, feeds[0], day=LATER.first, pages=100)
        collected_on = clock.now().date() - timedelta(days=1)
        factories.collection(session, server, day=collected_on)
    return releaf


def closed(releaf: Releaf) -> list[tuple[int, str]]:
    """The closed months by account."""
    with releaf.session() as session:
        rows = session.execute(
            select(ClosedMonth.account_id, ClosedMonth.month).order_by(
                ClosedMonth.account_id, ClosedMonth.month
            )
        )
        return [(account_id, month) for account_id, month in rows]


def test_a_month_is_closed_and_its_certificate_rendered(harbour: Releaf) -> None:
    document = harbour.made("month", "close", "--account", "Harbour", "--month", MONTH)

    certificate = document.pop("certificate")
    assert document == {
        "account": 2, "account_name": "Harbour", "month": str(MONTH), "earlier": [],
        "carried_pages": 0,
    }  # fmt: skip
    assert (certificate["number"], certificate["pages"]) == (f"R-{MONTH}-000001", 16_666)
    assert (certificate["trees"], certificate["corrections"]) == ("2.00", 0)
    assert closed(harbour) == [(2, str(MONTH))]
    with harbour.session() as session:
        assert session.scalars(select(Document.certificate_id)).all() == [1]
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.subject) == ("month closed", "Harbour")
        assert entry.details == {"month": str(MONTH), "certificate": f"R-{MONTH}-000001"}


def test_earlier_months_are_closed_with_it_and_named(harbour: Releaf) -> None:
    result = harbour("month", "close", "--account", 2, "--month", LATER)

    assert result.out.splitlines() == [
        f"{MONTH} closed: R-{MONTH}-000001, 16,666 pages, 2.00 trees",
        f"{LATER} closed: R-{LATER}-000002, 100 pages, 0.01 trees",
    ]
    assert closed(harbour) == [(2, str(MONTH)), (2, str(LATER))]


def test_a_month_below_the_minimum_is_carried_and_named(harbour: Releaf) -> None:
    account = harbour.made("account", "edit", 1, "--minimum-pages", 20_000)
    result = harbour("month", "close", "--account", 2, "--month", MONTH)
    issued = harbour.made("certificates", "issue", "--month", MONTH)
    harbour.made("account", "edit", 1, "--minimum-pages", 0)
    later = harbour.made("month", "close", "--account", 2, "--month", LATER)
    again = harbour.made("certificates", "issue", "--month", MONTH)

    number = f"R-{LATER}-000001"
    assert account["minimum_pages"] == 20_000
    assert result.out == f"{MONTH} closed: 16,666 pages are carried to the next certificate\n"
    assert (issued["certificates"], issued["without_pages"]) == ([], [3])
    assert issued["carried"] == [{"account": 2, "certificate": None}]
    certificate = later["certificate"]
    assert (certificate["pages"], certificate["carried_pages"]) == (16_766, 16_666)
    assert again["carried"] == [{"account": 2, "certificate": number}]
    with harbour.session() as session:
        entries = session.scalars(
            select(AuditEntry.details).where(AuditEntry.action == "certificate minimum changed")
        ).all()
    assert entries == [{"before": 0, "after": 20_000}, {"before": 20_000, "after": 0}]


def test_a_month_without_pages_closes_without_a_certificate(harbour: Releaf) -> None:
    result = harbour("month", "close", "--account", "Hotel", "--month", MONTH)

    assert (result.code, result.out) == (0, f"{MONTH} closed: no pages, no certificate\n")
    assert closed(harbour) == [(3, str(MONTH))]


def test_pages_under_review_do_not_prevent_closing(harbour: Releaf) -> None:
    with harbour.session() as session:
        factories.delta(
            session, factories.device(session, session.get_one(Feed, 1)),
            day=MONTH.last, pages=900_000, state="held",
        )  # fmt: skip

    document = harbour.made("month", "close", "--account", "Harbour", "--month", MONTH)

    assert document["certificate"]["pages"] == 16_666


def test_a_month_that_is_closed_already_is_refused(harbour: Releaf) -> None:
    harbour.made("month", "close", "--account", "Harbour", "--month", MONTH)

    result = harbour("month", "close", "--account", "Harbour", "--month", MONTH, "--json")

    assert (result.code, result.error) == (1, (None, f"{MONTH} of Harbour is already closed."))


def grace_ends(month: Month) -> datetime:
    """The end of the grace of the month before, in UTC."""
    return datetime.combine(month.first + timedelta(days=1), time(6), tzinfo=UTC)


def test_a_month_that_has_not_ended_is_refused_and_nothing_closes(harbour: Releaf) -> None:
    present = Month.of(clock.now().date())

    result = harbour("month", "close", "--account", "Harbour", "--month", present, "--json")

    assert result.code == 1
    # On the first days of a month the one before is open too, and closes first.
    first = present.previous() if clock.now() < grace_ends(present) else present
    assert f"{first} of Harbour closes on {first.next()}-02 at 06:00" in result.error[1]
    assert closed(harbour) == []


def test_a_month_whose_last_night_was_not_collected_is_refused(harbour: Releaf) -> None:
    with harbour.session() as session:
        customer = session.get_one(Feed, 1).account
        factories.feed(session, factories.server(session, customer.partner), customer)

    result = harbour("month", "close", "--account", "Harbour", "--month", MONTH, "--json")

    assert result.code == 1
    assert f"waits for the night of {MONTH.last}" in result.error[1]
    assert closed(harbour) == []


def test_a_month_before_the_first_feed_is_refused(harbour: Releaf) -> None:
    result = harbour("month", "close", "--account", "Harbour", "--month", "1999-12", "--json")

    assert (result.code, result.error) == (1, (None, "Harbour had no feed in 1999-12."))
    assert closed(harbour) == []


@pytest.mark.parametrize(
    ("account", "month", "field"),
    [
        ("Northwind", MONTH, "account"),
        ("Nobody", MONTH, "account"),
        ("Harbour", "10/2026", "month"),
    ],
)
def test_only_a_customer_and_a_month_can_be_named(
    harbour: Releaf, account: str, month: object, field: str
) -> None:
    result = harbour("month", "close", "--account", account, "--month", month, "--json")

    assert (result.code, result.error[0]) == (2, field)
