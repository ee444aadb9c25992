"""Unsubscribing: a signed link for each user and kind of mail, that needs no login."""

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from webapp.errors import NotFound
from webapp.models import User
from webapp.models.notice import SUBJECTS, Subject


def token(secret_key: str, user_id: int, subject: Subject) -> str:
    """The end of the link. It holds for ever: mails are read late."""
    return str(_signer(secret_key).dumps([user_id, subject]))


def reader(session: Session, secret_key: str, token: str) -> tuple[User, Subject]:
    """Whose link it is, and of which kind of mail. Raises NotFound for one we did not make."""
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
    """Whether a user wants a kind of mail."""
    setattr(user, f"wants_{subject}", wanted)


def wants(user: User, subject: Subject) -> bool:
    """Whether a user wants a kind of mail."""
    return bool(getattr(user, f"wants_{subject}"))


def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="unsubscribe")
