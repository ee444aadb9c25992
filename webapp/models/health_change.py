"""Health change: a record of every change of a server's or a feed's health."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime
from webapp.domain.health import Health
from webapp.domain.reasons import Reason
from webapp.models.feed import Feed
from webapp.models.server import Server


class HealthChange(Base):
    """A change of a server or a feed: before, after, time and reason."""

    __tablename__ = "health_change"
    __table_args__ = (
        CheckConstraint("(server_id is null) <> (feed_id is null)", name="of_one"),
        CheckConstraint("before <> after", name="changed"),
        Index("ix_health_change_server_id_at", "server_id", "at"),
        Index("ix_health_change_feed_id_at", "feed_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    server_id: Mapped[int | None] = mapped_column(ForeignKey("server.id"))
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feed.id"))
    before: Mapped[Health] = mapped_column(String(16))
    after: Mapped[Health] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[Reason] = mapped_column(JSON)
    last_data_on: Mapped[date | None]

    server: Mapped[Server | None] = relationship()
    feed: Mapped[Feed | None] = relationship()
