"""Passwords: argon2id with OWASP's minimum parameters; no hint whether a user exists."""

import re
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext
from zxcvbn import zxcvbn

from webapp.errors import Invalid
from webapp.models import User

SHORTEST = 12
LONGEST = 256
#: Words that are tried first at this service.
_SERVICE_WORDS = ("releaf", "printerpoint")
_MEASURED = 72
#: zxcvbn's score, 0 to 4: above it an attack on stolen hashes takes years.
_SUFFICIENT = 3

# 19 MiB, two passes, one lane: about 30 ms.
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

#: Verified if there is no user, so that the response takes equally long.
DUMMY_HASH = hasher.hash("a password that no user has")


def clean(password: str, forbidden: tuple[str, ...], field: str = "password") -> str:
    """Return a password that may be used. Raises Invalid for ``field``, without quoting it.

    ``forbidden``: texts about the user that others know. What is left of the password without
    their words has to be hard to guess.
    """
    if len(password) > LONGEST:
        raise Invalid(field, gettext("Use %(longest)s characters at most.", longest=LONGEST))
    password = _normal(password)
    if len(password) < SHORTEST:
        raise Invalid(
            field,
            gettext(
                "Use %(shortest)s characters or more; a few words in a row are easy to remember.",
                shortest=SHORTEST,
            ),
        )
    if len(set(password)) < 4:
        raise Invalid(
            field, gettext("This repeats the same few characters; choose something else.")
        )
    words = _words((*forbidden, *_SERVICE_WORDS))
    rest = re.sub("|".join(map(re.escape, words)), "", password, flags=re.IGNORECASE)
    if _score(rest, words) < _SUFFICIENT <= _score(password, []):
        raise Invalid(
            field,
            gettext(
                "Your name, your email and the names of your company and of this service are easy "
                "to guess; choose something else."
            ),
        )
    if _score(rest, words) < _SUFFICIENT:
        raise Invalid(
            field,
            gettext(
                "This password is easy to guess, because it is common or follows a pattern. Use a "
                "few unrelated words."
            ),
        )
    return password


def _words(texts: tuple[str, ...]) -> list[str]:
    """Return the words of texts that have three letters or more, the longest first."""
    found = {word for text in texts for word in re.findall(r"\w{3,}", _normal(text))}
    return sorted(found, key=len, reverse=True)


def _score(password: str, words: list[str]) -> int:
    # zxcvbn accepts 72 characters; a password whose beginning is hard to guess is so as a whole.
    return int(zxcvbn(password[:_MEASURED], user_inputs=words)["score"]) if password else 0


def known_about(user: User) -> tuple[str, ...]:
    """Return texts about a user that others know: the email, and names of user and companies."""
    partner = user.account.partner
    names = (user.account.name, partner.name) if partner else (user.account.name,)
    return (user.email, user.full_name, *names)


def hash_password(password: str) -> str:
    """Return the hash of a password."""
    return hasher.hash(_normal(password))


def verify(password: str, password_hash: str | None) -> bool:
    """Whether a password matches a hash; None takes as long as a wrong password."""
    try:
        hasher.verify(password_hash or DUMMY_HASH, _normal(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether a hash has other parameters than the present ones."""
    return hasher.check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    # The same characters may be other code points on another keyboard.
    return unicodedata.normalize("NFKC", password)
