"""Public sharing: a customer's name and badge."""

import secrets

from webapp.models import Account


def name(account: Account, *, named: bool) -> bool:
    """Set whether public pages of the account's certificates name it; the PDFs always do.

    Returns whether that changed.
    """
    before, account.is_named = account.is_named, named
    return before != named


def switch_badge(account: Account, *, on: bool) -> bool:
    """Make the badge public, or not; return whether that changed. Its address stays the same."""
    if account.badge_on == on:
        return False
    account.badge_id = account.badge_id or secrets.token_urlsafe(24)
    account.badge_on = on
    return True


def renew_badge(account: Account) -> None:
    """Give the badge a new address; the previous one stops working."""
    account.badge_id = secrets.token_urlsafe(24)
