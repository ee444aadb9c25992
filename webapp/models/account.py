"""Account: a partner (the print dealer), one of its customers, or operations."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp import i18n
from webapp.db import Base, UtcDateTime


class Account(Base):
    """A partner, one of its customers, or operations.

    A customer has no time zone of its own: its days and months are its partner's. Its country and
    region (for public holidays) apply if a country is given, else its partner's. ``language``: of
    its certificates and badge; without one, a customer has its partner's. ``is_named``: whether
    public pages of its certificates name it. ``minimum_pages``: of a partner, the fewest pages of a
    certificate of its customers; fewer are carried to the next one. ``badge_id``: the unguessable
    part of its badge's address, which is public while ``badge_on``.
    """

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("kind in ('operations', 'partner', 'customer')", name="kind"),
        CheckConstraint("(kind = 'customer') = (partner_id is not null)", name="partner"),
        UniqueConstraint("partner_id", "name"),
        # With the id, so that an index-only scan finds the accounts of a partner.
        Index("ix_account_partner_id", "partner_id", "id"),
        Index("uq_account_badge_id", "badge_id", unique=True),
        Index(
            "uq_account_name_of_partners",
            "name",
            unique=True,
            sqlite_where=text("partner_id is null"),
            postgresql_where=text("partner_id is null"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    country: Mapped[str | None] = mapped_column(String(2))
    region: Mapped[str | None] = mapped_column(String(20))
    language: Mapped[str | None] = mapped_column(String(8))
    is_named: Mapped[bool] = mapped_column(default=True, server_default=true())
    minimum_pages: Mapped[int | None]
    badge_id: Mapped[str | None] = mapped_column(String(43))
    badge_on: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    partner: Mapped[Account | None] = relationship(remote_side="Account.id")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its days and months."""
        return ZoneInfo(self.time_zone or (self.partner and self.partner.time_zone) or "UTC")

    @property
    def holiday_country(self) -> str | None:
        """The country whose public holidays apply; None: Monday to Friday only."""
        return self.country or (self.partner.country if self.partner else None)

    @property
    def holiday_region(self) -> str | None:
        """The region whose holidays apply as well; of the account that has the country."""
        named_by = self if self.country or not self.partner else self.partner
        return named_by.region

    @property
    def document_language(self) -> str:
        """The language of its certificates and emails: chosen, its partner's, or its country's."""
        chosen = self.language or (self.partner and self.partner.language)
        return chosen or i18n.of_country(self.holiday_country)

    @property
    def certificate_minimum(self) -> int:
        """The fewest pages of a certificate: its partner's; 1 without one."""
        return (self.partner or self).minimum_pages or 1
