"""Users: invited by a one-time link, authenticated by a password, disabled and enabled."""

import re
import secrets
from datetime import datetime, timedelta

from flask_babel import gettext
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from webapp import i18n
from webapp.crypto import hash_token
from webapp.db import lock
from webapp.errors import Conflict, Invalid, NotFound
from webapp.models import Account, Invitation, User
from webapp.models.user import ACCOUNT_KIND_OF_ROLE, LONGEST_EMAIL, ROLES, Role
from webapp.queries import users as queries
from webapp.services.accounts import accounts, passwords, sessions
from webapp.services.names import clean_name

#: How long an invitation is valid, and how long a link to reset a password.
VALID = timedelta(days=7)
RESET_VALID = timedelta(hours=1)
_LONGEST_NAME = 200
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
#: A dot-atom of RFC 5322 and a host, whose name may be international.
_EMAIL = re.compile(rf"{_ATOM}(\.{_ATOM})*@[\w-]+(\.[\w-]+)*")


def language_of(user: User) -> str:
    """Return the language of emails to a user: the user's choice, or that of the account."""
    return user.language or user.account.document_language


def roles_of(account: Account) -> list[Role]:
    """Return the roles that users of an account may have."""
    return [role for role in ROLES if ACCOUNT_KIND_OF_ROLE[role] == account.kind]


def invite(
    session: Session,
    account: Account,
    *,
    email: str,
    full_name: str,
    role: Role,
    now: datetime,
) -> tuple[User, str]:
    """Create a user without a password; return it with the token of its link. Raises Invalid.

    The answer does not depend on users of other partners.
    """
    if role not in roles_of(account):
        raise Invalid(
            "role",
            gettext(
                "A user of %(name)s cannot have the role %(role)s.",
                name=account.name,
                role=repr(role),
            ),
        )
    user = User(
        account=account,
        full_name=_clean_name(full_name),
        email=clean_email(email),
        role=role,
        created_at=now,
    )
    if is_in_use(session, account, user.email):
        raise Invalid("email", gettext("This email address is already in use; enter another one."))
    session.add(user)
    return user, _new_link(session, user, now)


def invite_again(session: Session, user: User, now: datetime) -> str:
    """Return the token of a new link to choose a password; earlier links stop working.

    An existing password stays valid until the link is used. Raises Conflict for a disabled user.
    """
    if user.disabled_at is not None:
        raise Conflict(
            gettext("%(full_name)s is disabled; enable the user first.", full_name=user.full_name)
        )
    end_links(session, user, now)
    return _new_link(session, user, now)


def may_reset_password(user: User) -> bool:
    """Whether a user who forgot the password may have a link to reset it."""
    return user.has_password and user.is_active


def reset_link(session: Session, user: User, now: datetime) -> str:
    """Return the token of a link to reset a password. Earlier links of the user keep working."""
    return _new_link(session, user, now, RESET_VALID)


def invitation(session: Session, token: str, now: datetime) -> Invitation:
    """Return the invitation of a link. Raises NotFound, and Conflict when it is used or expired."""
    found = queries.invitation(session, token)
    if found is None:
        raise NotFound("there is no such invitation")
    if found.used_at is not None:
        raise Conflict(
            gettext("This link has already been used. Log in with the password you chose.")
        )
    if found.expires_at <= now or found.user.disabled_at is not None:
        raise Conflict(
            gettext(
                "This link no longer works. Use “Forgot your password?” on the login page, or "
                "request a new invitation from your administrator."
            )
        )
    return found


def accept(
    session: Session, token: str, password: str, now: datetime, *, language: str | None = None
) -> User:
    """Accept an invitation: set the user's password. Works once; ends the user's other links.

    ``language``: the language of the page; it becomes the user's if none was chosen before.

    Raises NotFound, Conflict, and Invalid for the password.
    """
    found = invitation(session, token, now)
    user = found.user
    password_hash = passwords.hash_password(passwords.clean(password, passwords.known_about(user)))
    claimed = session.scalar(
        update(Invitation)
        .where(Invitation.id == found.id, Invitation.used_at.is_(None))
        .values(used_at=now)
        .returning(Invitation.id)
        .execution_options(synchronize_session=False)
    )
    if claimed is None:
        raise Conflict(
            gettext("This link has already been used. Log in with the password you chose.")
        )
    user.password_hash = password_hash
    if user.language is None and language is not None:
        user.language = i18n.in_country(language, user.account.holiday_country)
    _end_sessions(session, user, now)
    end_links(session, user, now)
    return user


