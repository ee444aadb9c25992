"""The audit trail: who did what, when and from where. Entries are never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy.orm import Session

from webapp.models import Account, AuditEntry
from webapp.models.audit_entry import Place

Action = Literal[
    "account added",
    "account changed",
    "badge changed",
    "brand changed",
    "brand reset",
    "collection cancelled",
    "collection requested",
    "deltas reviewed",
    "email resent",
    "feed changed",
    "feed deactivated",
    "feed reactivated",
    "feed relinked",
    "feed removed",
    "feeds connected",
    "invitation accepted",
    "month closed",
    "name sharing changed",
    "pages recounted",
    "queue changed",
    "review reopened",
    "server approved",
    "server checked",
    "server registered",
    "server removed",
    "server renamed",
    "server token replaced",
    "tokens re-encrypted",
    "user changed password",
    "user disabled",
    "user enabled",
    "user invited",
    "user logged in",
]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True, slots=True)
class Actor:
    """The actor: a user in the browser, or the command line."""

    user_id: int | None
    place: Place


def record(
    session: Session,
    actor: Actor,
    action: Action,
    subject: str,
    *,
    account_id: int | None,
    details: Mapping[str, Any],
    now: datetime,
) -> None:
    """Record an action in its transaction. ``account_id``: see ``concerned``."""
    session.add(
        AuditEntry(
            at=now,
            user_id=actor.user_id,
            account_id=account_id,
            place=actor.place,
            action=action,
            subject=subject[:250],
            details=dict(details),
        )
    )


def concerned(account: Account | None) -> int | None:
    """Return the account whose trail has an action: the partner's, also for its customers; None:
    operations'.
    """
    if account is None or account.kind == "operations":
        return None
    return account.partner_id or account.id
