"""Sessions of users: the one of a cookie, and those of a user."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, contains_eager

from webapp.crypto import hash_token
from webapp.models import Account, User, UserSession
from webapp.settings import Settings


def find(session: Session, settings: Settings, token: str, now: datetime) -> UserSession | None:
    """Return the active session of a cookie, with its user, account and partner.

    None if it was ended or has expired, or if the user is disabled.
    """
    return session.scalar(
        select(UserSession)
        .join(UserSession.user)
        .where(
            UserSession.token_hash == hash_token(token),
            _is_active(settings, now),
            User.disabled_at.is_(None),
        )
        .options(
            contains_eager(UserSession.user)
            .joinedload(User.account, innerjoin=True)
            .joinedload(Account.partner)
        )
    )


def of_user(
    session: Session, settings: Settings, user_id: int, now: datetime
) -> Sequence[UserSession]:
    """Return the active sessions of a user, the last used first."""
    return session.scalars(
        select(UserSession)
        .where(UserSession.user_id == user_id, _is_active(settings, now))
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    ).all()


def used_network(session: Session, user: User, network_hash: str, since: datetime) -> bool:
    """Whether a user has logged in from a network since a time; ended sessions count as well."""
    found = session.scalar(
        select(UserSession.id)
        .where(
            UserSession.user_id == user.id,
            UserSession.network_hash == network_hash,
            UserSession.created_at > since,
        )
        .limit(1)
    )
    return found is not None


def _is_active(settings: Settings, now: datetime) -> ColumnElement[bool]:
    return and_(
        UserSession.ended_at.is_(None),
        UserSession.last_seen_at > now - timedelta(hours=settings.session_idle_hours),
        UserSession.created_at > now - timedelta(days=settings.session_days),
    )
