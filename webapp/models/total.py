"""Totals: sums over deposits, devices and certificates that the database itself keeps.

No second truth: triggers (migration 0009) keep them in the very transaction that writes the rows
they sum, as an index is kept, and nothing else writes them; tests compare them with the rows. A
migration that makes one of those tables anew has to make its triggers anew, too. Kept likewise,
in the rows they are of: ``Feed.devices``, ``Account.customers``, ``Delta.server_id`` (0011).
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base


class FeedMonth(Base):
    """Pages deposited for a feed that are counted in a month."""

    __tablename__ = "feed_month"

    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), primary_key=True)
    counted_in: Mapped[str] = mapped_column(String(7), primary_key=True)
    pages: Mapped[int] = mapped_column(BigInteger)


class ServerDay(Base):
    """Pages deposited for all feeds of a server for a day, by the month they are counted in."""

    __tablename__ = "server_day"
    __table_args__ = (Index("ix_server_day_counted_in", "counted_in"),)

    server_id: Mapped[int] = mapped_column(ForeignKey("server.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    counted_in: Mapped[str] = mapped_column(String(7), primary_key=True)
    pages: Mapped[int] = mapped_column(BigInteger)


class ServerFeeds(Base):
    """A server's feeds but removed ones: how many, and the devices under them (migration 0013)."""

    __tablename__ = "server_feeds"

    server_id: Mapped[int] = mapped_column(ForeignKey("server.id"), primary_key=True)
    feeds: Mapped[int]
    devices: Mapped[int]


class CollectionOutcome(Base):
    """How many customers of a collection had an outcome, and their pages (migration 0013)."""

    __tablename__ = "collection_outcome"

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id"), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16), primary_key=True)
    customers: Mapped[int]
    pages: Mapped[int] = mapped_column(BigInteger)


class PartnerMonth(Base):
    """Certificates of a month of a partner's customers: how many, and the pages they state."""

    __tablename__ = "partner_month"

    partner_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    certificates: Mapped[int]
    pages: Mapped[int] = mapped_column(BigInteger)
