"""Device status: which devices are silent or missing although their feed is healthy."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.orm import Session, aliased, joinedload

from webapp.db import MOST_PARAMETERS, lock, upsert
from webapp.domain.health import SILENT_BUSINESS_DAYS, silent_before
from webapp.models import Account, Device, DeviceAttention, Feed
from webapp.models.device_attention import DeviceStatus
from webapp.services.accounts.calendars import holidays_of


class _Found(NamedTuple):
    """A row of ``DeviceAttention``."""

    feed_id: int
    status: DeviceStatus
    since: date


def update(session: Session, server_id: int, today: date) -> int:
    """Store which devices of a server need attention on ``today``; return their number.

    A device is silent without a new reading for 3 business days by its account's calendar, plus the
    interval of a feed read by hand, while its feed has had data since. It is missing while
    Printerpoint does not list it. A device that another one has replaced needs no attention.
    """
    found = _found(session, server_id, today)
    stored: dict[int, _Found] = {
        row.device_id: _Found(row.feed_id, row.status, row.since)
        for row in session.execute(
            select(
                DeviceAttention.device_id,
                DeviceAttention.feed_id,
                DeviceAttention.status,
                DeviceAttention.since,
            )
            .join(Feed, Feed.id == DeviceAttention.feed_id)
            .where(Feed.server_id == server_id)
        )
    }
    _replace(session, stored, found)
    return len(found)


def _found(session: Session, server_id: int, today: date) -> dict[int, _Found]:
    @cache
    def limit(country: str | None, region: str | None, interval: int | None) -> date:
        return silent_before(today, holidays_of(country, region), interval)

    found: dict[int, _Found] = {}
    rows = session.execute(
        select(
            Device.id,
            Device.feed_id,
            Device.latest_on,
            Device.missing_since,
            Feed.last_data_on,
            Feed.read_interval_days,
            Account,
        )
        .join(Device.feed)
        .join(Feed.account)
        .options(joinedload(Account.partner))
        .where(
            Feed.server_id == server_id,
            Feed.status == "active",
            Feed.health == "healthy",
            Device.moved_to.is_(None),
            ~_is_replaced(),
            # Later ones cannot have missed so many whole days yet; most devices end here.
            (Device.missing_since.is_not(None))
            | (Device.latest_on < today - timedelta(days=SILENT_BUSINESS_DAYS)),
        )
    )
    for device_id, feed_id, latest_on, missing_since, last_data_on, interval, account in rows:
        before = limit(account.holiday_country, account.holiday_region, interval)
        if missing_since is not None:
            found[device_id] = _Found(feed_id, "missing", missing_since)
        elif latest_on < before and last_data_on is not None and latest_on < last_data_on:
            found[device_id] = _Found(feed_id, "silent", latest_on)
    return found


def _is_replaced() -> ColumnElement[bool]:
    """Whether a missing device's asset ID belongs to a device that was listed after it."""
    other = aliased(Device)
    successor = select(other.id).where(
        other.feed_id == Device.feed_id,
        other.asset_id == Device.asset_id,
        other.first_on > Device.latest_on,
        other.missing_since.is_(None),
    )
    return and_(Device.missing_since.is_not(None), Device.asset_id != "", successor.exists())


def _replace(session: Session, stored: Mapping[int, _Found], found: Mapping[int, _Found]) -> None:
    old = sorted(device_id for device_id, each in stored.items() if found.get(device_id) != each)
    new = sorted(device_id for device_id, each in found.items() if stored.get(device_id) != each)
    for first in range(0, len(old), MOST_PARAMETERS):
        part = old[first : first + MOST_PARAMETERS]
        lock(session, DeviceAttention.device_id, *part)
        session.execute(
            delete(DeviceAttention)
            .where(DeviceAttention.device_id.in_(part))
            .execution_options(synchronize_session=False)
        )
    rows = [
        {
            "device_id": device_id,
            "feed_id": found[device_id].feed_id,
            "status": found[device_id].status,
            "since": found[device_id].since,
        }
        for device_id in new
    ]
    upsert(
        session, DeviceAttention, rows, key=("device_id",), update=("feed_id", "status", "since")
    )
