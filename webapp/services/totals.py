"""Totals: pages deposited for many feeds at once, summed by the database."""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from webapp.domain.months import Month
from webapp.models import Account, Certificate, Deposit, Feed
from webapp.services.deposits import DayPages


def pages(session: Session, feeds: Select[Feed], month: Month | None = None) -> int:
    """Pages deposited for these feeds; with ``month``, those counted in it."""
    query = select(func.coalesce(func.sum(Deposit.pages), 0)).where(_of(feeds))
    if month is not None:
        query = query.where(Deposit.counted_in == str(month))
    return int(session.scalar(query) or 0)


def pages_by_month(session: Session, feeds: Select[Feed]) -> dict[Month, int]:
    """Pages of these feeds by the month they are counted in; months with none are left out."""
    rows = session.execute(
        select(Deposit.counted_in, func.sum(Deposit.pages))
        .where(_of(feeds))
        .group_by(Deposit.counted_in)
        .order_by(Deposit.counted_in)
    )
    return {Month.parse(month): int(total) for month, total in rows if total}


def certified(session: Session, feeds: Select[Feed]) -> int:
    """Pages that certificates of the accounts of these feeds state."""
    accounts = feeds.with_only_columns(Feed.account_id).order_by(None)
    query = select(func.sum(Certificate.pages)).where(Certificate.account_id.in_(accounts))
    return int(session.scalar(query) or 0)


def pages_by_day(session: Session, feeds: Select[Feed], first: date, last: date) -> list[DayPages]:
    """Pages of each day from ``first`` to ``last``, days without any included."""
    rows = session.execute(
        select(Deposit.day, func.sum(Deposit.pages))
        .where(_of(feeds), Deposit.day >= first, Deposit.day <= last)
        .group_by(Deposit.day)
    )
    found = {day: int(total) for day, total in rows}
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [DayPages(day, found.get(day, 0)) for day in days]


def pages_by_account(
    session: Session, account_ids: Collection[int], month: Month | None = None
) -> dict[int, int]:
    """Pages of each customer account; those with none are left out."""
    query = (
        select(Feed.account_id, func.sum(Deposit.pages))
        .join(Feed, Feed.id == Deposit.feed_id)
        .where(Feed.account_id.in_(account_ids))
        .group_by(Feed.account_id)
    )
    if month is not None:
        query = query.where(Deposit.counted_in == str(month))
    return {account_id: int(total) for account_id, total in session.execute(query)}


def pages_by_partner(
    session: Session, partner_ids: Collection[int], month: Month
) -> dict[int, int]:
    """Pages of each partner's customers counted in a month; those with none are left out."""
    rows = session.execute(
        select(Account.partner_id, func.sum(Deposit.pages))
        .join(Feed, Feed.account_id == Account.id)
        .join(Deposit, Deposit.feed_id == Feed.id)
        .where(Account.partner_id.in_(partner_ids), Deposit.counted_in == str(month))
        .group_by(Account.partner_id)
    )
    return {partner_id: int(total) for partner_id, total in rows if partner_id is not None}


def feeds_by_health(session: Session, feeds: Select[Feed]) -> dict[str, int]:
    """How many of these feeds are pending, healthy, unhealthy; and inactive, whatever health."""
    wanted = feeds.where(Feed.status != "removed").subquery()
    rows = session.execute(
        select(wanted.c.status, wanted.c.health, func.count()).group_by(
            wanted.c.status, wanted.c.health
        )
    )
    counts = {"healthy": 0, "unhealthy": 0, "pending": 0, "inactive": 0}
    for status, health, count in rows:
        counts["inactive" if status == "inactive" else health] += count
    return counts


def _of(feeds: Select[Feed]) -> ColumnElement[bool]:
    return Deposit.feed_id.in_(feeds.with_only_columns(Feed.id))
