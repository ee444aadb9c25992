"""Emails, for operations."""

from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from webapp.db import LARGEST_ID
from webapp.domain.reasons import Reason
from webapp.errors import NotFound
from webapp.models import Mail, User
from webapp.queries import lists


def get(session: Session, mail_id: int) -> Mail:
    """Return an email. Raises NotFound."""
    mail = session.get(Mail, mail_id) if mail_id <= LARGEST_ID else None
    if mail is None:
        raise NotFound(f"there is no mail {mail_id}")
    return mail


def search(*, text: str = "", state: str = "") -> Select[Any]:
    """Select the emails, the latest first."""
    query: Any = select(
        Mail.id,
        Mail.title,
        Mail.user_id,
        Mail.created_at,
        Mail.state,
        Mail.error,
        User.full_name,
        User.email,
    ).join(Mail.user)
    if state:
        query = query.where(Mail.state == state)
    if text:
        query = query.where(lists.contains(text, Mail.title, User.email, User.full_name))
    ordered: Select[Any] = query.order_by(Mail.id.desc())
    return ordered


def undelivered(session: Session) -> tuple[int, int, Reason | None]:
    """Return how many emails await another attempt, how many failed, and the latest error."""
    rows = session.execute(
        select(Mail.state, func.count().label("number"))
        .where(or_(Mail.state == "failed", and_(Mail.state == "queued", Mail.attempts > 0)))
        .group_by(Mail.state)
    )
    numbers = {row.state: int(row.number) for row in rows}
    if not numbers:
        return 0, 0, None
    error = session.scalar(
        select(Mail.error)
        .where(Mail.error.is_not(None), Mail.state.in_(("queued", "failed")))
        .order_by(Mail.id.desc())
        .limit(1)
    )
    return numbers.get("queued", 0), numbers.get("failed", 0), error
