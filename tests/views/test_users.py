"""Users through the pages: invited, disabled, enabled."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import User

LINK = re.compile(r'value="(http://127\.0\.0\.1:8000)(/invitations/[\w-]{43})"')


@pytest.fixture
def ada(log_in: Callable[[str], Visitor], transaction: Transaction) -> Visitor:
    """The administrator of the partner Northwind."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind")
        factories.user(session, partner, email="ada@example.com", full_name="Ada Byron")
    return log_in("ada@example.com")


def id_of(transaction: Transaction, email: str, full_name: str = "%") -> int:
    """The id of a user."""
    with transaction() as session:
        query = select(User.id).where(User.email == email, User.full_name.like(full_name))
        return session.scalars(query).one()


def test_an_invitation_shows_its_link_once_and_the_link_works(
    ada: Visitor, visitor: Visitor
) -> None:
    fields = {
        "full_name": "Niklaus Wirth",
        "email": "niklaus@example.com",
        "role": "partner_viewer",
    }
    response = ada.post("/users/new", fields)

    link = LINK.search(response.text)
    assert response.status_code == 201
    assert response.headers["Cache-Control"] == "no-store"
    assert link is not None
    password = "structured programming"
    visitor.post(link[2], {"password": password, "again": password})
    assert "Niklaus Wirth" in visitor.get("/").text
    assert "/invitations/" not in ada.get("/users").text


def test_a_customers_user_is_invited_from_the_customers_page(
    ada: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.scalars(select(User)).one().account
        customer_id = factories.customer(session, partner, name="Bakery").id

    page = ada.get(f"/accounts/{customer_id}")
    form = ada.get(f"/users/new?account={customer_id}")
    fields = {"full_name": "Lena Lund", "email": "lena@example.com", "role": "customer"}
    response = ada.post(f"/users/new?account={customer_id}", fields)

    assert f"/users/new?account={customer_id}" in page.text
    assert "To Bakery" in form.text
    assert response.status_code == 201
    with transaction() as session:
        made = session.scalars(select(User).where(User.email == "lena@example.com")).one()
        assert (made.role, made.account.name) == ("customer", "Bakery")


@pytest.mark.parametrize("number", ["0", "x", "9999", "99999999999999999999"])
def test_nobody_is_invited_to_another_account_than_the_one_in_the_address(
    log_in: Callable[[str], Visitor], transaction: Transaction, number: str
) -> None:
    with transaction() as session:
        factories.user(session, email="olga@example.com", role="operations")
    olga = log_in("olga@example.com")

    invitation = olga.get(f"/users/new?account={number}")
    customer = olga.get(f"/accounts/new?partner={number}")

    assert (invitation.status_code, customer.status_code) == (404, 404)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"full_name": ""}, "Enter the user’s full name."),
        ({"email": ""}, "Enter the email"),
        ({"email": "lena"}, "Enter an email like name@example.com."),
        ({"email": "ADA@example.com"}, "This email address is already in use"),
        ({"role": "operations"}, "Not a valid choice"),
        ({"role": "customer"}, "Not a valid choice"),
        ({"role": ""}, "Choose a role."),
    ],
)
def test_errors_are_shown_at_their_fields_and_no_user_is_invited(
    ada: Visitor, transaction: Transaction, fields: dict[str, str], words: str
) -> None:
    given = {"full_name": "Lena", "email": "lena@example.com", "role": "partner_viewer"} | fields

    response = ada.post("/users/new", given)

    assert response.status_code == 422
    assert words in response.text
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


def test_an_invitation_does_not_disclose_users_of_other_partners(
    ada: Visitor, visitor: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="known@example.com")
        factories.user(session, factories.operations(session), email="olga@example.com")
    texts = []
    for email in ("known@example.com", "olga@example.com", "fresh@example.com"):
        fields = {"full_name": "Niklaus Wirth", "email": email, "role": "partner_viewer"}
        guest = Visitor(ada.client.application.test_client())
        response = ada.post("/users/new", fields)
        link = LINK.search(response.text)
        assert link is not None
        user_id = id_of(transaction, email, "Niklaus Wirth")
        pages = [response.text, ada.get(f"/users/{user_id}").text, guest.get(link[2]).text]
        password = {"password": "structured programming", "again": "structured programming"}
        accepted = guest.post(link[2], password)
        assert (accepted.status_code, accepted.location) == (302, "/")
        pages.append(guest.get("/").text)
        guest.post("/logout")
        assert guest.log_in(email, password["password"]).status_code == 302
        texts.append([_without_values(page.replace(email, "")) for page in pages])

    assert texts[0] == texts[1] == texts[2]
    assert visitor.log_in("known@example.com").status_code == 302


