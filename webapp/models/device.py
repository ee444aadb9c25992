"""Device: a physical printer under a feed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime
from webapp.domain.metering.counter_sets import CounterSet
from webapp.models.feed import Feed

_INCOMPLETE = text("incomplete_since is not null")


class Device(Base):
    """A printer, under the feed that read it last.

    ``asset_id`` and ``serial_number``: as reported; a blank one is an empty string. A feed may have
    one device that has neither. ``serial_key``: the normalized serial number, None if it identifies
    no machine. ``state``: the state of metering, as written by ``webapp.domain.metering.codec``;
    ``counter_set`` (None: awaiting its baseline) to ``last_seen_at`` and ``incomplete_since``
    repeat figures of it for lists. ``awaits_baseline``: the next reading is a new baseline.
    ``missing_since``: the first day closed without it in the response. ``moved_to``: the device
    that continues the same printer, set by a recount or by an earlier version; this one is no
    longer metered.
    """

    __tablename__ = "device"
    __table_args__ = (
        Index("ix_device_feed_id", "feed_id"),
        Index("ix_device_serial_key", "serial_key"),
        Index("ix_device_serial_number", "serial_number"),
        Index("ix_device_asset_id", "asset_id", "serial_number", "id"),
        Index(
            "ix_device_incomplete",
            "feed_id",
            "incomplete_since",
            sqlite_where=_INCOMPLETE,
            postgresql_where=_INCOMPLETE,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"))
    asset_id: Mapped[str] = mapped_column(String(200))
    serial_number: Mapped[str] = mapped_column(String(200))
    serial_key: Mapped[str | None] = mapped_column(String(200))
    counter_set: Mapped[CounterSet | None] = mapped_column(String(16))
    initial_count: Mapped[int] = mapped_column(BigInteger)
    latest_count: Mapped[int] = mapped_column(BigInteger)
    life_count: Mapped[int] = mapped_column(BigInteger)
    first_on: Mapped[date]
    latest_on: Mapped[date]
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    awaits_baseline: Mapped[bool] = mapped_column(default=False)
    incomplete_since: Mapped[date | None]
    missing_since: Mapped[date | None]
    moved_to: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    state: Mapped[dict[str, Any]] = mapped_column(JSON)

    feed: Mapped[Feed] = relationship()
