"""Audit entry: who did what, when and from where. Written once, never changed; and their chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime
from webapp.models.account import Account
from webapp.models.user import User

#: The origin of an action, stored as ``place``. A network address would be personal data, and is
#: not stored.
Origin = Literal["browser", "command"]


class AuditEntry(Base):
    """An action on an object of an account (None: of the whole service).

    ``user_id``: None for the command line, and for a visitor of the website without a login.
    ``action``: a noun and a verb; ``subject``: the name of the object at that time.
    ``prev_hash``: of the entry chained before this one; None until this one is chained.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_account_id_at", "account_id", "at"),
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_prev_hash", "prev_hash", unique=True),
        CheckConstraint("place in ('browser', 'command')", name="place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    place: Mapped[str] = mapped_column(String(8))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(250))
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    prev_hash: Mapped[str | None] = mapped_column(String(64))

    user: Mapped[User | None] = relationship()
    account: Mapped[Account | None] = relationship()


class AuditChain(Base):
    """The end of the chain, in a single row: its number of entries, and the hash of the last."""

    __tablename__ = "audit_chain"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entries: Mapped[int]
    last_hash: Mapped[str] = mapped_column(String(64))
