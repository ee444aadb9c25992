"""Warnings of the reconciliation: what may be wrong although all tables agree.

Each is within the given feeds, so that partners see no data of others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import Session, aliased

from webapp.domain.reasons import Reason, reason
from webapp.models import Account, Delta, Deposit, Device, Feed, Server
from webapp.queries import access
from webapp.queries.accounts import time_zone

Kind = Literal["serial_metered_twice", "near_lifetime", "before_feed", "several_customers"]
#: A delta of more pages than this is compared with the count that was read.
_NEAR_LIFETIME_PAGES = 1_000


class AffectedFeed(NamedTuple):
    """A feed, and one of its devices if the warning is about that."""

    feed_id: int
    customer_name: str
    device_id: int | None = None
    device_name: str | None = None


@dataclass(frozen=True, slots=True)
class ReconciliationWarning:
    """A warning. ``account_id``: if it is about an account."""

    kind: Kind
    reason: Reason
    affected: tuple[AffectedFeed, ...]
    account_id: int | None = None
    account_name: str | None = None


def find(session: Session, feeds: Select[Feed]) -> list[ReconciliationWarning]:
    """Return the warnings of these feeds, by four statements."""
    ids = feeds.with_only_columns(Feed.id).order_by(None)
    return [
        *_serials_metered_twice(session, ids),
        *_near_lifetime(session, ids),
        *_before_feed(session, ids),
        *_several_customers(session, ids),
    ]


def _serials_metered_twice(session: Session, ids: Select[int]) -> Iterator[ReconciliationWarning]:
    """Yield usable serial numbers of several devices, none of which has moved."""
    rows = _devices_with_shared_serials(session, ids)
    for key, grouped in groupby(rows, key=lambda row: row[0]):
        same = list(grouped)
        # A customer of two partners has one name; the partner distinguishes them.
        is_of_one = len({row[-1] for row in same}) == 1
        affected = tuple(
            AffectedFeed(
                feed_id,
                customer if is_of_one else f"{customer} ({partner})",
                device_id,
                asset or serial,
            )
            for _, device_id, serial, asset, feed_id, customer, partner in same
        )
        what = reason("serial_metered_twice", serial=key, times=len(affected))
        yield ReconciliationWarning("serial_metered_twice", what, affected)


def _devices_with_shared_serials(session: Session, ids: Select[int]) -> Sequence[Any]:
    metered: tuple[ColumnElement[bool], ...] = (
        Device.feed_id.in_(ids),
        Device.serial_key.is_not(None),
        Device.moved_to.is_(None),
        access.IS_CONNECTED,
    )
    shared = (
        select(Device.serial_key)
        .join(Feed, Feed.id == Device.feed_id)
        .where(*metered)
        .group_by(Device.serial_key)
        .having(func.count() > 1)
    )
    return session.execute(
        select(
            Device.serial_key,
            Device.id,
            Device.serial_number,
            Device.asset_id,
            Feed.id,
            Feed.customer_name,
            Account.name,
        )
        .join(Feed, Feed.id == Device.feed_id)
        .join(Server, Server.id == Feed.server_id)
        .join(Account, Account.id == Server.account_id)
        .where(*metered, Device.serial_key.in_(shared))
        .order_by(Device.serial_key, Device.id)
    ).all()


def _near_lifetime(session: Session, ids: Select[int]) -> Iterator[ReconciliationWarning]:
    """Yield counted deltas of at least 80 % of the count that was read."""
    rows = session.execute(
        select(
            Device.id,
            Device.asset_id,
            Device.serial_number,
            Feed.id,
            Feed.customer_name,
            Delta.day,
            Delta.counted,
            Delta.top,
        )
        .select_from(Delta)
        .join(Device, Device.id == Delta.device_id)
        .join(Feed, Feed.id == Delta.feed_id)
        .where(
            Delta.feed_id.in_(ids),
            Delta.counted > _NEAR_LIFETIME_PAGES,
            Delta.counted >= Delta.top - Delta.top // 5,
        )
        .order_by(Delta.id)
    )
    for device_id, asset, serial, feed_id, customer, day, pages, count in rows:
        yield ReconciliationWarning(
            "near_lifetime",
            reason("near_lifetime", pages=pages, day=day, count=count),
            (AffectedFeed(feed_id, customer, device_id, asset or serial),),
        )


def _before_feed(session: Session, ids: Select[int]) -> Iterator[ReconciliationWarning]:
    """Yield feeds with deposits for days before their creation, in their time zone."""
    partner = aliased(Account)
    first: ScalarSelect[Any] = (  # null without a deposit
        select(func.min(Deposit.day))
        .where(Deposit.feed_id == Feed.id, Deposit.pages != 0)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Feed.id,
            Feed.customer_name,
            Feed.created_at,
            time_zone(partner),
            first,
        )
        .join(Account, Account.id == Feed.account_id)
        .outerjoin(partner, partner.id == Account.partner_id)
        .where(Feed.id.in_(ids))
        .order_by(Feed.id)
    )
    for feed_id, customer, created_at, zone, day in rows:
        created = _day_in(created_at, zone)
        if day is not None and day < created:
            what = reason("before_feed", day=day, created=created)
            yield ReconciliationWarning("before_feed", what, (AffectedFeed(feed_id, customer),))


def _day_in(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def _several_customers(session: Session, ids: Select[int]) -> Iterator[ReconciliationWarning]:
    """Yield accounts with pages of several Printerpoint customers."""
    several = (
        select(Feed.account_id)
        .where(Feed.id.in_(ids), access.IS_CONNECTED)
        .group_by(Feed.account_id)
        .having(func.count() > 1)
    )
    rows = session.execute(
        select(Account.id, Account.name, Feed.id, Feed.customer_name)
        .join(Account, Account.id == Feed.account_id)
        .where(Feed.id.in_(ids), access.IS_CONNECTED, Feed.account_id.in_(several))
        .order_by(Account.name, Account.id, Feed.id)
    )
    for (account_id, name), of_account in groupby(rows, key=lambda row: (row[0], row[1])):
        affected = tuple(AffectedFeed(feed_id, customer) for _, _, feed_id, customer in of_account)
        what = reason("several_customers", times=len(affected), name=name)
        yield ReconciliationWarning("several_customers", what, affected, account_id, name)
