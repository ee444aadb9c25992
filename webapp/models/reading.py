"""Reading: a device's lifetime count on a day. Delta: the pages between two readings."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime
from webapp.domain.metering.counter_sets import CounterSet
from webapp.domain.metering.state import DeltaKind, DeltaState
from webapp.models.device import Device
from webapp.models.feed import Feed


class Reading(Base):
    """A lifetime count in whole pages as Printerpoint reported it.

    ``feed_id``: the feed that read it; None at a customer without a feed.
    """

    __tablename__ = "reading"
    __table_args__ = (CheckConstraint("count >= 0", name="count"),)

    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feed.id"))
    count: Mapped[int] = mapped_column(BigInteger)
    counter_set: Mapped[CounterSet] = mapped_column(String(16))
    baseline: Mapped[bool]
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


_HELD = text("state = 'held'")
_RESOLVED = text("resolved_by is not null")


class Delta(Base):
    """The pages between two readings, and their state: see ``webapp.domain.metering.state``.

    ``number`` counts the device's deltas from 1. It is from the count ``before``, of the day
    ``since``, to the count ``top`` of ``day``, ``days`` business days later (at least 1); counts
    are lifetime counts in whole pages. ``pages``: as read; ``counted``: deposited, in the
    proportions of ``allocation`` (``[[day, pages], ...]``, all of ``pages``). ``era``: how many
    resets and changes of its counter set the device had before; counts of different eras cannot be
    compared. ``held``: under review, not deposited; ``for_person``: later readings cannot decide
    it. ``resumes`` and ``resumes_counted``: ``state`` and ``counted`` before a pending fall put it
    under review. ``proposed``: the pages proposed to count. ``confirmations``: the business days
    up to readings at or above ``top`` while it was held; ``confirmed_pages``: the pages of those
    days. ``resolved_by``: ``readings``, ``user`` or ``cli``; ``evidence``: the readings (``[[day,
    count], ...]``) that decided or may decide it.
    """

    __tablename__ = "delta"
    __table_args__ = (
        Index("ix_delta_device_id_number", "device_id", "number", unique=True),
        Index("ix_delta_device_id_day", "device_id", "day"),
        Index("ix_delta_feed_id_day", "feed_id", "day"),
        Index("ix_delta_held", "feed_id", sqlite_where=_HELD, postgresql_where=_HELD),
        Index("ix_delta_resolved", "feed_id", sqlite_where=_RESOLVED, postgresql_where=_RESOLVED),
        CheckConstraint("pages > 0", name="pages"),
        CheckConstraint("since <= day", name="days"),
        CheckConstraint("counted between 0 and pages", name="counted"),
        CheckConstraint("proposed between 0 and pages", name="proposed"),
        CheckConstraint(
            "kind in ('ordinary', 'limit', 'near_lifetime', 'physical', 'first_count', 'joined',"
            " 'roll_over', 'restored')",
            name="kind",
        ),
        CheckConstraint(
            "state in ('counted', 'held', 'accepted', 'adjusted', 'rejected', 'reset', 'dropped',"
            " 'withdrawn', 'baseline')",
            name="state",
        ),
        CheckConstraint("resolved_by in ('readings', 'user', 'cli')", name="resolved_by"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"))
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"))
    number: Mapped[int]
    since: Mapped[date]
    day: Mapped[date]
    before: Mapped[int] = mapped_column(BigInteger)
    top: Mapped[int] = mapped_column(BigInteger)
    pages: Mapped[int] = mapped_column(BigInteger)
    days: Mapped[int]
    kind: Mapped[DeltaKind] = mapped_column(String(16))
    state: Mapped[DeltaState] = mapped_column(String(16))
    counted: Mapped[int] = mapped_column(BigInteger)
    proposed: Mapped[int | None] = mapped_column(BigInteger)
    allocation: Mapped[list[Any]] = mapped_column(JSON)
    era: Mapped[int] = mapped_column(default=0)
    for_person: Mapped[bool] = mapped_column(default=False)
    resumes: Mapped[DeltaState | None] = mapped_column(String(16))
    resumes_counted: Mapped[int] = mapped_column(BigInteger, default=0)
    confirmations: Mapped[int] = mapped_column(default=0)
    confirmed_pages: Mapped[int] = mapped_column(BigInteger, default=0)
    evidence: Mapped[list[Any]] = mapped_column(JSON, default=list)
    resolved_by: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(500))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    device: Mapped[Device] = relationship()
    feed: Mapped[Feed] = relationship()
