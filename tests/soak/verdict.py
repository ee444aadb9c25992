"""What a run is judged by: the oracle, the fault-free run, certificates and reconciliation."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import func, select

from tests.soak.fleet import Fleet
from webapp.models import Account, Certificate, Delta, Deposit, Feed
from webapp.services import reconciliation


@dataclass(frozen=True, slots=True)
class Books:
    """What the service says at the end: pages by feed, and by account what is certified."""

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
    #: By victim; of these, ``struck`` tells how many were at work, and in mid-collection.
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
    differing_from_calm: int = 0
    #: Pages that the faults brought into another month's certificate: late ones.
    in_other_months: int = 0
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def books_of(fleet: Fleet) -> Books:
    """Read the books of a fleet's service."""
    with fleet.only_looking() as session:
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


def judge(report: Report, fleet: Fleet, calm: Fleet) -> None:
    """Compare the run with the oracle and with the fault-free run; the report tells the rest."""
    printed, quiet_printed = fleet.printed(), calm.printed()
    books, quiet = books_of(fleet), books_of(calm)
    if printed != quiet_printed:
        report.wrong.append("the two runs did not print the same: the test is at fault")
    for feed, pages in printed.items():
        counted = books.deposited[feed] + books.held.get(feed, 0)
        calmly = quiet.deposited[feed] + quiet.held.get(feed, 0)
        report.differing += abs(counted - pages)
        report.differing_from_calm += abs(counted - calmly)
        if counted != pages:
            report.wrong.append(f"feed {feed}: {pages:,} pages printed, {counted:,} counted")
        if counted != calmly:
            report.wrong.append(f"feed {feed}: {calmly:,} without faults, {counted:,} counted")
    for account in books.certified:
        ours = books.certified[account] + books.open[account]
        theirs = quiet.certified[account] + quiet.open[account]
        if ours + _held(fleet, books, account) != theirs + _held(calm, quiet, account):
            report.wrong.append(
                f"account {account}: {theirs:,} certified or open without faults, {ours:,} now"
            )
    report.wrong += [f"reconciliation: {difference}" for difference in books.differences]
    report.wrong += [f"without faults: {difference}" for difference in quiet.differences]
    report.printed = sum(printed.values())
    report.held = sum(books.held.values())
    report.certified = sum(books.certified.values())
    shifted = books.months.copy()
    shifted.subtract(quiet.months)
    report.in_other_months = sum(pages for pages in shifted.values() if pages > 0)
    with fleet.only_looking() as session:
        report.certificates = session.scalar(select(func.count(Certificate.id))) or 0
    if not report.certified:
        report.wrong.append("no certificate was issued")


def _held(fleet: Fleet, books: Books, account: int) -> int:
    return sum(
        books.held.get(feed.feed_id, 0)
        for feed in fleet.feeds.values()
        if feed.account_id == account
    )
