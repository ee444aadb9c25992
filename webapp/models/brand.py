"""Brand: display name, color and logo of a partner's pages, emails and certificates."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime


class Logo(Base):
    """A sanitized picture under its SHA-256; it never changes.

    It is kept when its partner changes the logo, because earlier certificates and emails have it.
    """

    __tablename__ = "logo"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_type: Mapped[str] = mapped_column(String(20))
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class Brand(Base):
    """The choices of a partner; null: the default. The name replaces that of its account."""

    __tablename__ = "brand"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(60))
    colour: Mapped[str | None] = mapped_column(String(7))
    logo_digest: Mapped[str | None] = mapped_column(ForeignKey("logo.digest"), index=True)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    logo: Mapped[Logo | None] = relationship()
