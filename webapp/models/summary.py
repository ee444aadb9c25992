"""Summary tables: sums over deposits and certificates, for pages that show many of them at once.

``webapp.services.summaries`` writes them in the transaction that writes the rows they sum; the
nightly reconciliation compares them with those rows.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base


class ServerDay(Base):
    """Pages deposited for all feeds of a server for a day, by the month they are counted in.

    ``server_id`` is no foreign key. Inserting a row would lock the server's, which its removal
    holds while it waits for the feeds that a collection has locked; servers are never deleted.
    """

    __tablename__ = "server_day"
    __table_args__ = (Index("ix_server_day_counted_in", "counted_in"),)

    server_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    counted_in: Mapped[str] = mapped_column(String(7), primary_key=True)
    pages: Mapped[int] = mapped_column(BigInteger)


class PartnerMonth(Base):
    """Certificates of a month of a partner's customers: how many, and the pages they state."""

    __tablename__ = "partner_month"

    partner_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    certificates: Mapped[int]
    pages: Mapped[int] = mapped_column(BigInteger)
