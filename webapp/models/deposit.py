"""Deposit: pages credited to a feed for a day, or withdrawn, counted in a month."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base


class Deposit(Base):
    """One per feed, day, month counted in (``2026-10``) and kind.

    The month is the day's own or, if that was closed, the first open one. A ``correction`` is the
    negative number of pages that a closed month counted too many.
    """

    __tablename__ = "deposit"
    __table_args__ = (
        CheckConstraint(
            "kind = 'pages' and pages >= 0 or kind = 'correction' and pages <= 0", name="pages"
        ),
        # With the pages, because the deposits of a feed are spread over the table, one per night.
        Index(
            "ix_deposit_feed_id_counted_in",
            "feed_id",
            "counted_in",
            postgresql_include=["pages"],
        ),
    )

    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    counted_in: Mapped[str] = mapped_column(String(7), primary_key=True)
    kind: Mapped[str] = mapped_column(
        String(16), primary_key=True, default="pages", server_default="pages"
    )
    pages: Mapped[int] = mapped_column(BigInteger)
