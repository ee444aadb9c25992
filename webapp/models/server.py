"""Server: a partner's registered Printerpoint login."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.crypto import Keyring
from webapp.db import Base, UtcDateTime
from webapp.domain.health import Health
from webapp.domain.reasons import Reason
from webapp.models.account import Account


class Server(Base):
    """A Printerpoint login. Its token is stored encrypted only, bound to this row.

    ``health_reason``: why the last connection attempt failed; None while healthy.
    ``token_unreadable_since``: since when the token cannot be decrypted with the keys, so that no
    connection is attempted; None after one. ``fleet_since``: since when its token is that of
    another fleet than at its registration.
    ``awaiting_approval_since``: another server reads the same fleet; nothing is collected.
    """

    __tablename__ = "server"
    __table_args__ = (CheckConstraint("health in ('healthy', 'unhealthy')", name="health"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    encrypted_token: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    health: Mapped[Health] = mapped_column(String(16))
    health_reason: Mapped[Reason | None] = mapped_column(JSON(none_as_null=True))
    health_checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    health_changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    token_unreadable_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fleet_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    awaiting_approval_since: Mapped[datetime | None] = mapped_column(UtcDateTime)

    account: Mapped[Account] = relationship()

    @property
    def paused(self) -> bool:
        """Whether collection is paused until a health check passes."""
        return self.health == "unhealthy"

    @property
    def state(self) -> str:
        """The health, ``awaiting_approval`` or ``removed``; unhealthy with an unreadable token."""
        if self.removed_at is not None:
            return "removed"
        if self.awaiting_approval_since is not None:
            return "awaiting_approval"
        return "unhealthy" if self.token_unreadable_since is not None else self.health

    def encrypt_token(self, keyring: Keyring, token: str) -> None:
        """Store the token encrypted; the row needs its id first (flush)."""
        self.encrypted_token = keyring.encrypt(token, self._owner)

    def decrypt_token(self, keyring: Keyring) -> str:
        """Return the token, for the client only. Raises DecryptionError."""
        return keyring.decrypt(self.encrypted_token, self._owner)

    @property
    def _owner(self) -> str:
        if self.id is None:
            raise ValueError("a server must be flushed before its token is encrypted")
        return f"server {self.id} of account {self.account_id}"
