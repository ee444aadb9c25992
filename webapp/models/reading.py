"""Reading: a device's lifetime count on a day. Delta: what it gained between two readings."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, Moment
from webapp.models.device import Device


class Reading(Base):
    """A lifetime count in whole pages as Printerpoint told it; the day's highest."""

    __tablename__ = "reading"
    __table_args__ = (CheckConstraint("count >= 0", name="count"),)

    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    family: Mapped[str] = mapped_column(String(16))
    baseline: Mapped[bool]
    last_seen_at: Mapped[datetime | None] = mapped_column(Moment)


_HELD = text("state = 'held'")


class Delta(Base):
    """Pages gained after ``since`` up to and including ``day``, concluded from the readings.

    ``held``: waits for a person, deposits nothing, for the reason in ``held_for``; ``proposed``
    is the number of pages that seems right. The answers: ``accepted`` counts ``pages``,
    ``adjusted`` counts ``proposed``, ``reset`` and ``rejected`` count none.
    """

    __tablename__ = "delta"
    __table_args__ = (
        Index("ix_delta_device_id_day", "device_id", "day", unique=True),
        Index("ix_delta_feed_id_day", "feed_id", "day"),
        Index("ix_delta_held", "feed_id", sqlite_where=_HELD, postgresql_where=_HELD),
        CheckConstraint("pages > 0", name="pages"),
        CheckConstraint("since < day", name="days"),
        CheckConstraint(
            "state in ('counted', 'held', 'accepted', 'adjusted', 'reset', 'rejected')",
            name="state",
        ),
        CheckConstraint("state = 'counted' or held_for is not null", name="held_for"),
        CheckConstraint("state <> 'adjusted' or proposed is not null", name="adjusted"),
        CheckConstraint("proposed between 0 and pages", name="proposed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"))
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"))
    since: Mapped[date]
    day: Mapped[date]
    pages: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    held_for: Mapped[str | None] = mapped_column(String(16))
    proposed: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(String(500))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    device: Mapped[Device] = relationship()
