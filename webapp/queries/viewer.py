"""The viewer, by whom the rows of a page or list are chosen."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.models import User
from webapp.models.user import Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """The viewer. The account is None for the command line and for jobs."""

    role: Role
    account_id: int | None
    user_id: int | None

    @classmethod
    def of(cls, user: User) -> Viewer:
        """Return the viewer for a logged-in user."""
        return cls(user.role, user.account_id, user.id)

    @property
    def may_change(self) -> bool:
        """Whether the viewer may change what it sees."""
        return self.role in ("operations", "partner_admin")

    @property
    def is_operations(self) -> bool:
        """Whether the viewer may see everything."""
        return self.role == "operations"

    @property
    def is_partner(self) -> bool:
        """Whether the viewer may see a partner and its customers."""
        return self.role in ("partner_admin", "partner_viewer")
