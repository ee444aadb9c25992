"""Users: the list, and single ones."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from webapp.crypto import hash_token
from webapp.models import Account, Invitation, User
from webapp.models.user import LONGEST_EMAIL
from webapp.queries import access, lists
from webapp.queries.viewer import Viewer

COLUMNS = {
    "name": User.full_name,
    "email": User.email,
    "account": Account.name,
    "added": User.created_at,
}
_INVITED_UNTIL = (
    select(func.max(Invitation.expires_at))
    .where(Invitation.user_id == User.id, Invitation.used_at.is_(None))
    .scalar_subquery()
)


def by_email(session: Session, email: str) -> Sequence[User]:
    """Return the users, of different partners, with an email that was typed in any letter case."""
    if len(email) > LONGEST_EMAIL or not email.isprintable():
        return []
    query = select(User).where(User.email == email.strip().lower()).order_by(User.id)
    return session.scalars(query).all()


def operators(session: Session) -> Sequence[User]:
    """Return the users of operations who are not disabled, by id."""
    query = select(User).where(User.role == "operations", User.disabled_at.is_(None))
    return session.scalars(query.order_by(User.id)).all()


def invitation(session: Session, token: str) -> Invitation | None:
    """Return the invitation of a link, also when it is used or expired."""
    return session.scalar(select(Invitation).where(Invitation.token_hash == hash_token(token)))


def invited_until(session: Session, user_id: int) -> datetime | None:
    """Return the expiry of a user's open invitation; None without one."""
    return session.scalar(select(_INVITED_UNTIL).where(User.id == user_id))


def other_operators(session: Session, user_id: int) -> int:
    """Return the number of users of operations who can log in, without this one."""
    query = select(func.count()).where(
        User.role == "operations",
        User.id != user_id,
        User.disabled_at.is_(None),
        User.password_hash.is_not(None),
    )
    return session.scalar(query) or 0


def search(viewer: Viewer, *, text: str = "", role: str = "", sort: str = "name") -> Select[Any]:
    """Select the users of the accounts a viewer may see."""
    query: Any = (
        select(
            User.id,
            User.full_name,
            User.email,
            User.role,
            User.account_id,
            User.password_hash.is_not(None).label("has_password"),
            User.disabled_at,
            User.created_at,
            Account.name.label("account_name"),
            _INVITED_UNTIL.label("invited_until"),
        )
        .join(User.account)
        .where(access.owns(viewer, Account))
    )
    if text:
        query = query.where(lists.contains(text, User.full_name, User.email, Account.name))
    if role:
        query = query.where(User.role == role)
    return lists.order(query, COLUMNS, sort, User.full_name, User.id)


def visible(session: Session, viewer: Viewer, user_id: int | None) -> User | None:
    """Return the user, if the viewer may see the users of that account."""
    if user_id is None:
        return None
    return session.scalar(access.users(viewer).where(User.id == user_id))
