"""Users: invitations, passwords, disabling."""

from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW, PASSWORD
from webapp.errors import Conflict, Invalid, NotFound
from webapp.models import Account, Invitation, User
from webapp.models.user import Role
from webapp.services.accounts import passwords, users

NEW_PASSWORD = "a quite different phrase"


def invited(session: Session, email: str = "ada@example.com") -> tuple[User, str]:
    """A user invited by a partner."""
    return users.invite(
        session,
        factories.partner(session),
        email=email,
        full_name="Ada Byron",
        role="partner_admin",
        now=NOW,
    )


def test_an_invited_user_has_no_password_and_a_link_for_seven_days(session: Session) -> None:
    user, token = invited(session, " Ada@Example.com ")

    invitation = users.invitation(session, token, NOW)

    assert (user.email, user.full_name, user.password_hash) == (
        "ada@example.com",
        "Ada Byron",
        None,
    )
    assert invitation.user is user
    assert invitation.expires_at == NOW + timedelta(days=7)


def test_the_token_of_a_link_is_not_stored(session: Session) -> None:
    _, token = invited(session)

    stored = session.execute(select(Invitation.__table__)).one()

    assert token not in str(stored)
    assert len(token) >= 43


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "ada"}, "email"),
        ({"email": "ada@"}, "email"),
        ({"email": "a b@example.com"}, "email"),
        ({"email": "ada..byron@example.com"}, "email"),
        ({"email": "adá@example.com"}, "email"),
        ({"email": "ada[@example.com"}, "email"),
        ({"email": "ada@example..com"}, "email"),
        ({"email": "ada@[127.0.0.1]"}, "email"),
        ({"email": "ada@example.com, bob@example.com"}, "email"),
        ({"email": "ada\0@example.com"}, "email"),
        ({"email": f"{'a' * 250}@example.com"}, "email"),
        ({"full_name": "  "}, "full_name"),
        ({"full_name": "x" * 201}, "full_name"),
        ({"role": "operations"}, "role"),
        ({"role": "customer"}, "role"),
        ({"role": "king"}, "role"),
    ],
)
def test_an_invalid_value_is_refused_at_its_field(
    session: Session, changed: dict[str, Any], field: str
) -> None:
    partner = factories.partner(session)
    given: dict[str, Any] = {
        "email": "ada@example.com",
        "full_name": "Ada",
        "role": "partner_admin",
    } | changed

    with pytest.raises(Invalid) as refused:
        users.invite(session, partner, **given, now=NOW)

    assert refused.value.field == field
    assert session.scalar(select(func.count()).select_from(User)) == 0


@pytest.mark.parametrize(
    ("kind", "roles"),
    [
        ("operations", ["operations"]),
        ("partner", ["partner_admin", "partner_viewer"]),
        ("customer", ["customer"]),
    ],
)
def test_the_roles_of_an_account_follow_its_kind(kind: str, roles: list[Role]) -> None:
    assert users.roles_of(Account(kind=kind, name="x")) == roles


def test_an_invitation_is_accepted_once(session: Session) -> None:
    user, token = invited(session)

    accepted = users.accept(session, token, NEW_PASSWORD, NOW)

    assert accepted is user
    assert users.authenticate(session, "ada@example.com", NEW_PASSWORD) == [user]
    with pytest.raises(Conflict, match="already been used"):
        users.accept(session, token, "and yet another one", NOW)
    assert users.authenticate(session, "ada@example.com", NEW_PASSWORD) == [user]


@pytest.mark.parametrize(
    ("country", "page", "language"),
    [("GB", "en", "en_GB"), ("GB", "es", "es"), ("US", "en", "en"), (None, "en_GB", "en_GB")],
)
def test_accepting_an_invitation_sets_the_language_of_the_page_in_the_countrys_variant(
    session: Session, country: str | None, page: str, language: str
) -> None:
    user, token = invited(session)
    user.account.country = country

    users.accept(session, token, NEW_PASSWORD, NOW, language=page)

    assert user.language == language


@pytest.mark.parametrize("token", ["", "x", "\0", "é" * 50, "x" * 10_000, "\ud800"])
def test_an_unknown_link_is_not_found(session: Session, token: str) -> None:
    invited(session)

    with pytest.raises(NotFound):
        users.invitation(session, token, NOW)


def test_a_link_expires_to_the_second(session: Session) -> None:
    _, token = invited(session)
    end = NOW + users.VALID

    assert users.invitation(session, token, end - timedelta(seconds=1)).used_at is None
    with pytest.raises(Conflict, match="no longer works"):
        users.invitation(session, token, end)


