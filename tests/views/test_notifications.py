"""Emails to users: choices, unsubscribing by a link, the list of operations."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests import factories
from tests.views.conftest import Storing, Visitor
from webapp import clock
from webapp.models import Mail, User
from webapp.models.notice import Subject
from webapp.services.notifications import unsubscribe
from webapp.settings import Settings

LogIn = Callable[[User | str], Visitor]


@pytest.fixture
def ada(storing: Storing) -> int:
    """An administrator of a partner."""
    with storing() as session:
        return factories.user(session, email="ada@example.com").id


def wants(storing: Storing, user_id: int) -> dict[str, bool]:
    """The notifications that a user has chosen."""
    with storing() as session:
        user = session.get_one(User, user_id)
        return {
            "server": user.wants_server,
            "feed": user.wants_feed,
            "digest": user.wants_digest,
            "nights": user.wants_nights,
        }


def test_users_choose_the_notifications_of_their_role(
    log_in: LogIn, storing: Storing, ada: int
) -> None:
    visitor = log_in("ada@example.com")
    page = visitor.opens("/notices").text
    response = visitor.sends("/notices", {"feed": "y"})
    after = visitor.opens(response.location).text

    assert "ada@example.com" in page
    assert "Weekly digest" in page
    assert "26 hours" not in page
    assert "Saved." in after
    assert wants(storing, ada) == {"server": False, "feed": True, "digest": False, "nights": True}


def test_operations_choose_notifications_about_nights_only(log_in: LogIn, storing: Storing) -> None:
    with storing() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
    page = log_in("ops@example.com").opens("/notices").text

    assert "26 hours" in page
    assert "Weekly digest" not in page


def test_a_customer_chooses_notifications_about_certificates_only(
    log_in: LogIn, storing: Storing, settings: Settings, visitor: Visitor
) -> None:
    with storing() as session:
        user_id = factories.user(session, factories.customer(session), email="cara@example.com").id
    cara = log_in("cara@example.com")

    page = cara.opens("/notices").text
    cara.sends("/notices", {"feed": "y"})
    with storing() as session:
        chosen = session.get_one(User, user_id)
        off = (chosen.wants_certificate, chosen.wants_feed)
    cara.sends("/notices", {"certificate": "y"})
    visitor.client.post(link(settings, user_id, "certificate"))

    assert "your certificate as a PDF" in page
    assert 'href="/notices"' in cara.opens("/").text
    for text in ("Weekly digest", "26 hours", "Customers are not emailed"):
        assert text not in page
    assert off == (False, True)
    with storing() as session:
        assert not session.get_one(User, user_id).wants_certificate


def link(settings: Settings, user_id: int, subject: Subject) -> str:
    """The link of a mail."""
    return f"/unsubscribe/{unsubscribe.token(settings.secret_key, user_id, subject)}"


def test_a_mail_program_unsubscribes_with_one_click(
    visitor: Visitor, settings: Settings, storing: Storing, ada: int
) -> None:
    path = link(settings, ada, "feed")

    response = visitor.client.post(path, data={"List-Unsubscribe": "One-Click"})

    assert response.status_code == 303
    assert wants(storing, ada) == {"server": True, "feed": False, "digest": True, "nights": True}


def test_opening_the_link_changes_nothing_until_the_button_is_pressed(
    visitor: Visitor, settings: Settings, storing: Storing, ada: int
) -> None:
    path = link(settings, ada, "server")
    confirmation = visitor.opens(path).text
    before = wants(storing, ada)["server"]
    visitor.client.post(path)
    done = visitor.opens(path).text
    off = wants(storing, ada)["server"]
    visitor.client.post(path, data={"again": "yes"})

    assert "Unsubscribe" in confirmation
    assert before
    assert "You are unsubscribed" in done
    assert "Subscribe again" in done
    assert not off
    assert wants(storing, ada)["server"]


@pytest.mark.parametrize("change", ["x", "", "no-such-link"])
def test_a_forged_link_changes_nothing(
    visitor: Visitor, settings: Settings, storing: Storing, ada: int, change: str
) -> None:
    token = unsubscribe.token(settings.secret_key, ada, "feed")
    forged = change if change == "no-such-link" else f"{token[:-3]}{change}"

    assert visitor.opens(f"/unsubscribe/{forged}").status_code == 404
    assert visitor.client.post(f"/unsubscribe/{forged}").status_code == 404
    assert wants(storing, ada)["feed"]


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

    response = visitor.opens(address)

    assert response.status_code == status
    assert ("This link has expired." in response.text) == (status == 409)


def test_a_link_signed_for_another_purpose_is_refused(
    visitor: Visitor, storing: Storing, ada: int
) -> None:
    other = unsubscribe.token("another secret key of forty letters, or more", ada, "feed")

    assert visitor.opens(f"/unsubscribe/{other}").status_code == 404


def test_operations_see_sent_emails_and_retry_failed_ones(log_in: LogIn, storing: Storing) -> None:
    with storing() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
        ada = factories.user(session, email="ada@example.com")
        factories.mail(session, ada, title="Main login is reachable again")
        factories.mail(
            session, ada, title="Late <one>", state="queued", error="it does not answer in time"
        )
        failed = factories.mail(
            session, ada, title="Bad address", state="failed", error="it refuses the recipient"
        ).id
    ops = log_in("ops@example.com")
    page = ops.opens("/operations/mails").text
    found = ops.opens("/operations/mails?q=bad").text
    one = ops.opens(f"/operations/mails/{failed}").text
    again = ops.sends(f"/operations/mails/{failed}/again")
    twice = ops.sends(f"/operations/mails/{failed}/again")
    refused = ops.opens(twice.location).text

    assert "Late &lt;one&gt;" in page
    assert "1 email could not be sent and will be retried" in page
    assert "1 email could not be sent" in page
    assert "Main login is reachable again" not in found
    assert "it refuses the recipient" in one
    assert "Send it again" in one
    assert again.status_code == 302
    assert "has not failed" in refused
    with storing() as session:
        assert session.get_one(Mail, failed).state == "queued"
    assert ops.opens("/operations/mails/999").status_code == 404


def test_without_emails_the_page_explains_when_there_are_some(
    log_in: LogIn, storing: Storing
) -> None:
    with storing() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
    ops = log_in("ops@example.com")

    assert "No emails yet" in ops.opens("/operations/mails").text
    assert "No email matches" in ops.opens("/operations/mails?state=failed").text
