"""Users: the one that a session belongs to."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from webapp.models import Account, User


def of_session(session: Session, user_id: int, stamp: str) -> User | None:
    """The user with its account and partner, unless the password changed or it is disabled."""
    return session.scalar(
        select(User)
        .where(User.id == user_id, User.session_stamp == stamp, User.disabled_at.is_(None))
        .options(joinedload(User.account, innerjoin=True).joinedload(Account.partner))
    )
