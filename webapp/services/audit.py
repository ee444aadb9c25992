"""The audit trail: who did what, when and from where; written with the act, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from webapp.models import AuditEntry
from webapp.models.audit_entry import Place


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts: a user in the browser, or a command (whose operator the machine knows)."""

    user_id: int | None
    place: Place


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    *,
    account_id: int | None,
    details: Mapping[str, Any],
    now: datetime,
) -> None:
    """Note an act in the transaction that does it. ``account_id``: the partner concerned."""
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
