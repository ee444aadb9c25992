"""Logging in and out, passwords and one-time links, through the pages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests import factories
from tests.factories import PASSWORD
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.services.accounts import users

NEW_PASSWORD = "a quite different phrase"
EMAILS = ("ada@example.com", "nobody@example.com", "gone@example.com", "new@example.com")


def test_the_right_password_redirects_to_the_home_page(
    visitor: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com", full_name="Ada Byron")

    response = visitor.log_in("ada@example.com")

    assert (response.status_code, response.location) == (302, "/")
    assert "Ada Byron" in visitor.get("/").text


def test_an_email_is_compared_case_insensitively(
    visitor: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")

    response = visitor.log_in("  Ada@Example.COM ")

    assert response.status_code == 302


def test_an_unknown_email_and_a_wrong_password_get_the_same_response(
    visitor: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
        factories.user(session, email="gone@example.com", disabled_at=factories.NOW)
        factories.user(session, email="new@example.com", password_hash=None)

    responses = [
        visitor.log_in("ada@example.com", "not the password at all"),
        visitor.log_in("nobody@example.com"),
        visitor.log_in("gone@example.com"),
        visitor.log_in("new@example.com"),
    ]

    assert {response.status_code for response in responses} == {422}
    assert all("Incorrect email or password" in response.text for response in responses)
    texts = {
        response.text.replace(email, "") for response, email in zip(responses, EMAILS, strict=True)
    }
    assert len({_without_tokens(text) for text in texts}) == 1


def test_the_password_is_not_in_the_response(visitor: Visitor, transaction: Transaction) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")

    response = visitor.log_in("ada@example.com", "typed by mistake 123")

    assert "typed by mistake" not in response.text
    assert 'value="ada@example.com"' in response.text


def test_logging_in_redirects_to_the_requested_page(
    visitor: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")

    response_before = visitor.get("/servers?health=unhealthy")
    fields = {"email": "ada@example.com", "password": PASSWORD}
    response = visitor.post(response_before.location, fields)

    assert response_before.location == "/login?next=/servers?health%3Dunhealthy"
    assert response.location == "/servers?health=unhealthy"


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example/x",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/%0d%0aSet-Cookie:x=1\r\nX: 1",
        " //evil.example",
    ],
)
def test_no_log_in_redirects_to_another_site(
    visitor: Visitor, transaction: Transaction, target: str
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")

    fields = {"email": "ada@example.com", "password": PASSWORD, "next": target}
    response = visitor.post("/login", fields)

    assert (response.status_code, response.location) == (302, "/")


def test_logging_out_ends_the_session(
    log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
    visitor = log_in("ada@example.com")

    response = visitor.post("/logout")

    assert response.location == "/login"
    assert visitor.get("/").status_code == 302


def test_a_get_request_does_not_log_out(
    log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
    visitor = log_in("ada@example.com")

    response = visitor.get("/logout")

    assert response.status_code == 405
    assert visitor.get("/").status_code == 200


def test_changing_the_password_ends_the_other_sessions_only(
    log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
    here, elsewhere = log_in("ada@example.com"), log_in("ada@example.com")

    fields = {"old": PASSWORD, "new": NEW_PASSWORD, "again": NEW_PASSWORD}
    response = here.post("/password", fields)

    assert response.status_code == 302
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert elsewhere.log_in("ada@example.com").status_code == 422
    assert elsewhere.log_in("ada@example.com", NEW_PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"old": "wrong", "new": NEW_PASSWORD, "again": NEW_PASSWORD}, "not your current password"),
        ({"old": PASSWORD, "new": "short", "again": "short"}, "12 characters or more"),
        ({"old": PASSWORD, "new": NEW_PASSWORD, "again": "another one"}, "do not match"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "choose another"),
        ({"old": PASSWORD, "new": "ada@example.com", "again": "ada@example.com"}, "easy to guess"),
    ],
)
def test_a_refused_password_is_explained_at_its_field(
    log_in: Callable[[str], Visitor], transaction: Transaction, fields: dict[str, str], words: str
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
    visitor = log_in("ada@example.com")

    response = visitor.post("/password", fields)

    assert response.status_code == 422
    assert words in response.text
    assert 'aria-invalid="true"' in response.text


def test_an_invitation_is_accepted_once_and_logs_in(
    visitor: Visitor, transaction: Transaction
) -> None:
    token = _invited(transaction)

    page = visitor.get(f"/invitations/{token}")
    taken = visitor.post(f"/invitations/{token}", {"password": NEW_PASSWORD, "again": NEW_PASSWORD})
    home = visitor.get("/")
    again = visitor.get(f"/invitations/{token}")

    assert "Welcome, Ada Byron" in page.text
    assert (taken.status_code, taken.location) == (302, "/")
    assert home.status_code == 200
    assert again.status_code == 410
    assert "already been used" in again.text


def test_an_invitation_expires(visitor: Visitor, transaction: Transaction) -> None:
    with transaction() as session:
        user = factories.user(session, password_hash=None)
        past = clock.now() - timedelta(seconds=1)
        factories.invitation(session, user, token="late", expires_at=past)

    page = visitor.get("/invitations/late")
    sent = visitor.post("/invitations/late", {"password": NEW_PASSWORD, "again": NEW_PASSWORD})

    assert (page.status_code, sent.status_code) == (410, 410)
    assert "request a new invitation from your administrator" in page.text


def test_a_truncated_link_is_explained(visitor: Visitor) -> None:
    response = visitor.get("/invitations/half-a-tok")

    assert response.status_code == 404
    assert "Copy the whole link" in response.text


def test_the_page_of_a_one_time_link_does_not_disclose_the_link(
    visitor: Visitor, transaction: Transaction
) -> None:
    token = _invited(transaction)

    response = visitor.get(f"/invitations/{token}")

    assert response.headers["Referrer-Policy"] == "strict-origin"
    assert response.headers["Cache-Control"] == "no-store"
    assert token not in response.text


def test_a_weak_first_password_leaves_the_invitation_open(
    visitor: Visitor, transaction: Transaction
) -> None:
    token = _invited(transaction)

    weak = visitor.post(f"/invitations/{token}", {"password": "short", "again": "short"})

    assert weak.status_code == 422
    assert visitor.get(f"/invitations/{token}").status_code == 200


@pytest.mark.slow  # some 20 requests
def test_wrong_passwords_are_limited(own_app: Flask, transaction: Transaction) -> None:
    visitor = Visitor(own_app.test_client())
    with transaction() as session:
        factories.user(session, email="ada@example.com")

    guesses = [visitor.log_in("ada@example.com", f"guess number {n:03}") for n in range(11)]

    assert [guess.status_code for guess in guesses] == [422] * 10 + [429]
    assert "Too many attempts" in guesses[10].text


@pytest.mark.slow  # some 30 requests
def test_correct_passwords_are_not_limited(own_app: Flask, transaction: Transaction) -> None:
    visitor = Visitor(own_app.test_client())
    with transaction() as session:
        factories.user(session, email="ada@example.com")

    statuses = set()
    for _ in range(22):
        statuses.add(visitor.log_in("ada@example.com").status_code)
        visitor.post("/logout")

    assert statuses == {302}


def _invited(transaction: Transaction) -> str:
    with transaction() as session:
        _, token = users.invite(
            session,
            factories.partner(session),
            email="ada@example.com",
            full_name="Ada Byron",
            role="partner_admin",
            now=clock.now(),
        )
    return token


def _without_tokens(page: str) -> str:
    return "".join(line for line in page.splitlines() if "csrf" not in line.lower())
