"""Equivalent: a factor that converts pages to liters of water or kilograms of CO2."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base, DecimalText, UtcDateTime

EquivalentKind = Literal["water", "co2"]
EQUIVALENT_KINDS: tuple[EquivalentKind, ...] = get_args(EquivalentKind)
LONGEST_SOURCE = 200


class Equivalent(Base):
    """Liters (water) or kilograms (CO2) per 1,000 standard pages, and who publishes the factor.

    Without a row the equivalent is off.
    """

    __tablename__ = "equivalent"
    __table_args__ = (CheckConstraint("kind in ('water', 'co2')", name="kind"),)

    kind: Mapped[EquivalentKind] = mapped_column(String(8), primary_key=True)
    per_thousand: Mapped[Decimal] = mapped_column(DecimalText)
    source: Mapped[str] = mapped_column(String(LONGEST_SOURCE))
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
