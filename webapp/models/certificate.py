"""Certificate: the frozen statement of an account's month, and its document."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    desc,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, DecimalText, UtcDateTime
from webapp.i18n import DEFAULT
from webapp.models.account import Account


class Certificate(Base):
    """A certificate, with the names, logo and factor of its date; it never changes.

    ``late_pages`` were printed in earlier months that had closed; ``corrections`` (negative) were
    counted too many by such months; ``carried_pages`` are those of earlier months below the
    partner's minimum, since the month ``carried_since``. ``pages`` includes all of them.
    ``language``: of its document.
    ``public_id``: the unguessable part of the public page's address.
    """

    __tablename__ = "certificate"
    __table_args__ = (
        UniqueConstraint("account_id", "month"),
        Index("ix_certificate_month", desc("month"), "account_name", "id"),
        Index("ix_certificate_account_name", "account_name", desc("month"), "id"),
        Index("ix_certificate_pages", desc("pages"), desc("month"), "account_name", "id"),
        CheckConstraint("pages > 0", name="pages"),
        CheckConstraint("late_pages >= 0 and late_pages <= pages - corrections", name="late_pages"),
        CheckConstraint("corrections <= 0", name="corrections"),
        CheckConstraint(
            "carried_pages >= 0 and carried_pages <= pages - corrections", name="carried_pages"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    public_id: Mapped[str] = mapped_column(String(43), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    month: Mapped[str] = mapped_column(String(7))
    account_name: Mapped[str] = mapped_column(String(200))
    partner_name: Mapped[str] = mapped_column(String(200))
    pages: Mapped[int] = mapped_column(BigInteger)
    late_pages: Mapped[int] = mapped_column(BigInteger)
    late_months: Mapped[str] = mapped_column(String(200), default="")
    corrections: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    carried_pages: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    carried_since: Mapped[str | None] = mapped_column(String(7))
    trees: Mapped[Decimal] = mapped_column(DecimalText)
    pages_per_tree: Mapped[int]
    project: Mapped[str] = mapped_column(String(120))
    issued_on: Mapped[date]
    language: Mapped[str] = mapped_column(String(8), default=DEFAULT, server_default=DEFAULT)
    logo_digest: Mapped[str | None] = mapped_column(ForeignKey("logo.digest"))

    account: Mapped[Account] = relationship()
    document: Mapped[Document | None] = relationship(viewonly=True)


_DUE = text("emails_due")


class Document(Base):
    """The PDF of a certificate, as first rendered.

    ``emails_due``: whether its emails are still to be written; not of documents that were rendered
    before there were any.
    """

    __tablename__ = "document"
    __table_args__ = (
        Index("ix_document_emails_due", "certificate_id", sqlite_where=_DUE, postgresql_where=_DUE),
    )

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"), primary_key=True)
    pdf: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    rendered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    emails_due: Mapped[bool] = mapped_column(default=True, server_default=false())
