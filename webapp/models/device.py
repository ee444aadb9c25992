"""Device: a printer seen under a feed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, Moment
from webapp.models.feed import Feed


class Device(Base):
    """A printer: (asset id, serial number) within its feed; a blank one is an empty string.

    ``latest_count`` is the count believed on ``latest_on``; ``fallen_count`` a lower one that the
    next reading has yet to confirm. ``last_seen_at`` is the last-seen the latest reading came with.
    ``earlier_count`` and ``earlier_life``: what stood before the last reset, until the counter has
    passed it again. ``missing_since``: the first day closed without it in the response.
    ``moved_to``: the same printer under another feed, which reads it now.
    """

    __tablename__ = "device"
    __table_args__ = (
        UniqueConstraint("feed_id", "asset_id", "serial_number"),
        CheckConstraint("asset_id <> '' or serial_number <> ''", name="identity"),
        Index("ix_device_serial_number", "serial_number"),
        Index("ix_device_asset_id", "asset_id", "serial_number", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"))
    asset_id: Mapped[str] = mapped_column(String(200))
    serial_number: Mapped[str] = mapped_column(String(200))
    family: Mapped[str] = mapped_column(String(16))
    initial_count: Mapped[int] = mapped_column(BigInteger)
    latest_count: Mapped[int] = mapped_column(BigInteger)
    life_count: Mapped[int] = mapped_column(BigInteger)
    first_on: Mapped[date]
    latest_on: Mapped[date]
    last_seen_at: Mapped[datetime | None] = mapped_column(Moment)
    fallen_count: Mapped[int | None] = mapped_column(BigInteger)
    fallen_on: Mapped[date | None]
    awaits_baseline: Mapped[bool] = mapped_column(default=False)
    earlier_count: Mapped[int | None] = mapped_column(BigInteger)
    earlier_life: Mapped[int | None] = mapped_column(BigInteger)
    missing_since: Mapped[date | None]
    moved_to: Mapped[int | None] = mapped_column(ForeignKey("device.id"))

    feed: Mapped[Feed] = relationship()
