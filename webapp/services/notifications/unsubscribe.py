"""Unsubscribing: a signed link for each user and kind of email, without a login."""

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from webapp.errors import NotFound
from webapp.models import User
from webapp.models.notice import SUBJECTS, Subject


def token(secret_key: str, user_id: int, subject: Subject) -> str:
    """Return the end of the link. It does not expire."""
    return str(_signer(secret_key).dumps([user_id, subject]))


def reader(session: Session, secret_key: str, token: str) -> tuple[User, Subject]:
    """Return the user and the kind of email of a link. Raises NotFound for an invalid one."""
    try:
        user_id, subject = _signer(secret_key).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise NotFound("This link is not one of ours.") from None
    user = session.get(User, user_id)
    known = next((one for one in SUBJECTS if one == subject), None)
    if user is None or known is None:
        raise NotFound("This link is not one of ours.")
    return user, known


def choose(user: User, subject: Subject, *, wanted: bool) -> None:
    """Set whether a user wants a kind of email."""
    setattr(user, f"wants_{subject}", wanted)


def wants(user: User, subject: Subject) -> bool:
    """Whether a user wants a kind of email."""
    return bool(getattr(user, f"wants_{subject}"))


def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="unsubscribe")
