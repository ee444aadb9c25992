"""Unsubscribing: a signed link for each user and kind of email, without a login."""

from datetime import timedelta

from flask_babel import gettext
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from webapp.errors import Conflict, NotFound
from webapp.models import User
from webapp.models.notice import SUBJECTS, Subject

#: How long a link works; anti-spam laws require at least 30 days.
VALID = timedelta(days=180)


def token(secret_key: str, user_id: int, subject: Subject) -> str:
    """Return the end of the link, which works for ``VALID``."""
    return str(_signer(secret_key).dumps([user_id, subject]))


def user_of_link(session: Session, secret_key: str, token: str) -> tuple[User, Subject]:
    """Return the user and the kind of email of a link.

    Raises NotFound for an invalid link, and Conflict for an expired one.
    """
    try:
        user_id, subject = _signer(secret_key).loads(token, max_age=int(VALID.total_seconds()))
    except SignatureExpired:
        raise Conflict(
            gettext("This link has expired. Log in to change your email notifications.")
        ) from None
    except (BadSignature, ValueError, TypeError):
        raise NotFound("This link is invalid.") from None
    user = session.get(User, user_id)
    known = next((one for one in SUBJECTS if one == subject), None)
    if user is None or known is None:
        raise NotFound("This link is invalid.")
    return user, known


def choose(user: User, subject: Subject, *, wanted: bool) -> bool:
    """Set whether a user wants a kind of email; return whether that changed."""
    before = wants(user, subject)
    setattr(user, f"wants_{subject}", wanted)
    return before != wanted


def wants(user: User, subject: Subject) -> bool:
    """Whether a user wants a kind of email."""
    return bool(getattr(user, f"wants_{subject}"))


def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="unsubscribe")
