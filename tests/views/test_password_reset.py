"""Invitations and links to reset a password are emailed; no page discloses who has a login."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from flask import Flask
from sqlalchemy import select

from jobs import notifications
from tests import factories
from tests.factories import PASSWORD
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import AuditEntry, Invitation, Mail
from webapp.settings import Settings

EMAIL = "ada@example.com"
NEW = {"password": "structured programming", "again": "structured programming"}
Sending = Callable[..., list[EmailMessage]]


@pytest.fixture
def ada(transaction: Transaction) -> None:
    """An administrator of the partner Northwind."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind")
        factories.user(session, partner, email=EMAIL, full_name="Ada Byron")


@pytest.fixture
def send(app: Flask, settings: Settings) -> Sending:
    """Send what is in the outbox; returns all emails that were sent."""

    def run(now: datetime | None = None) -> list[EmailMessage]:
        with app.app_context():
            notifications.send(lambda: now or clock.now())
        paths = sorted((settings.instance / "mailbox").glob("*.eml"))
        return [message_from_bytes(path.read_bytes(), policy=default) for path in paths]

    return run


def text_of(message: EmailMessage) -> str:
    """The plain part of an email."""
    part = message.get_body(("plain",))
    assert part is not None
    content: str = part.get_content()
    return content


def link_of(message: EmailMessage) -> str:
    """The path of the personal link in an email."""
    found = re.search(r"http://127\.0\.0\.1:8000(/invitations/[\w-]{43})\n", text_of(message))
    assert found is not None
    return found[1]


@pytest.mark.usefixtures("ada")
def test_a_forgotten_password_is_reset_once_and_ends_all_sessions(
    visitor: Visitor, log_in: Callable[[str], Visitor], transaction: Transaction, send: Sending
) -> None:
    elsewhere = log_in(EMAIL)

    answer = visitor.post("/forgot", {"email": " ADA@example.com "})
    (message,) = send()
    link = link_of(message)
    before = elsewhere.get("/").status_code
    changed = visitor.post(link, NEW)

    assert (answer.status_code, answer.location) == (302, "/forgot/sent")
    assert message["Subject"] == "Reset your password"
    assert message["List-Unsubscribe"] is None
    assert "Link works for: 1 hour" in text_of(message)
    assert "/unsubscribe/" not in message.as_string()
    assert (before, changed.status_code, changed.location) == (200, 302, "/")
    assert elsewhere.get("/").location == "/login"
    assert visitor.get(link).status_code == 410
    visitor.post("/logout")
    assert visitor.log_in(EMAIL, PASSWORD).status_code == 422
    assert visitor.log_in(EMAIL, NEW["password"]).status_code == 302
    with transaction() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions[:2] == ["password reset requested", "password reset"]


@pytest.mark.usefixtures("ada")
def test_the_link_is_stored_nowhere_and_works_for_an_hour(
    visitor: Visitor, transaction: Transaction, settings: Settings, send: Sending
) -> None:
    visitor.post("/forgot", {"email": EMAIL})
    (message,) = send()
    token = link_of(message).rpartition("/")[2]

    with transaction() as session:
        mail = session.scalars(select(Mail)).one()
        invitation = session.scalars(select(Invitation)).one()
        assert (mail.plain, mail.html, mail.state) == ("", "", "sent")
        assert invitation.expires_at - invitation.created_at == timedelta(hours=1)
    assert token.encode() not in (settings.instance / "releaf.db").read_bytes()


@pytest.mark.usefixtures("ada")
def test_an_expired_link_leads_to_a_new_one(
    visitor: Visitor, transaction: Transaction, send: Sending
) -> None:
    visitor.post("/forgot", {"email": EMAIL})
    (message,) = send()
    with transaction() as session:
        session.scalars(select(Invitation)).one().expires_at = clock.now()

    page = visitor.get(link_of(message))

    assert page.status_code == 410
    assert "Forgot your password?" in page.text


def test_the_response_does_not_disclose_who_has_a_login(
    visitor: Visitor, transaction: Transaction, send: Sending
) -> None:
    with transaction() as session:
        partner = factories.partner(session)
        factories.user(session, partner, email="known@example.com")
        factories.user(session, partner, email="gone@example.com", disabled_at=clock.now())
        factories.user(session, partner, email="invited@example.com", password_hash=None)
    emails = ["known@example.com", "gone@example.com", "invited@example.com", "no@example.com"]
    emails += ["x", "a\x00b", "é" * 400 + "@example.com"]

    answers = [visitor.post("/forgot", {"email": email}) for email in emails]
    messages = send()

    assert {(each.status_code, each.location, each.text) for each in answers} == {
        (302, "/forgot/sent", answers[0].text)
    }
    assert [message["To"] for message in messages] == [messages[0]["To"]]
    assert "known@example.com" in messages[0]["To"]
    with transaction() as session:
        entries = session.scalars(select(AuditEntry.subject).order_by(AuditEntry.id)).all()
    assert entries == [*emails[:3], "", "", "", ""]


