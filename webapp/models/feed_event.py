"""Feed event: an entry in the history of a feed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, get_args

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime
from webapp.models.device import Device
from webapp.models.feed import Feed

FeedEventKind = Literal[
    "devices_found",
    "device_added",
    "asset_edited",
    "awaiting_baseline",
    "baseline",
    "counts_from_zero",
    "incomplete",
    "complete_again",
    "set_switched",
    "member_joined",
    "fell",
    "glitch",
    "small_fall",
    "spike",
    "reset",
    "restored",
    "held",
    "resolved",
    "decided",
    "away",
    "serial_known",
    "does_not_continue",
    "disputed",
    "copy",
    "two_machines",
    "moved_in",
    "moved_away",
    "gone",
    "returned",
    "customer_gone",
    "customer_returned",
    "customer_renamed",
    "read_again",
    "recovered",
    "read_by_hand",
    "reactivated",
    "successor_found",
    "relinked",
    "recounted",
]
FEED_EVENT_KINDS: tuple[FeedEventKind, ...] = get_args(FeedEventKind)


class FeedEvent(Base):
    """An event of a feed or of one of its devices. ``day``: the day that was being closed.

    ``details``: figures and names for ``webapp.messages.event_texts``.
    """

    __tablename__ = "feed_event"
    __table_args__ = (
        Index("ix_feed_event_feed_id_at", "feed_id", "at"),
        Index("ix_feed_event_at", "at", "id"),
        CheckConstraint(
            "kind in (" + ", ".join(f"'{kind}'" for kind in FEED_EVENT_KINDS) + ")", name="kind"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"))
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    day: Mapped[date]
    kind: Mapped[FeedEventKind] = mapped_column(String(20))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)

    device: Mapped[Device | None] = relationship()
    feed: Mapped[Feed] = relationship()
