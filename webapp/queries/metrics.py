"""Sums of deposited pages for figures, charts and columns."""

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ScalarSelect, case, cast, func, select
from sqlalchemy.orm import Session, aliased

from webapp.domain.months import Month
from webapp.models import Account, Delta, Deposit, Device, Feed, Reading, Server, ServerDay
from webapp.queries import access


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose pages: of an account (a partner: of all its customers), of feeds, or all."""

    account_id: int | None = None
    is_partner: bool = False
    feed_ids: tuple[int, ...] | None = None

    @classmethod
    def feeds(cls, feed_ids: Iterable[int]) -> "Scope":
        """Return the scope of these feeds."""
        return cls(feed_ids=tuple(feed_ids))

    @classmethod
    def account(cls, account: Account) -> "Scope":
        """Return the scope of a partner's customers, or of one customer."""
        return cls(account.id, account.kind == "partner")


class DayPages(NamedTuple):
    """Pages of a day.

    ``recovered``: the day had no reading; its pages were allocated by a later one. ``held``: pages
    read on it that are under review, which ``pages`` does not include.
    """

    day: date
    pages: int
    recovered: bool = False
    held: int = 0


class EarlierPages(NamedTuple):
    """Pages counted in a month for days of earlier, closed months.

    They are pages reported late, and corrections (negative).
    """

    late: int
    corrections: int


@dataclass(frozen=True, slots=True)
class CustomerCounts:
    """A customer's feeds (without removed ones), the unhealthy ones, and its pages."""

    feeds: int = 0
    unhealthy: int = 0
    month_pages: int = 0
    pages: int = 0


def pages(session: Session, scope: Scope, month: Month | None = None) -> int:
    """Return the pages deposited; with ``month``, those counted in it."""
    table = _table(scope)
    query = _within(select(func.sum(table.pages)), scope)
    if month is not None:
        query = query.where(table.counted_in == str(month))
    return int(session.scalar(query) or 0)


def pages_by_month(session: Session, scope: Scope) -> dict[Month, int]:
    """Return pages by the month in which they are counted, in order, without empty months."""
    table = _table(scope)
    query = select(table.counted_in, func.sum(table.pages)).group_by(table.counted_in)
    rows = session.execute(_within(query, scope).order_by(table.counted_in))
    return {Month.parse(month): int(total) for month, total in rows if total}


def from_earlier_months(session: Session, feed_ids: Collection[int], month: Month) -> EarlierPages:
    """Return the pages that a month of these feeds counts for days of earlier months."""
    late = case((Deposit.kind == "pages", Deposit.pages), else_=0)
    corrections = case((Deposit.kind == "correction", Deposit.pages), else_=0)
    row = session.execute(
        select(
            func.coalesce(func.sum(late), 0).label("late"),
            func.coalesce(func.sum(corrections), 0).label("corrections"),
        ).where(
            Deposit.feed_id.in_(feed_ids),
            Deposit.counted_in == str(month),
            Deposit.day < month.first,
        )
    ).one()
    return EarlierPages(int(row.late), int(row.corrections))


def pages_by_day(session: Session, scope: Scope, first: date, last: date) -> list[DayPages]:
    """Return the pages of each day from ``first`` to ``last``, and those under review."""
    counted = _counted_by_day(session, scope, first, last)
    return days_between(first, last, counted, held=held_by_day(session, scope, first, last))


def held_by_day(session: Session, scope: Scope, first: date, last: date) -> dict[date, int]:
    """Return the pages under review by the day of their reading, without other days."""
    query = select(Delta.day, func.sum(Delta.pages)).where(
        access.IS_HELD, Delta.day.between(first, last)
    )
    if scope.feed_ids is not None:
        query = query.where(Delta.feed_id.in_(scope.feed_ids))
    elif scope.account_id is not None:
        feeds = select(Feed.id).join(Server, Server.id == Feed.server_id)
        owner = Server.account_id if scope.is_partner else Feed.account_id
        query = query.where(Delta.feed_id.in_(feeds.where(owner == scope.account_id)))
    return {day: int(total) for day, total in session.execute(query.group_by(Delta.day))}


