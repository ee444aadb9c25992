"""User: a person who may log in, for one account."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, UtcDateTime
from webapp.models.account import Account

Role = Literal["operations", "partner_admin", "partner_viewer", "customer"]
ROLES: tuple[Role, ...] = get_args(Role)

LONGEST_EMAIL = 254
#: Which kind of account the users of a role belong to.
ACCOUNT_KIND_OF_ROLE: dict[Role, str] = {
    "operations": "operations",
    "partner_admin": "partner",
    "partner_viewer": "partner",
    "customer": "customer",
}


class User(Base):
    """A person: full name and email only. No password until the invitation is accepted.

    ``email``: unique within a partner and its customers, and within operations. A person may have
    a user at several partners; no partner sees the others.

    ``language``: of pages and emails, if chosen; null: that of the browser. ``time_zone``: of times
    on pages; null: that of the account. ``wants_...``: the
    email notifications that the user wants, as far as the role has them.
    """

    __tablename__ = "user"
    __table_args__ = (
        UniqueConstraint("email", "account_id"),
        Index("ix_user_full_name", "full_name", "id"),
        CheckConstraint(
            "role in ('operations', 'partner_admin', 'partner_viewer', 'customer')", name="role"
        ),
        CheckConstraint("email = lower(email)", name="email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    full_name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(LONGEST_EMAIL))
    role: Mapped[Role] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(8))
    time_zone: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    wants_server: Mapped[bool] = mapped_column(default=True, server_default=true())
    wants_feed: Mapped[bool] = mapped_column(default=True, server_default=true())
    wants_digest: Mapped[bool] = mapped_column(default=True, server_default=true())
    wants_nights: Mapped[bool] = mapped_column(default=True, server_default=true())
    wants_approval: Mapped[bool] = mapped_column(default=True, server_default=true())
    wants_certificate: Mapped[bool] = mapped_column(default=True, server_default=true())

    account: Mapped[Account] = relationship(lazy="joined")

    #: The id of the session that is being started; not stored.
    session_token = ""  # nosec B105

    # The interface of Flask-Login.
    is_anonymous = False

    @property
    def is_authenticated(self) -> bool:
        """A loaded user has logged in."""
        return True

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of times on pages."""
        return ZoneInfo(self.time_zone) if self.time_zone else self.account.zone

    @property
    def has_password(self) -> bool:
        """Whether the invitation was accepted."""
        return self.password_hash is not None

    @property
    def is_active(self) -> bool:
        """Whether the user may log in."""
        return self.disabled_at is None

    def get_id(self) -> str:
        """Return the identifier for the session cookie: the session's random id."""
        return self.session_token
