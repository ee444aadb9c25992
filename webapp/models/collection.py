"""Collection: one run over a server's fleet. Outcome: its result for one feed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime
from webapp.domain.reasons import Reason
from webapp.models.feed import Feed
from webapp.models.server import Server

CollectionKind = Literal["scheduled", "manual"]
CollectionState = Literal["queued", "running", "finished", "failed", "cancelled"]
OutcomeKind = Literal["collected", "unchanged", "not_found", "failed"]

#: The states of a collection that is running or will run.
UNFINISHED: tuple[CollectionState, ...] = ("queued", "running")

_SCHEDULED = text("kind = 'scheduled'")
_FAILED = text("outcome = 'failed'")


class Collection(Base):
    """A run over a server's feeds for the day being closed.

    One ``scheduled`` per server and day; any number of ``manual`` ones, of the whole server or of
    one feed. ``alive_at`` is the heartbeat: a running collection whose heartbeat is stale is queued
    again.
    """

    __tablename__ = "collection"
    __table_args__ = (
        Index("ix_collection_queued_at", "queued_at", "id"),
        Index(
            "uq_collection_scheduled",
            "server_id",
            "day",
            unique=True,
            sqlite_where=_SCHEDULED,
            postgresql_where=_SCHEDULED,
        ),
        Index(
            "ix_collection_scheduled_day",
            "day",
            sqlite_where=_SCHEDULED,
            postgresql_where=_SCHEDULED,
        ),
        CheckConstraint("kind in ('scheduled', 'manual')", name="kind"),
        CheckConstraint(
            "state in ('queued', 'running', 'finished', 'failed', 'cancelled')", name="state"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    server_id: Mapped[int] = mapped_column(ForeignKey("server.id"), index=True)
    day: Mapped[date]
    kind: Mapped[CollectionKind] = mapped_column(String(16))
    feed_id: Mapped[int | None] = mapped_column(ForeignKey("feed.id"))
    state: Mapped[CollectionState] = mapped_column(String(16))
    reason: Mapped[Reason | None] = mapped_column(JSON(none_as_null=True))
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    alive_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    printers: Mapped[int] = mapped_column(default=0)
    feeds: Mapped[int | None]

    server: Mapped[Server] = relationship()


class Outcome(Base):
    """The result of a collection for one feed.

    ``pages``: deposited less withdrawn. ``incomplete``: devices whose answer lacked a known
    counter. ``duplicates``: rows that repeat a device. ``skipped``: rows not counted, a list of
    ``{"reason", "asset_id", "serial_number"}``. ``reason``: of a failure.
    """

    __tablename__ = "outcome"
    __table_args__ = (
        CheckConstraint(
            "outcome in ('collected', 'unchanged', 'not_found', 'failed')", name="outcome"
        ),
        Index("ix_outcome_feed_id", "feed_id"),
        Index(
            "ix_outcome_failed",
            "collection_id",
            "feed_id",
            sqlite_where=_FAILED,
            postgresql_where=_FAILED,
        ),
    )

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id"), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), primary_key=True)
    outcome: Mapped[OutcomeKind] = mapped_column(String(16))
    pages: Mapped[int] = mapped_column(BigInteger)
    devices: Mapped[int]
    incomplete: Mapped[int] = mapped_column(default=0, server_default="0")
    duplicates: Mapped[int] = mapped_column(default=0, server_default="0")
    skipped: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    reason: Mapped[Reason | None] = mapped_column(JSON(none_as_null=True))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    feed: Mapped[Feed] = relationship()


class RetryRows(Base):
    """The fleet's rows of a customer that failed in a collection, for its retry.

    ``rows``: of the customer and of the same machines elsewhere, only the fields that metering
    needs. Deleted when the retry succeeds, or the customer's next collection starts.
    """

    __tablename__ = "retry_rows"

    collection_id: Mapped[int] = mapped_column(ForeignKey("collection.id"), primary_key=True)
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"), primary_key=True)
    rows: Mapped[bytes] = mapped_column(LargeBinary)