def _without_values(text: str) -> str:
    """A page without ids, tokens and times."""
    return re.sub(r"/users/\d+|user=\d+|invitations/[\w-]+|[\w.-]{40,}|\d+:\d+", "", text)


def test_a_lost_link_is_replaced(ada: Visitor, visitor: Visitor, transaction: Transaction) -> None:
    fields = {"full_name": "Niklaus", "email": "niklaus@example.com", "role": "partner_viewer"}
    first = LINK.search(ada.post("/users/new", fields).text)
    user_id = id_of(transaction, "niklaus@example.com")

    second = LINK.search(ada.post(f"/users/{user_id}/invite").text)

    assert first is not None
    assert second is not None
    assert visitor.get(first[2]).status_code == 410
    assert visitor.get(second[2]).status_code == 200


def test_disabling_requires_confirmation_and_logs_the_user_out_at_once(
    ada: Visitor, log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.scalars(select(User)).one().account
        bob = factories.user(session, partner, email="bob@example.com", full_name="Bob Cox")
    other = log_in("bob@example.com")

    question = ada.get(f"/users/{bob.id}/disable")
    still_in = other.get("/").status_code
    response = ada.post(f"/users/{bob.id}/disable")

    assert "Disable Bob Cox?" in question.text
    assert still_in == 200
    assert response.status_code == 302
    assert other.get("/").location == "/login"
    assert "Disabled" in ada.get(f"/users/{bob.id}").text


def test_an_enabled_user_can_log_in_again(
    ada: Visitor, log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        partner = session.scalars(select(User)).one().account
        bob = factories.user(session, partner, email="bob@example.com", disabled_at=factories.NOW)

    ada.post(f"/users/{bob.id}/enable")

    assert log_in("bob@example.com").get("/").status_code == 200


def test_a_user_cannot_disable_their_own_login(ada: Visitor, transaction: Transaction) -> None:
    own_id = id_of(transaction, "ada@example.com")

    page = ada.get(f"/users/{own_id}")
    question, response = (
        ada.get(f"/users/{own_id}/disable"),
        ada.post(f"/users/{own_id}/disable"),
    )

    assert "This is you." in page.text
    assert "/disable" not in page.text
    assert (question.status_code, response.status_code) == (409, 409)
    assert ada.get("/").status_code == 200


def test_the_list_shows_who_has_not_accepted_yet(ada: Visitor, transaction: Transaction) -> None:
    now = clock.now()
    with transaction() as session:
        partner = session.scalars(select(User)).one().account
        for name, ends in (("Fresh", now + timedelta(days=1)), ("Stale", now - timedelta(days=1))):
            user = factories.user(session, partner, full_name=name, password_hash=None)
            factories.invitation(session, user, expires_at=ends)
        factories.user(session, partner, full_name="Gone", disabled_at=now)

    page = re.sub(r"<[^>]+>|\s+", " ", ada.get("/users").text)

    for name, state in (
        ("Ada Byron", "Active"), ("Fresh", "Invited"), ("Stale", "Expired"), ("Gone", "Disabled")
    ):  # fmt: skip
        assert re.search(rf"{name} [^<]*?Northwind +(?:Administrator) +{state}", page), name


def test_the_list_is_searched_and_filtered_by_role(ada: Visitor, transaction: Transaction) -> None:
    with transaction() as session:
        partner = session.scalars(select(User)).one().account
        factories.user(session, partner, full_name="Vera Wolf", role="partner_viewer")

    by_role = ada.get("/users?role=partner_viewer").text
    by_name = ada.get("/users?q=byron").text
    by_nonsense = ada.get("/users?role=king").text

    assert "Vera Wolf" in by_role
    assert 'href="/users/1"' not in by_role
    assert "Vera Wolf" not in by_name
    assert "Vera Wolf" in by_nonsense


def test_a_viewer_sees_pages_without_actions(
    log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        partner = factories.partner(session)
        factories.user(session, partner, email="vera@example.com", role="partner_viewer")
        other = factories.user(session, partner)
    vera = log_in("vera@example.com")

    pages = [vera.get(path).text for path in ("/users", f"/users/{other.id}", "/accounts")]

    for page in pages:
        main = page.split("<main")[1].split("</main>")[0]
        assert 'method="post"' not in main
        assert "/new" not in main
        assert "/disable" not in main
