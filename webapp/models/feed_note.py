"""Feed note: what a partner's user wrote about a feed, for colleagues."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime
from webapp.models.feed import Feed
from webapp.models.user import User

LONGEST_NOTE = 500


class FeedNote(Base):
    """A note; customers do not see it.

    ``snoozed_until``: the last day on which the feed is not listed at home as not reporting.
    """

    __tablename__ = "feed_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    text: Mapped[str] = mapped_column(String(LONGEST_NOTE))
    snoozed_until: Mapped[date | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    feed: Mapped[Feed] = relationship()
    user: Mapped[User] = relationship()
