"""What a run is judged by: the oracle, the fault-free run, certificates and reconciliation."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import func, select

from tests.soak.fleet import Fleet
from webapp.models import Account, Certificate, Delta, Deposit, Feed
from webapp.queries import reconciliation


@dataclass(frozen=True, slots=True)
class Books:
    """The result of the service: pages by feed, and certified pages by account."""

    deposited: dict[int, int]
    held: dict[int, int]
    certified: dict[int, int]
    open: dict[int, int]
    months: Counter[tuple[int, str]]
    differences: list[str]


@dataclass(slots=True)
class Report:
    """A seed's run. ``wrong`` is empty when every page is where it belongs."""

    seed: int
    seconds: float = 0.0
    visits: int = 0
    unfinished: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    #: By victim; of these, ``struck`` has how many were at work, and in mid-collection.
    kills: dict[str, int] = field(default_factory=dict)
    struck: dict[str, int] = field(default_factory=dict)
    #: Processes that ended by themselves and were started again, as systemd would.
    ended: dict[str, int] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    printed: int = 0
    held: int = 0
    certified: int = 0
    certificates: int = 0
    #: Pages that differ from what was printed, and from the fault-free run.
    differing: int = 0
    differing_from_reference: int = 0
    #: Pages that the faults brought into another month's certificate: late ones.
    in_other_months: int = 0
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def books_of(fleet: Fleet) -> Books:
    """Read the books of a fleet's service."""
    with fleet.reading_session() as session:
        deposits = session.execute(
            select(Feed.id, Feed.account_id, Deposit.counted_in, func.sum(Deposit.pages))
            .join(Feed, Feed.id == Deposit.feed_id)
            .group_by(Feed.id, Feed.account_id, Deposit.counted_in)
        ).all()
        closed = {
            (certificate.account_id, certificate.month)
            for certificate in session.scalars(select(Certificate))
        }
        certified = session.execute(
            select(Certificate.account_id, func.sum(Certificate.pages)).group_by(
                Certificate.account_id
            )
        ).all()
        held = session.execute(
            select(Delta.feed_id, func.sum(Delta.pages))
            .where(Delta.state == "held")
            .group_by(Delta.feed_id)
        ).all()
        result = reconciliation.reconcile(session, select(Feed))
        accounts = session.scalars(select(Account.id).where(Account.kind == "customer")).all()
    books = Books(
        deposited=dict.fromkeys((feed.feed_id for feed in fleet.feeds.values()), 0),
        held={feed: int(pages) for feed, pages in held},
        certified=dict.fromkeys(accounts, 0)
        | {account: int(pages) for account, pages in certified},
        open=dict.fromkeys(accounts, 0),
        months=Counter(),
        differences=[str(difference) for difference in result.differences],
    )
    for feed, account, month, pages in deposits:
        books.deposited[feed] += int(pages)
        books.months[account, month] += int(pages)
        if (account, month) not in closed:
            books.open[account] += int(pages)
    return books


def compare(report: Report, fleet: Fleet, reference: Fleet) -> None:
    """Compare the run with the oracle and with the fault-free run; the rest is in the report."""
    printed, reference_printed = fleet.printed(), reference.printed()
    books, expected = books_of(fleet), books_of(reference)
    if printed != reference_printed:
        report.wrong.append("the two run did not print the same: the test is at fault")
    for feed, pages in printed.items():
        counted = books.deposited[feed] + books.held.get(feed, 0)
        expected_pages = expected.deposited[feed] + expected.held.get(feed, 0)
        report.differing += abs(counted - pages)
        report.differing_from_reference += abs(counted - expected_pages)
        if counted != pages:
            report.wrong.append(f"feed {feed}: {pages:,} pages printed, {counted:,} counted")
        if counted != expected_pages:
            report.wrong.append(
                f"feed {feed}: {expected_pages:,} without faults, {counted:,} counted"
            )
    for account in books.certified:
        ours = books.certified[account] + books.open[account]
        theirs = expected.certified[account] + expected.open[account]
        if ours + _held(fleet, books, account) != theirs + _held(reference, expected, account):
            report.wrong.append(
                f"account {account}: {theirs:,} certified or open without faults, {ours:,} now"
            )
    report.wrong += [f"reconciliation: {difference}" for difference in books.differences]
    report.wrong += [f"without faults: {difference}" for difference in expected.differences]
    report.printed = sum(printed.values())
    report.held = sum(books.held.values())
    report.certified = sum(books.certified.values())
    shifted = books.months.copy()
    shifted.subtract(expected.months)
    report.in_other_months = sum(pages for pages in shifted.values() if pages > 0)
    with fleet.reading_session() as session:
        report.certificates = session.scalar(select(func.count(Certificate.id))) or 0
    if not report.certified:
        report.wrong.append("no certificate was issued")


def _held(fleet: Fleet, books: Books, account: int) -> int:
    return sum(
        books.held.get(feed.feed_id, 0)
        for feed in fleet.feeds.values()
        if feed.account_id == account
    )
