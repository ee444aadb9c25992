"""The daily reconciliation: when it is due, and its stored result."""

from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from webapp.models import Reconciliation
from webapp.queries.reconciliation import Result, latest

#: How often everything is compared.
EVERY = timedelta(hours=24)


def is_due(session: Session, now: datetime) -> bool:
    """Whether a day has passed since the last one."""
    last = latest(session)
    return last is None or last.at <= now - EVERY


def record(
    session: Session, result: Result, now: datetime, *, audit_complete: bool = True
) -> Reconciliation:
    """Store the result of a comparison of all feeds, with its first 1,000 differences.

    ``audit_complete``: the result of the check of the audit trail.
    """
    recorded = Reconciliation(
        at=now,
        audit_complete=audit_complete,
        feeds=len(result.balances),
        pages=sum(balance.life for balance in result.balances),
        differences=[asdict(difference) for difference in result.differences[:1_000]],
    )
    session.add(recorded)
    session.flush()
    return recorded
