"""Deposits: a feed's pages by day; added by each collection, withdrawn and restored on review.

Pages that a closed month has counted stay in it. If they are withdrawn later, they become a
correction: a deposit of negative pages for that day, counted in the first open month.
"""

from collections import defaultdict
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.db import lock, upsert
from webapp.domain.metering.review import deposited
from webapp.domain.months import Month, counting_month
from webapp.models import ClosedMonth, Delta, Deposit, Feed
from webapp.queries import metrics
from webapp.queries.metrics import DayPages, days_between
from webapp.services import summaries
from webapp.services.metering.deltas import of_row

_KEY = ("feed_id", "day", "counted_in", "kind")


@dataclass(frozen=True, slots=True)
class FeedOfDeposits:
    """A feed whose row is locked, and the latest closed month of its account."""

    feed_id: int
    server_id: int
    last_closed: Month | None


def apply(session: Session, feed: FeedOfDeposits, changes: Mapping[date, int]) -> int:
    """Add pages to days (negative: withdraw them); return the sum of the changes.

    The feed's row must be locked. Only the month in which a day is counted now changes. Withdrawn
    pages are taken from its deposit of that day; the rest becomes a correction. Added pages reduce
    a correction of that day first. Withdrawing pages and adding them again therefore changes
    nothing. Runs two statements and the summary's, regardless of the number of days.
    """
    changed = {
        day: (str(counting_month(day, feed.last_closed)), pages)
        for day, pages in sorted(changes.items())
        if pages
    }
    if not changed:
        return 0
    stored = _stored(session, feed.feed_id, changed)
    rows = []
    for day, (counted_in, change) in changed.items():
        before = {kind: stored.get((day, counted_in, kind), 0) for kind in ("pages", "correction")}
        for kind, pages in _changed(before["pages"], before["correction"], change).items():
            if pages != before[kind]:
                row = {"day": day, "counted_in": counted_in, "kind": kind, "pages": pages}
                rows.append({"feed_id": feed.feed_id, **row})
    upsert(session, Deposit, rows, key=_KEY, update=("pages",))
    summaries.add_deposits(
        session,
        feed.server_id,
        {(day, counted_in): pages for day, (counted_in, pages) in changed.items()},
    )
    return sum(pages for _, pages in changed.values())


def _stored(
    session: Session, feed_id: int, days: Collection[date]
) -> dict[tuple[date, str, str], int]:
    """Return a feed's deposits between the first and the last of these days."""
    rows = session.execute(
        select(Deposit.day, Deposit.counted_in, Deposit.kind, Deposit.pages).where(
            Deposit.feed_id == feed_id, Deposit.day.between(min(days), max(days))
        )
    )
    return {(row.day, row.counted_in, row.kind): row.pages for row in rows}


def _changed(pages: int, correction: int, change: int) -> dict[str, int]:
    """Return pages and correction of a day in its open month after a change."""
    if change > 0:
        restored = min(change, -correction)
        return {"pages": pages + change - restored, "correction": correction + restored}
    withdrawn = min(-change, pages)
    return {"pages": pages - withdrawn, "correction": correction + change + withdrawn}


def carry_corrections(session: Session, account_id: int, month: Month, carried: int) -> int:
    """Move corrections that exceed a month's pages to the next month; return these pages.

    ``carried``: pages of earlier months that its certificate would state, too. Call before the
    month closes, while the rows of the account's feeds are locked. The month and those pages are
    then at least 0, so that its certificate states what it counts. The corrections of the latest
    days move first.
    """
    excess = -carried - metrics.pages(session, metrics.Scope(account_id), month)
    if excess <= 0:
        return 0
    this, following = str(month), str(month.next())
    left, lowered, raised = excess, [], []
    moved: dict[int, dict[tuple[date, str], int]] = defaultdict(lambda: defaultdict(int))
    for row in _corrections(session, account_id, month):
        part = min(left, -row.pages)
        left -= part
        key = {"feed_id": row.feed_id, "day": row.day, "kind": "correction"}
        lowered.append({**key, "counted_in": this, "pages": row.pages + part})
        raised.append({**key, "counted_in": following, "pages": -part})
        moved[row.server_id][row.day, this] += part
        moved[row.server_id][row.day, following] -= part
        if not left:
            break
    upsert(session, Deposit, lowered, key=_KEY, update=("pages",))
    upsert(session, Deposit, raised, key=_KEY, add=("pages",))
    for server_id in sorted(moved):
        summaries.add_deposits(session, server_id, moved[server_id])
    return excess


def _corrections(session: Session, account_id: int, month: Month) -> Sequence[Any]:
    """Return the corrections counted in a month of an account, the latest days first."""
    return session.execute(
        select(Deposit.feed_id, Feed.server_id, Deposit.day, Deposit.pages)
        .join(Feed, Feed.id == Deposit.feed_id)
        .where(
            Feed.account_id == account_id,
            Deposit.counted_in == str(month),
            Deposit.kind == "correction",
            Deposit.pages < 0,
        )
        .order_by(Deposit.day.desc(), Deposit.feed_id.desc())
    ).all()


def apply_to_feeds(
    session: Session, changes: Mapping[int, Mapping[date, int]]
) -> Mapping[int, int]:
    """Lock feeds by id and ``apply`` their changes; return the sum of each."""
    changed = {feed_id: days for feed_id, days in changes.items() if any(days.values())}
    if not changed:
        return {}
    lock(session, Feed.id, *changed)
    closed = (
        select(func.max(ClosedMonth.month))
        .where(ClosedMonth.account_id == Feed.account_id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Feed.id, Feed.server_id, closed.label("last_closed"))
        .where(Feed.id.in_(changed))
        .order_by(Feed.server_id, Feed.id)  # their summaries are locked in this order, too
    ).all()
    return {
        row.id: apply(
            session,
            FeedOfDeposits(
                row.id, row.server_id, Month.parse(row.last_closed) if row.last_closed else None
            ),
            changed[row.id],
        )
        for row in rows
    }


def last_closed_month(session: Session, account_id: int) -> Month | None:
    """Return the latest closed month of an account."""
    text = session.scalar(
        select(func.max(ClosedMonth.month)).where(ClosedMonth.account_id == account_id)
    )
    return None if text is None else Month.parse(text)


def months_of_delta(session: Session, delta: Delta, pages: int) -> dict[Month, int]:
    """Return the pages that each month would count if so many of a delta's pages were counted."""
    closed = last_closed_month(session, delta.feed.account_id)
    counted = replace(of_row(delta), state="adjusted", counted=pages)
    months: dict[Month, int] = defaultdict(int)
    for day, share in deposited(counted):
        months[counting_month(day, closed)] += share
    return dict(sorted(months.items()))


def days_of_deltas(
    deltas: Sequence[Delta], read: Container[date], first: date, last: date
) -> list[DayPages]:
    """Return the pages that deltas count on each day from ``first`` to ``last``, as deposited.

    ``read``: the days with a reading.
    """
    pages: dict[date, int] = defaultdict(int)
    for delta in deltas:
        for day, counted in deposited(of_row(delta)):
            pages[day] += counted
    held: dict[date, int] = defaultdict(int)
    for delta in deltas:
        if delta.state == "held":
            held[delta.day] += delta.pages
    return days_between(first, last, pages, read, held)
