"""The own profile: name, language, time zone, and an email address that is confirmed by a link."""

import re
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import notifications
from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import AuditEntry, Mail, User
from webapp.services.accounts import email_changes
from webapp.settings import Settings

EMAIL = "ada@example.com"
NEW = "ada.byron@example.org"
LogIn = Callable[[str], Visitor]
Sending = Callable[[], dict[str, str]]


@pytest.fixture
def ada(log_in: LogIn, transaction: Transaction) -> Visitor:
    """An administrator of Northwind, whose viewer is Bob."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind")
        factories.user(session, partner, email=EMAIL, full_name="Ada Byron")
        factories.user(session, partner, email="bob@example.com", role="partner_viewer")
    return log_in(EMAIL)


@pytest.fixture
def send(app: Flask, settings: Settings) -> Sending:
    """Send what is in the outbox; returns the texts of all emails by recipient."""

    def run() -> dict[str, str]:
        with app.app_context():
            notifications.send(clock.now)
        texts = {}
        for path in (settings.instance / "mailbox").glob("*.eml"):
            message = message_from_bytes(path.read_bytes(), policy=default)
            body = message.get_body(("plain",))
            assert body is not None
            texts[message["To"].addresses[0].addr_spec] = body.get_content()
        return texts

    return run


def link_of(text: str) -> str:
    """The path of the link in an email."""
    found = re.search(r"(/profile/email/\S+)", text)
    assert found is not None
    return found[1]


def stored(transaction: Transaction, email: str) -> User | None:
    """The user with an email."""
    with transaction() as session:
        return session.scalar(select(User).where(User.email == email))


def test_name_language_and_time_zone_are_chosen(ada: Visitor, transaction: Transaction) -> None:
    fields = {"full_name": " Ada  King ", "language": "es", "time_zone": "Asia/Kolkata"}

    answer = ada.post("/profile/edit", fields)

    page = ada.get("/profile").text
    assert (answer.status_code, answer.location) == (302, "/profile")
    assert "Ada King" in page
    assert re.search(r"Horas: [^<]*(India|Kolkata|Calcuta)", page)
    user = stored(transaction, EMAIL)
    assert user is not None
    assert (user.language, user.time_zone) == ("es", "Asia/Kolkata")
    with transaction() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "user changed name")
        ).all()
    assert [(entry.subject, entry.details) for entry in entries] == [
        (EMAIL, {"before": "Ada Byron", "after": "Ada King"})
    ]


def test_time_zones_of_places_are_listed_and_a_stored_alias(
    ada: Visitor, transaction: Transaction
) -> None:
    page = ada.get("/profile/edit").text
    assert 'value="America/New_York"' in page
    assert 'value="UTC"' in page
    assert 'value="Navajo"' not in page

    with transaction() as session:
        session.scalars(select(User).where(User.email == EMAIL)).one().time_zone = "Navajo"

    assert 'selected value="Navajo"' in ada.get("/profile/edit").text


@pytest.mark.parametrize(
    "fields",
    [
        {"full_name": "  "},
        {"full_name": "x" * 201},
        {"language": "tlh"},
        {"time_zone": "Mars/Olympus_Mons"},
        {"time_zone": "../../etc/passwd"},
    ],
)
def test_invalid_values_are_refused_and_change_nothing(
    ada: Visitor, transaction: Transaction, fields: dict[str, str]
) -> None:
    given = {"full_name": "Ada King", "language": "", "time_zone": ""} | fields

    assert ada.post("/profile/edit", given).status_code == 422

    user = stored(transaction, EMAIL)
    assert user is not None
    assert user.full_name == "Ada Byron"


def test_role_and_account_cannot_be_changed(ada: Visitor, transaction: Transaction) -> None:
    fields = {"full_name": "Ada", "language": "", "time_zone": "", "role": "operations"}

    ada.post("/profile/edit", {**fields, "account_id": 1, "email": "eve@example.com"})

    user = stored(transaction, EMAIL)
    assert user is not None
    assert user.role == "partner_admin"


def test_an_email_changes_when_its_link_is_opened_and_the_former_address_is_notified(
    ada: Visitor, visitor: Visitor, transaction: Transaction, send: Sending
) -> None:
    answer = ada.post("/profile/email", {"email": " ADA.Byron@example.org "})
    texts = send()
    link = link_of(texts[NEW])
    question = ada.get(link)
    unchanged = stored(transaction, EMAIL)
    confirmed = ada.post(link)
    again = ada.post(link)
    notified = send()

    assert answer.status_code == 302
    assert list(texts) == [NEW]
    assert "Confirm the email" in question.text
    assert unchanged is not None
    assert (confirmed.location, again.location) == ("/profile", "/profile")
    assert "You now log in with ada.byron@example.org" in notified[EMAIL]
    assert visitor.log_in(EMAIL).status_code == 422
    assert visitor.log_in(NEW).status_code == 302
    with transaction() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "user changed email")
        ).one()
        assert (entry.subject, entry.details["before"]) == (NEW, EMAIL)
        assert [mail.plain for mail in session.scalars(select(Mail))] == ["", ""]


def test_a_link_works_for_its_user_only(
    ada: Visitor, log_in: LogIn, visitor: Visitor, send: Sending
) -> None:
    ada.post("/profile/email", {"email": NEW})
    link = link_of(send()[NEW])

    bob = log_in("bob@example.com")
    assert bob.post(link).location == "/profile"
    assert "bob@example.com" in bob.get("/profile").text
    assert "/login" in visitor.post(link).location


def test_only_the_owner_of_an_address_learns_that_it_is_in_use(
    ada: Visitor, transaction: Transaction, send: Sending
) -> None:
    free = ada.post("/profile/email", {"email": NEW})
    used = ada.post("/profile/email", {"email": "bob@example.com"})
    link = link_of(send()["bob@example.com"])
    refused = ada.post(link)

    assert (free.status_code, free.location) == (used.status_code, used.location)
    assert "already in use" in ada.get(refused.location).text
    assert stored(transaction, EMAIL) is not None


@pytest.mark.parametrize("email", [EMAIL, "ada", "a@b\r\nBcc: x@example.com", "", "x" * 300])
def test_no_email_is_sent_to_an_invalid_address(ada: Visitor, send: Sending, email: str) -> None:
    assert ada.post("/profile/email", {"email": email}).status_code == 422
    assert send() == {}


@pytest.mark.parametrize("change", ["altered", "expired", "another secret", "unreadable"])
def test_an_invalid_link_does_not_change_the_email(
    ada: Visitor,
    transaction: Transaction,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
) -> None:
    user = stored(transaction, EMAIL)
    assert user is not None
    secret = "x" * 40 if change == "another secret" else settings.secret_key
    token = email_changes.token(secret, user, NEW)
    if change == "altered":
        token = token[:-2] + ("AA" if token[-2:] != "AA" else "BB")
    if change == "unreadable":
        token = "%00%ff"
    if change == "expired":
        monkeypatch.setattr(email_changes, "VALID", -email_changes.VALID)

    answer = ada.post(f"/profile/email/{token}")

    assert answer.location == "/profile"
    assert "This link does not work" in ada.get("/profile").text
    assert stored(transaction, NEW) is None
