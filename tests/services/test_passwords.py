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
        # 240 characters once each accent is part of its letter, but 480 are entered to log in.
        "a\u0301e\u0301o\u0301u\u0301" * 60,
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
        "Ada Byron 2026",
        "adabyron!Ada1",
        "Northwind Print!",
        "northwindprint2026",
        "Releaf2026!!",
        "Releaf-Password1",
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff441234",
        "\uff32\uff45\uff4c\uff45\uff41\uff462026!!",
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


def test_a_customer_cannot_choose_the_name_of_its_partner(session: Session) -> None:
    customer = factories.customer(session, factories.partner(session, name="Northwind Print"))
    _, token = users.invite(
        session, customer, email="c@example.com", full_name="Eve", role="customer", now=NOW
    )

    with pytest.raises(Invalid):
        users.accept(session, token, "northwindprint2026", NOW)


@pytest.mark.parametrize(
    "password", ["Ada likes orbit lantern quartz", "northwind-kettle-sparrow-41", "8hJ2-kfQ9-x0Zs"]
)
def test_a_known_word_in_a_password_that_is_hard_to_guess_without_it_is_accepted(
    password: str,
) -> None:
    assert passwords.clean(password, ("ada@example.com", "Ada", "Northwind Print")) == password


def test_a_login_without_a_user_takes_as_long_as_a_wrong_password(
    real_hasher: PasswordHasher,
) -> None:
    assert not real_hasher.check_needs_rehash(passwords.DUMMY_HASH)
