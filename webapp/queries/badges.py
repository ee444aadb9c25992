"""Badges: the account of a badge's address."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.errors import NotFound
from webapp.models import Account

_LONGEST_ID = 43


def account(session: Session, badge_id: str) -> Account:
    """Return the account of a badge. Raises NotFound, also while the badge is off."""
    found = None
    if badge_id.isascii() and badge_id.isprintable() and len(badge_id) <= _LONGEST_ID:
        query = select(Account).where(Account.badge_id == badge_id, Account.badge_on)
        found = session.scalar(query)
    if found is None:
        raise NotFound("there is no such badge")
    return found
