"""Reconciliation: what the nightly comparison of counters, deposits and certificates found."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base, UtcDateTime


class Reconciliation(Base):
    """One comparison over everything. ``differences``: a sentence each; none when all is well."""

    __tablename__ = "reconciliation"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    feeds: Mapped[int]
    pages: Mapped[int] = mapped_column(BigInteger)
    differences: Mapped[list[str]] = mapped_column(JSON)
