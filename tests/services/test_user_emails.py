"""One email within a partner; several logins with one email, which do not disclose each other."""

from unittest.mock import Mock

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW, PASSWORD
from tests.services.test_users import NEW_PASSWORD, invited
from webapp.errors import Invalid
from webapp.models import User
from webapp.services.accounts import passwords, users


def test_an_email_has_one_user_within_a_partner_and_its_customers(session: Session) -> None:
    partner = factories.partner(session)
    bakery, hotel = (factories.customer(session, partner) for _ in range(2))
    factories.user(session, bakery, email="ada@example.com")

    for account in (bakery, hotel, partner):
        with pytest.raises(Invalid, match="This email address is already in use"):
            users.invite(
                session,
                account,
                email="ADA@example.com",
                full_name="Ada",
                role=users.roles_of(account)[0],
                now=NOW,
            )
    session.commit()

    assert session.scalar(select(func.count()).select_from(User)) == 1


def test_an_email_of_another_partners_user_is_invited_like_any_other(session: Session) -> None:
    other = factories.user(session, email="ada@example.com")
    of_operations = factories.user(session, factories.operations(session), email="olga@example.com")

    user, token = invited(session, "ada@example.com")
    invited(session, of_operations.email)
    users.accept(session, token, NEW_PASSWORD, NOW)

    assert users.authenticate(session, "ada@example.com", PASSWORD) == [other]
    assert users.authenticate(session, "ada@example.com", NEW_PASSWORD) == [user]


def test_a_password_of_two_users_with_one_email_authenticates_both(session: Session) -> None:
    first, second = (factories.user(session, email="ada@example.com") for _ in range(2))

    both = users.authenticate(session, "ada@example.com", PASSWORD)
    users.disable(session, first, NOW)
    one = users.authenticate(session, "ada@example.com", PASSWORD)

    assert (both, one) == ([first, second], [second])


@pytest.mark.parametrize("number", [0, 1, 2])
def test_as_many_passwords_are_verified_for_two_users_as_for_none(
    session: Session, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    for _ in range(number):
        factories.user(session, email="ada@example.com")
    verify = Mock(side_effect=passwords.verify)
    monkeypatch.setattr(passwords, "verify", verify)

    users.authenticate(session, "ada@example.com", "not the password")

    assert verify.call_count == 2
