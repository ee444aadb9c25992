"""Passwords that are refused."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from webapp.errors import Invalid
from webapp.services.accounts import passwords, users


@pytest.mark.parametrize(
    "password",
    [
        "",
        "eleven char",
        "x" * 257,
        "aaaaaaaaaaaaaaaa",
        "Ada Augusta Byron",
        "Ada.Byron@example.com",
        "password1234",
        "qwertyuiop12",
        "releafreleaf",
        "Printerpoint1",
        "123456789012",
        "abcdefghijkl",
        "iloveyou1234",
        "AugustaAugusta",
        "passwordpassword" + "word" * 50,
    ],
)
def test_a_weak_password_is_refused_and_never_quoted(session: Session, password: str) -> None:
    user, token = users.invite(
        session,
        factories.partner(session),
        email="ada.byron@example.com",
        full_name="Ada Augusta Byron",
        role="partner_admin",
        now=NOW,
    )

    with pytest.raises(Invalid) as refused:
        users.accept(session, token, password, NOW)

    assert refused.value.field == "password"
    assert not password or password not in refused.value.message
    assert user.password_hash is None
    assert users.invitation(session, token, NOW).used_at is None


def test_a_login_without_a_user_takes_as_long_as_a_wrong_password(
    real_hasher: PasswordHasher,
) -> None:
    assert not real_hasher.check_needs_rehash(passwords.NOBODYS_HASH)