def test_a_user_with_users_at_two_partners_gets_a_link_for_each(
    visitor: Visitor, transaction: Transaction, send: Sending
) -> None:
    with transaction() as session:
        for name in ("Northwind", "Westerly"):
            factories.user(session, factories.partner(session, name=name), email=EMAIL)

    visitor.post("/forgot", {"email": EMAIL})

    links = [link_of(message) for message in send()]
    pages = " ".join(visitor.get(link).text for link in links)
    assert "log in to Northwind" in pages
    assert "log in to Westerly" in pages


@pytest.mark.usefixtures("ada")
def test_using_one_link_or_changing_the_password_ends_the_other_links(
    visitor: Visitor, send: Sending
) -> None:
    for _ in range(3):
        visitor.post("/forgot", {"email": EMAIL})
    first, second, third = map(link_of, send())

    opened = [visitor.get(link).status_code for link in (first, second, third)]
    visitor.post(second, NEW)

    assert opened == [200] * 3
    assert [visitor.get(link).status_code for link in (first, second, third)] == [410] * 3


@pytest.mark.usefixtures("ada")
def test_a_user_who_is_disabled_meanwhile_gets_no_link(
    visitor: Visitor, transaction: Transaction, send: Sending
) -> None:
    visitor.post("/forgot", {"email": EMAIL})
    with transaction() as session:
        mail = session.scalars(select(Mail)).one()
        mail.user.disabled_at = clock.now()

    messages = send()

    assert messages == []
    with transaction() as session:
        assert session.scalars(select(Mail.state)).one() == "failed"


@pytest.mark.slow  # some 30 requests
@pytest.mark.usefixtures("ada")
def test_requests_are_limited_by_account_and_by_address(
    own_app: Flask, transaction: Transaction
) -> None:
    def request(address: str, email: str) -> int:
        visitor = Visitor(own_app.test_client())
        visitor.client.environ_base["REMOTE_ADDR"] = address
        return visitor.post("/forgot", {"email": email}).status_code

    by_account = [request(f"203.0.{number}.9", EMAIL) for number in range(6)]
    unknown = [request(f"203.0.{number}.9", "nobody@example.com") for number in range(6)]
    by_address = [request("198.51.100.7", f"user{number}@example.com") for number in range(21)]

    assert by_account == unknown == [302] * 5 + [429]
    assert by_address == [302] * 20 + [429]
    with transaction() as session:
        entry = AuditEntry.action == "tries limited"
        found = session.scalars(select(AuditEntry.subject).where(entry)).all()
    assert found == [EMAIL, "", ""]


@pytest.mark.usefixtures("ada")
def test_an_invitation_is_emailed_and_can_be_emailed_again(
    log_in: Callable[[str], Visitor], visitor: Visitor, transaction: Transaction, send: Sending
) -> None:
    nora = log_in(EMAIL)
    fields = {"full_name": "Niklaus Wirth", "email": "nik@example.com", "role": "partner_viewer"}

    answer = nora.post("/users/new", {**fields, "delivery": "email"})
    page = nora.get(answer.location).text
    (first,) = send()
    nora.post(f"{answer.location}/invite", {"delivery": "email"})
    second = send()[-1]
    accepted = visitor.post(link_of(second), NEW)

    assert "on its way to nik@example.com" in page
    assert "/invitations/" not in page
    assert first["Subject"] == "You are invited to Northwind"
    assert first["To"] == "Niklaus Wirth <nik@example.com>"
    assert "Link works for: 7 days" in text_of(first)
    assert accepted.status_code == 302
    assert visitor.get(link_of(first)).status_code == 410


@pytest.mark.usefixtures("ada")
def test_operations_see_that_an_email_was_sent_but_not_its_link(
    log_in: Callable[[str], Visitor], visitor: Visitor, transaction: Transaction, send: Sending
) -> None:
    with transaction() as session:
        factories.user(session, factories.operations(session), email="olga@example.com")
    visitor.post("/forgot", {"email": EMAIL})
    send()

    page = log_in("olga@example.com").get("/operations/mails/1").text

    assert "Reset your password" in page
    assert "its text is not stored" in page
    assert "/invitations/" not in page
