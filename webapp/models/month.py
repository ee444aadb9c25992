"""Closed month: a month is open until it has this row."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base, UtcDateTime


class ClosedMonth(Base):
    """A customer account's month (``2026-10``) that takes no further deposits.

    ``certified_in``: the month whose certificate states its pages: its own, or a later one if it
    was carried because it was below the partner's minimum; None: it still is.
    """

    __tablename__ = "closed_month"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    closed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    certified_in: Mapped[str | None] = mapped_column(String(7))
