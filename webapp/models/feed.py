"""Feed: the mapping of one Printerpoint customer to one customer account."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, desc, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime
from webapp.domain.health import Health
from webapp.models.account import Account
from webapp.models.server import Server

FeedStatus = Literal["pending", "active", "inactive", "removed"]
#: The statuses of feeds that are collected; the health of others is the last known one.
COLLECTED: tuple[FeedStatus, ...] = ("pending", "active")

_BY_ID = text("status <> 'removed' and customer_id is not null")
_RENAMED = text("successor_name is not null")
_SUGGESTED = text("suggested_interval_days is not null")
_BY_NAME = text("status <> 'removed' and customer_id is null")


def _listed(name: str, *columns: Any) -> Index:
    """Return an index of the feeds in lists, which alone yields their number and order."""
    connected = text("status <> 'removed'")
    return Index(name, *columns, sqlite_where=connected, postgresql_where=connected)


class Feed(Base):
    """A connected customer. Pending until its first reading; inactive ones are not collected.

    ``device_count``: the number of its devices, changed by ``services/metering`` where they are
    inserted, move to another feed, or are joined by a recount. ``last_data_on``: the last day, in
    the account's zone, with new data. ``read_interval_days``: of a feed read by hand, the days
    between its readings; None: nightly. ``suggested_interval_days``: of one that seems to be, by
    its readings of the last weeks. ``successor_name`` and ``successor_id``: of a customer that is
    not found, the one that lists ``successor_devices`` of the ``successor_of`` devices by which the
    feed is known. ``deactivated_at``: since when it is inactive; None while it is collected.
    """

    __tablename__ = "feed"
    __table_args__ = (
        Index("ix_feed_server_id_health", "server_id", "status", "health"),
        Index("ix_feed_status", "status", "health"),
        # The orders of lists: of all feeds, and of one server.
        _listed("ix_feed_health", desc("health"), "customer_name", "id"),
        _listed("ix_feed_server_id_worst", "server_id", desc("health"), "customer_name", "id"),
        _listed("ix_feed_customer_name", "customer_name", "id"),
        Index(
            "ix_feed_suggested",
            "server_id",
            sqlite_where=_SUGGESTED,
            postgresql_where=_SUGGESTED,
        ),
        Index("ix_feed_server_id_name", "server_id", "customer_name", "id"),
        Index(
            "ix_feed_renamed",
            "server_id",
            "id",
            sqlite_where=_RENAMED,
            postgresql_where=_RENAMED,
        ),
        CheckConstraint("status in ('pending', 'active', 'inactive', 'removed')", name="status"),
        CheckConstraint("health in ('pending', 'healthy', 'unhealthy')", name="health"),
        CheckConstraint("read_interval_days between 2 and 92", name="read_interval_days"),
        Index(
            "uq_feed_customer_id",
            "server_id",
            "customer_id",
            unique=True,
            sqlite_where=_BY_ID,
            postgresql_where=_BY_ID,
        ),
        Index(
            "uq_feed_customer_name",
            "server_id",
            "customer_name",
            unique=True,
            sqlite_where=_BY_NAME,
            postgresql_where=_BY_NAME,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    server_id: Mapped[int] = mapped_column(ForeignKey("server.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    customer_id: Mapped[str | None] = mapped_column(String(200))
    customer_name: Mapped[str] = mapped_column(String(200))
    status: Mapped[FeedStatus] = mapped_column(String(16))
    health: Mapped[Health] = mapped_column(String(16))
    health_changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_data_on: Mapped[date | None]
    read_interval_days: Mapped[int | None]
    suggested_interval_days: Mapped[int | None]
    device_count: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    successor_id: Mapped[str | None] = mapped_column(String(200))
    successor_name: Mapped[str | None] = mapped_column(String(200))
    successor_devices: Mapped[int | None]
    successor_of: Mapped[int | None]

    server: Mapped[Server] = relationship()
    account: Mapped[Account] = relationship()

    @property
    def is_collected(self) -> bool:
        """Whether the feed is pending or active."""
        return self.status in COLLECTED
