"""Months: which can close, and closing them."""

from dataclasses import dataclass
from datetime import datetime, time

from flask_babel import gettext
from sqlalchemy import Select, exists, func, select, update
from sqlalchemy.orm import Session

from webapp.db import lock, upsert
from webapp.domain.months import Month, closes_at
from webapp.domain.reasons import Reason, reason
from webapp.errors import Conflict
from webapp.models import Account, Certificate, ClosedMonth, Collection, Deposit, Feed, Server
from webapp.queries import metrics
from webapp.queries.certificates import carried_pages, of_month
from webapp.services.certificates import certificates
from webapp.services.metering.deposits import carry_corrections, last_closed_month


@dataclass(frozen=True, slots=True)
class Grace:
    """Months close on this day of the next month, at this time, in the account's zone."""

    on: int
    at: time


def open_months(session: Session, account: Account, until: Month) -> list[Month]:
    """Return the open months of an account up to and including ``until``, oldest first.

    They start after the last closed one, or with the first deposit. Empty months in between close
    as well, so that no open month precedes a closed one.
    """
    last = last_closed_month(session, account.id)
    if last is None:
        first_text = session.scalar(
            select(func.min(Deposit.counted_in))
            .join(Feed, Feed.id == Deposit.feed_id)
            .where(Feed.account_id == account.id)
        )
        month = until if first_text is None else Month.parse(first_text)
    else:
        month = last.next()
    months = []
    while month <= until:
        months.append(month)
        month = month.next()
    return months


def is_closed(session: Session, account: Account, month: Month) -> bool:
    """Whether a month of an account is closed."""
    last = last_closed_month(session, account.id)
    return last is not None and month <= last


def reason_to_keep_open(
    session: Session, account: Account, month: Month, now: datetime, grace: Grace
) -> Reason | None:
    """Return why a month cannot close yet; None if it can."""
    moment = closes_at(month, account.zone, grace.on, grace.at)
    if now < moment:
        local = moment.astimezone(account.zone)
        return reason(
            "month_in_grace",
            month=str(month),
            account=account.name,
            date=f"{local:%Y-%m-%d}",
            time=f"{local:%H:%M}",
            zone=str(account.zone),
        )
    held_up = session.scalars(_servers_awaiting_approval(account)).first()
    if held_up is not None:
        return reason(
            "month_awaits_approval",
            month=str(month),
            account=account.name,
            server=held_up.name,
            id=str(held_up.id),
        )
    waiting = session.scalars(_servers_without_last_night(account, month)).first()
    if waiting is not None:
        return reason(
            "month_awaits_night",
            month=str(month),
            account=account.name,
            date=str(month.last),
            server=waiting.name,
            id=str(waiting.id),
        )
    return None


def _servers_awaiting_approval(account: Account) -> Select[Server]:
    """Select servers of an account's feeds that await approval; their pages may be doubled."""
    connected = exists().where(
        Feed.server_id == Server.id, Feed.account_id == account.id, Feed.status != "removed"
    )
    return select(Server).where(Server.awaiting_approval_since.is_not(None), connected)


def _servers_without_last_night(account: Account, month: Month) -> Select[Server]:
    """Select servers of an account's feeds that can be, but were not collected since the month."""
    read = exists().where(
        Collection.server_id == Server.id,
        Collection.day >= month.last,
        Collection.feed_id.is_(None),
        Collection.state == "finished",
    )
    connected = exists().where(
        Feed.server_id == Server.id,
        Feed.account_id == account.id,
        Feed.status == "active",
    )
    return select(Server).where(
        Server.removed_at.is_(None),
        Server.health == "healthy",
        Server.token_unreadable_since.is_(None),
        connected,
        ~read,
    )


def close(
    session: Session, account: Account, month: Month, now: datetime, project: str
) -> Certificate | None:
    """Close a month and issue its certificate, in one transaction.

    None for a month without pages, and for one that has, with the pages carried to it, fewer than
    the partner's minimum: they are carried to the next certificate. Corrections that exceed these
    pages are counted in the next month. Closing a closed month has no effect and returns its
    certificate. Raises Conflict when an earlier month is open.
    """
    feed_ids = session.scalars(select(Feed.id).where(Feed.account_id == account.id)).all()
    lock(session, Feed.id, *feed_ids)  # a running collection ends first, or finds the month closed
    last = last_closed_month(session, account.id)
    if last is not None and month <= last:
        return of_month(session, account.id, month)
    _refuse_after_open_month(session, account, month)
    carried = carried_pages(session, account.id)
    before = sum(carried.values())
    carry_corrections(session, account.id, month, before)
    pages = before + metrics.pages(session, metrics.Scope(account.id), month)
    is_carried = 0 < pages < account.certificate_minimum
    row = {"account_id": account.id, "month": str(month), "closed_at": now}
    upsert(session, ClosedMonth, [row], key=("account_id", "month"))
    if is_carried:
        return None
    session.execute(
        update(ClosedMonth)
        .where(ClosedMonth.account_id == account.id, ClosedMonth.certified_in.is_(None))
        .values(certified_in=str(month))
        .execution_options(synchronize_session=False)
    )
    return certificates.issue(session, account, month, now, project, carried)


def _refuse_after_open_month(session: Session, account: Account, month: Month) -> None:
    """Raise Conflict when an earlier month is open."""
    earlier = open_months(session, account, month)
    if earlier and earlier[0] < month:
        raise Conflict(
            gettext(
                "%(earlier)s of %(name)s is open; close it before %(month)s",
                earlier=str(earlier[0]),
                name=account.name,
                month=str(month),
            )
        )