def days_of_feeds(
    session: Session, feed_ids: Collection[int], first: date, last: date
) -> list[DayPages]:
    """Return the pages of each day for a few feeds, with unread days and held pages."""
    read = session.scalars(
        select(Reading.day)
        .join(Device, Device.id == Reading.device_id)
        .where(
            Device.feed_id.in_(feed_ids),
            Reading.feed_id.in_(feed_ids),
            Reading.day.between(first, last),
        )
        .distinct()
    )
    scope = Scope.feeds(feed_ids)
    counted = _counted_by_day(session, scope, first, last)
    held = held_by_day(session, scope, first, last)
    return days_between(first, last, counted, set(read), held)


def _counted_by_day(session: Session, scope: Scope, first: date, last: date) -> dict[date, int]:
    table = _table(scope)
    query = _within(select(table.day, func.sum(table.pages)), scope)
    rows = session.execute(query.where(table.day.between(first, last)).group_by(table.day))
    return {day: int(total) for day, total in rows}


def days_between(
    first: date,
    last: date,
    pages: Mapping[date, int],
    read: Container[date] | None = None,
    held: Mapping[date, int] | None = None,
) -> list[DayPages]:
    """Return the days from ``first`` to ``last`` with their pages; ``read`` None: unknown."""
    held = held or {}
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [
        DayPages(
            day,
            pages.get(day, 0),
            recovered=read is not None and pages.get(day, 0) > 0 and day not in read,
            held=held.get(day, 0),
        )
        for day in days
    ]


def counts_by_customer(
    session: Session, customer_ids: Collection[int], month: Month
) -> dict[int, CustomerCounts]:
    """Return the counts of these customers, with the pages counted in a month and in total."""
    in_all = select(func.sum(Deposit.pages)).where(Deposit.feed_id == Feed.id)
    in_month = in_all.where(Deposit.counted_in == str(month))
    rows = session.execute(
        select(
            Feed.account_id,
            func.count().filter(access.IS_CONNECTED),
            func.count().filter(Feed.health == "unhealthy", Feed.status == "active"),
            func.sum(in_month.scalar_subquery()),
            func.sum(in_all.scalar_subquery()),
        )
        .where(Feed.account_id.in_(customer_ids))
        .group_by(Feed.account_id)
    )
    return {
        account_id: CustomerCounts(feeds, unhealthy, int(month_pages or 0), int(total or 0))
        for account_id, feeds, unhealthy, month_pages, total in rows
    }


def pages_by_feed(session: Session, feed_ids: Collection[int], month: Month) -> dict[int, int]:
    """Return the pages of each feed that a month counts, without zeros."""
    query = (
        select(Deposit.feed_id, func.sum(Deposit.pages))
        .where(Deposit.feed_id.in_(feed_ids), Deposit.counted_in == str(month))
        .group_by(Deposit.feed_id)
    )
    return {feed_id: int(total) for feed_id, total in session.execute(query)}


def pages_of_feed(month: Month) -> ScalarSelect[int]:
    """Return, for a query of feeds, the pages of each that a month counts; null without any."""
    return (
        select(cast(func.sum(Deposit.pages), BigInteger))
        .where(Deposit.feed_id == Feed.id, Deposit.counted_in == str(month))
        .scalar_subquery()
    )


def pages_of_customer(month: Month) -> ScalarSelect[int]:
    """Return, for a query of accounts, the pages of each customer that a month counts."""
    return (
        select(func.coalesce(func.sum(Deposit.pages), 0))
        .join(Feed, Feed.id == Deposit.feed_id)
        .where(Feed.account_id == Account.id, Deposit.counted_in == str(month))
        .scalar_subquery()
    )


def customers_of_partner() -> ScalarSelect[int]:
    """Return, for a query of accounts, the number of customers of each partner."""
    customer = aliased(Account)
    return (
        select(func.count())
        .select_from(customer)
        .where(customer.partner_id == Account.id)
        .scalar_subquery()
    )


def _table(scope: Scope) -> Any:
    """Return the table with fewer rows to sum: deposits for one customer, else sums by server."""
    if scope.feed_ids is not None or (scope.account_id is not None and not scope.is_partner):
        return Deposit
    return ServerDay


def _within(query: Any, scope: Scope) -> Any:
    if scope.feed_ids is not None:
        return query.where(Deposit.feed_id.in_(scope.feed_ids))
    if scope.account_id is None:
        return query
    if scope.is_partner:
        servers = select(Server.id).where(Server.account_id == scope.account_id)
        return query.where(ServerDay.server_id.in_(servers))
    feeds = select(Feed.id).where(Feed.account_id == scope.account_id)
    return query.where(Deposit.feed_id.in_(feeds))
