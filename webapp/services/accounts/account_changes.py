"""Changes of accounts, as the audit trail has them."""

from webapp.models import Account


def apply(account: Account, **values: str | None) -> dict[str, str]:
    """Set values of an account; return those that changed: what they were, and what they are."""
    before = {name: _recorded(account, name) for name in values}
    for name, value in values.items():
        setattr(account, name, value)
    after = {name: _recorded(account, name) for name in values}
    return {
        name: f"{before[name] or '–'} → {after[name] or '–'}"
        for name in values
        if before[name] != after[name]
    }


def _recorded(account: Account, name: str) -> str | None:
    """Return the code or text of a value: a region with its country, like US-CA."""
    value: str | None = getattr(account, name)
    return f"{account.country}-{value}" if value and name == "region" else value
