"""Summary tables: sums of deposits and certificates, for pages with many of them.

``webapp.services.summaries`` writes them in the transaction that writes the summed rows; the daily
reconciliation compares them with those rows.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base


class ServerDay(Base):
    """Pages deposited for all feeds of a server for a day, by the month in which they are counted.

    ``server_id`` is not a foreign key: inserting a row would lock the server's row, which its
    removal holds while it waits for the feeds that a collection has locked. Servers are never
    deleted.
    """

    __tablename__ = "server_day"
    __table_args__ = (Index("ix_server_day_counted_in", "counted_in"),)

    server_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    counted_in: Mapped[str] = mapped_column(String(7), primary_key=True)
    pages: Mapped[int] = mapped_column(BigInteger)


class PartnerMonth(Base):
    """Certificates of a month of a partner's customers: their number and their pages."""

    __tablename__ = "partner_month"

    partner_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    certificates: Mapped[int]
    pages: Mapped[int] = mapped_column(BigInteger)
