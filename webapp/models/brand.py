"""Brand: the name, the colour and the logo that a partner's pages, mails and certificates bear."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime


class Logo(Base):
    """A picture as we drew it ourselves, under its SHA-256; it is never changed.

    It stays when its partner takes another: certificates and mails of that time bear it.
    """

    __tablename__ = "logo"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_type: Mapped[str] = mapped_column(String(20))
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class Brand(Base):
    """What a partner has chosen; what it has not is ours. The name stands for its account's."""

    __tablename__ = "brand"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(60))
    colour: Mapped[str | None] = mapped_column(String(7))
    logo_digest: Mapped[str | None] = mapped_column(ForeignKey("logo.digest"), index=True)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    logo: Mapped[Logo | None] = relationship()
