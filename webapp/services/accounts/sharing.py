"""Public sharing: a customer's name and badge."""

import secrets

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.errors import NotFound
from webapp.models import Account
from webapp.queries import metrics

_LONGEST_ID = 43


def name(account: Account, *, named: bool) -> None:
    """Set whether public pages of the account's certificates name it; the PDFs always do."""
    account.is_named = named


def switch_badge(account: Account, *, on: bool) -> None:
    """Make the badge public, or not. Its address stays the same."""
    account.badge_id = account.badge_id or secrets.token_urlsafe(24)
    account.badge_on = on


def renew_badge(account: Account) -> None:
    """Give the badge a new address; the previous one stops working."""
    account.badge_id = secrets.token_urlsafe(24)


def account_of_badge(session: Session, badge_id: str) -> Account:
    """Return the account of a badge. Raises NotFound, also while it is off."""
    account = None
    if badge_id.isascii() and badge_id.isprintable() and len(badge_id) <= _LONGEST_ID:
        shown = select(Account).where(Account.badge_id == badge_id, Account.badge_on)
        account = session.scalar(shown)
    if account is None:
        raise NotFound("there is no such badge")
    return account


def pages_of(session: Session, account: Account) -> int:
    """Return all pages counted for an account."""
    return metrics.pages(session, metrics.Scope.account(account))
