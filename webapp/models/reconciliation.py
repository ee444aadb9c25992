"""Reconciliation: the result of the nightly comparison of counters, deposits and certificates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, true
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base, UtcDateTime


class Reconciliation(Base):
    """A comparison of everything.

    ``differences``: the fields of each, ``queries.summary_differences.Difference``.
    ``audit_complete``: whether no entry of the audit trail was changed or deleted.
    """

    __tablename__ = "reconciliation"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    feeds: Mapped[int]
    pages: Mapped[int] = mapped_column(BigInteger)
    audit_complete: Mapped[bool] = mapped_column(default=True, server_default=true())
    differences: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