def authenticate(session: Session, email: str, password: str) -> list[User]:
    """Return the enabled users with this email and password: one, or several of different partners.

    Takes equally long for an unknown email and for one or two users.
    """
    found = queries.by_email(session, email)
    hashes = [user.password_hash for user in found]
    # Otherwise the time would disclose a user of another partner to the one who invited a second.
    hashes += [None] * (2 - len(hashes))
    matches = [passwords.verify(password, password_hash) for password_hash in hashes]
    return [
        user
        for user, password_hash, matching in zip(found, hashes, matches, strict=False)
        if matching and _may_log_in(session, user, password, password_hash)
    ]


def _may_log_in(session: Session, user: User, password: str, password_hash: str | None) -> bool:
    """Whether a user with a verified password is enabled; renew an outdated hash."""
    lock(session, User.id, user.id)  # the password may have been changed since it was read
    session.refresh(user)
    if user.password_hash is None or user.password_hash != password_hash or user.disabled_at:
        return False
    if passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hash_password(password)
        session.flush()
    return True


def change_password(session: Session, user: User, old: str, new: str, now: datetime) -> None:
    """Change the password; all sessions and links of the user end.

    Raises Invalid (``old``, ``new``).
    """
    if not passwords.verify(old, user.password_hash):
        raise Invalid("old", gettext("This is not your current password."))
    if new == old:
        raise Invalid("new", gettext("This is your current password; choose another."))
    passwords.clean(new, passwords.known_about(user), field="new")
    user.password_hash = passwords.hash_password(new)
    _end_sessions(session, user, now)
    end_links(session, user, now)


def disable(session: Session, user: User, now: datetime, *, by: int | None = None) -> bool:
    """Disable a user, whose sessions and links end at once; ``by``: the acting user.

    Returns whether the user was enabled. Raises Conflict for oneself, and for the last user of
    operations who can log in.
    """
    if by is not None and user.id == by:
        raise Conflict(gettext("You cannot disable yourself; another administrator can."))
    lock(session, Account.id, user.account_id)  # serializes two who disable each other
    session.refresh(user)
    if user.disabled_at is not None:
        return False
    if user.role == "operations" and not queries.other_operators(session, user.id):
        raise Conflict(
            gettext("This is the last user of operations who can log in; invite another first.")
        )
    user.disabled_at = now
    _end_sessions(session, user, now)
    end_links(session, user, now)
    return True


def edit(
    session: Session, user: User, *, full_name: str, language: str | None, time_zone: str | None
) -> None:
    """Change what a user chooses; None: as the browser, as the account. Raises Invalid."""
    user.full_name = _clean_name(full_name)
    if time_zone is not None and time_zone not in accounts.time_zones():
        raise Invalid("time_zone", gettext("Choose one of the listed time zones."))
    user.language, user.time_zone = language, time_zone
    session.flush()


def change_language(user: User, language: str) -> None:
    """Change the language of pages and emails, which a user chose on a page."""
    user.language = language


def enable(session: Session, user: User) -> bool:
    """Enable a user, with the previous password; return whether the user was disabled."""
    lock(session, User.id, user.id)
    session.refresh(user)
    if user.disabled_at is None:
        return False
    user.disabled_at = None
    session.flush()
    return True


def clean_email(text: str) -> str:
    """Return an email address in lower case. Raises Invalid."""
    email = text.strip().lower()
    if not email:
        raise Invalid("email", gettext("Enter the email the user will log in with."))
    if len(email) > LONGEST_EMAIL:
        raise Invalid(
            "email",
            gettext(
                "Use %(longest_email)s characters at most for the email.",
                longest_email=LONGEST_EMAIL,
            ),
        )
    if not _EMAIL.fullmatch(email):
        raise Invalid("email", gettext("Enter an email like name@example.com."))
    return email


def is_in_use(session: Session, account: Account, email: str) -> bool:
    """Whether the account, its partner or another customer of that has a user with this email."""
    top = account.partner_id or account.id
    lock(session, Account.id, top)
    query = select(User.id).join(Account).where(User.email == email)
    return (
        session.scalar(query.where(or_(Account.id == top, Account.partner_id == top))) is not None
    )


def _new_link(session: Session, user: User, now: datetime, valid: timedelta = VALID) -> str:
    token = secrets.token_urlsafe(32)
    session.add(
        Invitation(user=user, token_hash=hash_token(token), created_at=now, expires_at=now + valid)
    )
    session.flush()
    return token


def end_links(session: Session, user: User, now: datetime) -> None:
    """End all links of a user."""
    session.execute(
        update(Invitation)
        .where(
            Invitation.user_id == user.id,
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(expires_at=now)
    )


def _end_sessions(session: Session, user: User, now: datetime) -> None:
    session.flush()  # locks the user first, for which a concurrent log-in waits
    sessions.end_all(session, user, now)


def _clean_name(text: str) -> str:
    name = clean_name(text, _LONGEST_NAME, "full_name")
    if not name:
        raise Invalid("full_name", gettext("Enter the user’s full name."))
    return name