def test_a_new_link_ends_the_earlier_one(session: Session) -> None:
    user, first = invited(session)
    second = users.invite_again(session, user, NOW)

    with pytest.raises(Conflict, match="no longer works"):
        users.accept(session, first, NEW_PASSWORD, NOW)
    assert users.accept(session, second, NEW_PASSWORD, NOW) is user


def test_a_link_replaces_a_forgotten_password_and_ends_sessions(session: Session) -> None:
    user = factories.user(session, email="ada@example.com")
    user_session = factories.user_session(session, user)
    token = users.invite_again(session, user, NOW)
    before = users.authenticate(session, "ada@example.com", PASSWORD)

    users.accept(session, token, NEW_PASSWORD, NOW)

    assert before == [user]
    assert users.authenticate(session, "ada@example.com", PASSWORD) == []
    session.refresh(user_session)
    assert user_session.ended_at == NOW


def test_a_password_is_the_same_however_its_letters_are_composed(session: Session) -> None:
    user, token = invited(session)
    users.accept(session, token, "Pa\u00dfw\u00f6rter \u00e0 la carte", NOW)

    typed = users.authenticate(session, user.email, "Pa\u00dfwo\u0308rter a\u0300 la carte")

    assert typed == [user]


def test_a_wrong_password_is_refused(session: Session) -> None:
    factories.user(session, email="ada@example.com")
    factories.user(session, email="new@example.com", password_hash=None)
    factories.user(session, email="gone@example.com", disabled_at=NOW)

    entered = [
        users.authenticate(session, email, password)
        for email, password in (
            ("ada@example.com", "wrong"),
            ("ada@example.com", ""),
            ("ada@example.com", PASSWORD + "x" * 1000),
            ("new@example.com", ""),
            ("new@example.com", PASSWORD),
            ("gone@example.com", PASSWORD),
            ("nobody@example.com", PASSWORD),
            ("nobody@example.com", "the password of nobody at all"),
            ("x" * 10_000, PASSWORD),
            ("ada@example.com\0", PASSWORD),
        )
    ]

    assert entered == [[]] * 10


def test_a_hash_of_former_parameters_is_renewed_at_the_next_log_in(
    session: Session, real_hasher: PasswordHasher
) -> None:
    weaker = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    user = factories.user(session, email="ada@example.com", password_hash=weaker)
    user_session = factories.user_session(session, user)

    users.authenticate(session, "ada@example.com", PASSWORD)

    assert user.password_hash is not None
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in user.password_hash
    session.refresh(user_session)
    assert user_session.ended_at is None
    assert passwords.verify(PASSWORD, user.password_hash)


def test_a_disabled_user_is_logged_out_at_once_and_enabled_with_the_same_password(
    session: Session,
) -> None:
    user = factories.user(session, email="ada@example.com")
    user_session = factories.user_session(session, user)
    token = users.invite_again(session, user, NOW)

    users.disable(session, user, NOW)
    while_disabled = users.authenticate(session, "ada@example.com", PASSWORD)
    with pytest.raises(Conflict):
        users.accept(session, token, NEW_PASSWORD, NOW)
    with pytest.raises(Conflict, match="enable the user first"):
        users.invite_again(session, user, NOW)
    enabled = users.enable(session, user)
    again = users.enable(session, user)

    assert (enabled, again) == (True, False)
    assert while_disabled == []
    session.refresh(user_session)
    assert user_session.ended_at == NOW
    assert users.authenticate(session, "ada@example.com", PASSWORD) == [user]


def test_a_user_cannot_disable_their_own_login(session: Session) -> None:
    user = factories.user(session)

    with pytest.raises(Conflict, match="cannot disable yourself"):
        users.disable(session, user, NOW, by=user.id)

    assert user.disabled_at is None


def test_the_last_active_user_of_operations_cannot_be_disabled(session: Session) -> None:
    operations = factories.operations(session)
    last = factories.user(session, operations)
    factories.user(session, operations, password_hash=None)
    factories.user(session, operations, disabled_at=NOW)
    factories.user(session)

    with pytest.raises(Conflict, match="last user of operations"):
        users.disable(session, last, NOW)
    other = factories.user(session, operations)
    users.disable(session, last, NOW)

    assert last.disabled_at == NOW
    with pytest.raises(Conflict, match="last user of operations"):
        users.disable(session, other, NOW)


def test_disabling_twice_retains_the_first_time(session: Session) -> None:
    user = factories.user(session)
    first = users.disable(session, user, NOW)

    again = users.disable(session, user, NOW + timedelta(days=1))

    assert (first, again) == (True, False)
    assert user.disabled_at == NOW
