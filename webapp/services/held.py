"""Held gains: pages no machine can print, until a person accepts or rejects them."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.db import lock
from webapp.domain.metering import FAMILIES, Reading, conclude
from webapp.domain.shares import share_gap
from webapp.models import Delta, Device, Feed
from webapp.models import Reading as ReadingRow
from webapp.services import deposits
from webapp.services.calendars import public_holidays
from webapp.services.errors import Conflict, Invalid


def accept(session: Session, delta: Delta, user_id: int | None, now: datetime) -> int:
    """Deposit a held gain over its gap's days; returns the pages deposited.

    Raises Conflict when somebody has answered already.
    """
    feed = _claim(session, delta)
    delta.state, delta.decided_by, delta.decided_at = "accepted", user_id, now
    session.flush()
    holidays = public_holidays(feed.account)
    days = {day for day, _ in share_gap(delta.pages, delta.since, delta.day, holidays)}
    return deposits.conclude(session, feed.id, feed.account_id, days, holidays)


def reject(session: Session, delta: Delta, reason: str, user_id: int | None, now: datetime) -> None:
    """Take a held gain out of the device's life count; it is never deposited.

    Raises Invalid without a reason, Conflict when somebody has answered already.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid("reason", "Say why these pages were not printed; the reason is kept.")
    if len(reason) > 500:
        raise Invalid("reason", "Shorten the reason to 500 characters.")
    _claim(session, delta)
    delta.state, delta.reason = "rejected", reason
    delta.decided_by, delta.decided_at = user_id, now
    session.flush()
    _conclude_device(session, delta.device_id)


def _claim(session: Session, delta: Delta) -> Feed:
    lock(session, Feed.id, delta.feed_id)
    session.refresh(delta)
    if delta.state != "held":
        raise Conflict(f"These pages were {delta.state} already.")
    return session.get_one(Feed, delta.feed_id)


def _conclude_device(session: Session, device_id: int) -> None:
    """Conclude the meter of a device again from all its readings and the answers given."""
    device = session.get_one(Device, device_id, populate_existing=True)
    deltas = session.scalars(select(Delta).where(Delta.device_id == device_id)).all()
    # Once answered, a gain stays held to the fold, whatever the ceiling is by now.
    rejected: set[date] = {delta.day for delta in deltas if delta.state == "rejected"}
    meter, _ = conclude(_readings(session, device_id), ceiling=0, rejected=rejected)
    if meter is None:
        raise LookupError(f"device {device_id} has no readings")
    device.initial_count, device.life_count = meter.initial, meter.life
    device.latest_count, device.latest_on = meter.latest, meter.latest_on


def _readings(session: Session, device_id: int) -> list[Reading]:
    rows = session.scalars(
        select(ReadingRow).where(ReadingRow.device_id == device_id).order_by(ReadingRow.day)
    )
    known = {str(family): family for family in FAMILIES}
    readings = [Reading(row.day, row.count, known[row.family], row.baseline) for row in rows]
    # The first reading is a baseline whatever it says; it has nothing before it.
    return [replace(readings[0], baseline=False), *readings[1:]] if readings else []
