"""The audit trail: who did what, when and from where; written with the act, never changed."""

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
    "collection asked for",
    "collection cancelled",
    "feed changed",
    "feed deactivated",
    "feed reactivated",
    "feed relinked",
    "feed removed",
    "feeds tied",
    "held pages decided",
    "held pages reopened",
    "mail sent again",
    "month closed",
    "naming changed",
    "pages recounted",
    "queue changed",
    "server approved",
    "server checked",
    "server registered",
    "server removed",
    "server renamed",
    "server token replaced",
    "tokens resealed",
    "user disabled",
    "user enabled",
    "user invited",
    "user logged in",
    "user changed password",
    "user took the invitation",
]
ACTIONS: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts: a user in the browser, or a command (whose operator the machine knows)."""

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
    """Note an act in the transaction that does it. ``account_id``: see ``concerned``."""
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
    """Whose trail an act belongs to: the partner's, also for its customers; None: operations'."""
    if account is None or account.kind == "operations":
        return None
    return account.partner_id or account.id
