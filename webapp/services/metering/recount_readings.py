"""Recount: the stored readings of a partner's devices, and their replay."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.domain.metering.limits import Limits
from webapp.domain.metering.replay import Replay, ReplayFeed, StoredReading, nights_of
from webapp.models import Account, Delta, Device, Feed, Reading, Server
from webapp.services.accounts.calendars import public_holidays
from webapp.services.metering.match import customer_key


def feeds_of(session: Session, partner: Account) -> dict[int, Feed]:
    """Return a partner's feeds, removed ones included, in the order of collection."""
    query = (
        select(Feed)
        .join(Feed.server)
        .where(Server.account_id == partner.id)
        .order_by(Feed.server_id, Feed.customer_name, Feed.id)
    )
    return {feed.id: feed for feed in session.scalars(query)}


def first_day(feed: Feed) -> date:
    """Return the day of a feed's creation in its account's zone; deposits are not earlier."""
    return feed.created_at.astimezone(feed.account.zone).date()


def replay(
    session: Session,
    feeds: Mapping[int, Feed],
    readings: Sequence[StoredReading],
    own: Select[int],
    limits: Limits,
) -> Replay:
    """Replay readings; ``own`` selects the ids of the feeds. New deltas are numbered after the
    stored ones.
    """
    known = {feed.id: _replay_feed(feed) for feed in feeds.values()}
    highest = select(func.max(Delta.number)).join(Device, Device.id == Delta.device_id)
    number = session.scalar(highest.where(Device.feed_id.in_(own))) or 0
    result = Replay(known, limits, number + 1)
    for night, of_night in nights_of(readings, known).items():
        result.night(night, of_night)
    return result


def _replay_feed(feed: Feed) -> ReplayFeed:
    zone = feed.account.zone
    return ReplayFeed(
        id=feed.id,
        server_id=feed.server_id,
        customer=customer_key(feed.customer_id, feed.customer_name),
        zone=zone,
        holidays=public_holidays(feed.account),
        first_day=first_day(feed),
        stopped=feed.status in ("inactive", "removed"),
        removed_on=feed.removed_at.astimezone(zone).date() if feed.removed_at else None,
    )


@dataclass(slots=True)
class _DeltaFacts:
    """What deltas state about a device besides its readings.

    ``joined``: pages of counters that joined, by day; ``zero_on``: the first day on which its
    count was 0.
    """

    joined: list[tuple[date, int]] = field(default_factory=list)
    zero_on: date | None = None


def stored_readings(session: Session, own: Select[int]) -> list[StoredReading]:
    """Return the readings of all devices of feeds, by day; ``own`` selects the ids of the feeds.

    A count of 0 is not stored as a reading; the delta that starts at it has its day.
    """
    facts = _delta_facts(session, own)
    columns = (Device.id, Device.feed_id.label("home"), Device.asset_id, Device.serial_number)
    rows = session.execute(
        select(
            *columns,
            Device.serial_key,
            Device.moved_to,
            Reading.feed_id,
            Reading.day,
            Reading.count.label("pages"),
            Reading.counter_set,
            Reading.baseline,
            Reading.last_seen_at,
        )
        .join(Reading, Reading.device_id == Device.id)
        .where(Device.feed_id.in_(own))
        .order_by(Device.id, Reading.day)
    )
    found: list[StoredReading] = []
    for row in rows:
        of_device = facts[row.id]
        is_first = not found or found[-1].device != row.id
        if is_first and of_device.zero_on is not None and of_device.zero_on < row.day:
            found.append(_reading(row, of_device.zero_on, 0, 0, baseline=True))
        joined = sum(pages for day, pages in of_device.joined if day <= row.day)
        found.append(_reading(row, row.day, row.pages, joined, baseline=row.baseline))
    return sorted(found, key=lambda reading: (reading.day, reading.device))


def _delta_facts(session: Session, own: Select[int]) -> Mapping[int, _DeltaFacts]:
    facts: dict[int, _DeltaFacts] = defaultdict(_DeltaFacts)
    joined = select(Delta.device_id, Delta.day, Delta.pages).where(
        Delta.feed_id.in_(own), Delta.kind == "joined", Delta.state == "baseline"
    )
    for device_id, day, pages in session.execute(joined):
        facts[device_id].joined.append((day, pages))
    zeros = select(Delta.device_id, func.min(Delta.since)).where(
        Delta.feed_id.in_(own), Delta.before == 0
    )
    for device_id, day in session.execute(zeros.group_by(Delta.device_id)):
        facts[device_id].zero_on = day
    return facts


def _reading(row: Any, day: date, count: int, joined: int, *, baseline: bool) -> StoredReading:
    return StoredReading(
        device=row.id,
        home=row.home,
        feed_id=row.feed_id,
        day=day,
        count=count,
        counter_set=row.counter_set,
        baseline=baseline,
        last_seen=row.last_seen_at if count else None,
        asset_id=row.asset_id,
        # A machine that was separated from another of its serial number has no key.
        serial_number=row.serial_number if row.serial_key or row.moved_to else "",
        joined=joined,
    )
