"""Emails to users: choices, unsubscribing by a link, the list of operations."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.domain.reasons import reason
from webapp.models import Mail, User
from webapp.models.notice import Subject
from webapp.services.notifications import unsubscribe
from webapp.settings import Settings

LogIn = Callable[[User | str], Visitor]


@pytest.fixture
def ada(transaction: Transaction) -> int:
    """An administrator of a partner."""
    with transaction() as session:
        return factories.user(session, email="ada@example.com").id


def wants(transaction: Transaction, user_id: int) -> dict[str, bool]:
    """The notifications that a user has chosen."""
    with transaction() as session:
        user = session.get_one(User, user_id)
        return {
            "server": user.wants_server,
            "feed": user.wants_feed,
            "digest": user.wants_digest,
            "nights": user.wants_nights,
        }


def test_users_choose_the_notifications_of_their_role(
    log_in: LogIn, transaction: Transaction, ada: int
) -> None:
    visitor = log_in("ada@example.com")
    page = visitor.get("/notices").text
    response = visitor.post("/notices", {"feed": "y"})
    after = visitor.get(response.location).text

    assert "ada@example.com" in page
    assert "Weekly digest" in page
    assert "26 hours" not in page
    assert "Saved." in after
    assert wants(transaction, ada) == {
        "server": False,
        "feed": True,
        "digest": False,
        "nights": True,
    }


def test_operations_choose_notifications_about_nights_only(
    log_in: LogIn, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
    page = log_in("ops@example.com").get("/notices").text

    assert "26 hours" in page
    assert "Weekly digest" not in page


def test_a_customer_chooses_notifications_about_certificates_only(
    log_in: LogIn, transaction: Transaction, settings: Settings, visitor: Visitor
) -> None:
    with transaction() as session:
        user_id = factories.user(session, factories.customer(session), email="cara@example.com").id
    cara = log_in("cara@example.com")

    page = cara.get("/notices").text
    cara.post("/notices", {"feed": "y"})
    with transaction() as session:
        chosen = session.get_one(User, user_id)
        off = (chosen.wants_certificate, chosen.wants_feed)
    cara.post("/notices", {"certificate": "y"})
    visitor.client.post(link(settings, user_id, "certificate"))

    assert "your certificate as a PDF" in page
    assert 'href="/notices"' in cara.get("/").text
    for text in ("Weekly digest", "26 hours", "Customers are not emailed"):
        assert text not in page
    assert off == (False, True)
    with transaction() as session:
        assert not session.get_one(User, user_id).wants_certificate


def link(settings: Settings, user_id: int, subject: Subject) -> str:
    """The link of a mail."""
    return f"/unsubscribe/{unsubscribe.token(settings.secret_key, user_id, subject)}"


def test_a_mail_program_unsubscribes_with_one_click(
    visitor: Visitor, settings: Settings, transaction: Transaction, ada: int
) -> None:
    path = link(settings, ada, "feed")

    response = visitor.client.post(path, data={"List-Unsubscribe": "One-Click"})

    assert response.status_code == 303
    assert wants(transaction, ada) == {
        "server": True,
        "feed": False,
        "digest": True,
        "nights": True,
    }


def test_opening_the_link_changes_nothing_until_the_button_is_pressed(
    visitor: Visitor, settings: Settings, transaction: Transaction, ada: int
) -> None:
    path = link(settings, ada, "server")
    confirmation = visitor.get(path).text
    before = wants(transaction, ada)["server"]
    visitor.client.post(path)
    done = visitor.get(path).text
    off = wants(transaction, ada)["server"]
    visitor.client.post(path, data={"again": "yes"})

    assert "Unsubscribe" in confirmation
    assert before
    assert "You are unsubscribed" in done
    assert "Subscribe again" in done
    assert not off
    assert wants(transaction, ada)["server"]


@pytest.mark.parametrize("change", ["x", "", "no-such-link"])
def test_a_forged_link_changes_nothing(
    visitor: Visitor, settings: Settings, transaction: Transaction, ada: int, change: str
) -> None:
    token = unsubscribe.token(settings.secret_key, ada, "feed")
    forged = change if change == "no-such-link" else f"{token[:-3]}{change}"

    assert visitor.get(f"/unsubscribe/{forged}").status_code == 404
    assert visitor.client.post(f"/unsubscribe/{forged}").status_code == 404
    assert wants(transaction, ada)["feed"]


@pytest.mark.parametrize(("age", "status"), [(179, 200), (181, 409)])
def test_a_link_expires_after_half_a_year(
    visitor: Visitor,
    settings: Settings,
    ada: int,
    monkeypatch: pytest.MonkeyPatch,
    age: int,
    status: int,
) -> None:
    sent = (clock.now() - timedelta(days=age)).timestamp()
    monkeypatch.setattr(time, "time", lambda: sent)
    address = link(settings, ada, "feed")
    monkeypatch.undo()

    response = visitor.get(address)

    assert response.status_code == status
    assert ("This link has expired." in response.text) == (status == 409)


def test_a_link_signed_for_another_purpose_is_refused(
    visitor: Visitor, transaction: Transaction, ada: int
) -> None:
    other = unsubscribe.token("another secret key of forty letters, or more", ada, "feed")

    assert visitor.get(f"/unsubscribe/{other}").status_code == 404


def test_operations_see_sent_emails_and_retry_failed_ones(
    log_in: LogIn, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
        ada = factories.user(session, email="ada@example.com")
        factories.mail(session, ada, title="Main login is reachable again")
        factories.mail(
            session, ada, title="Late <one>", state="queued", error=reason("mail_server_timeout")
        )
        failed = factories.mail(
            session,
            ada,
            title="Bad address",
            state="failed",
            error=reason("recipient_refused", response="550 no such <user>"),
        ).id
    ops = log_in("ops@example.com")
    page = ops.get("/operations/mails").text
    found = ops.get("/operations/mails?q=bad").text
    assert 'href="/operations/mails?state=failed"' in ops.get("/operations/mails?q=weekly").text
    one = ops.get(f"/operations/mails/{failed}").text
    again = ops.post(f"/operations/mails/{failed}/again")
    twice = ops.post(f"/operations/mails/{failed}/again")
    refused = ops.get(twice.location).text

    assert "Late &lt;one&gt;" in page
    assert "1 email could not be sent and will be retried" in page
    assert "1 email could not be sent" in page
    assert "Main login is reachable again" not in found
    assert "The mail server refuses the recipient: 550 no such &lt;user&gt;." in one
    assert "Send it again" in one
    assert again.status_code == 302
    assert "has not failed" in refused
    with transaction() as session:
        assert session.get_one(Mail, failed).state == "queued"
    assert ops.get("/operations/mails/999").status_code == 404


def test_without_emails_the_page_explains_when_there_are_some(
    log_in: LogIn, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
    ops = log_in("ops@example.com")

    assert "No emails yet" in ops.get("/operations/mails").text
    assert "No email matches" in ops.get("/operations/mails?state=failed").text
