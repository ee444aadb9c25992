"""Emails, for operations."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from webapp.db import LARGEST_ID
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
