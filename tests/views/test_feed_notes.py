"""Notes on feeds: for colleagues, and a feed that is snoozed until a day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.factories import NOW, TODAY
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import AuditEntry, Feed, FeedNote, User

TOMORROW = TODAY + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Office:
    """Users of a partner and of its customer, whose feed has not reported for long."""

    nora: Visitor
    vic: Visitor
    cara: Visitor
    feed_id: int

    @property
    def page(self) -> str:
        """The page of the feed."""
        return f"/feeds/{self.feed_id}"


@pytest.fixture
def office(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    """Northwind and the Clinic."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        partner = factories.partner(session, name="Northwind")
        server = factories.server(session, partner)
        feed = factories.feed(session, server, customer_name="Clinic", health="unhealthy")
        factories.device(session, feed)
        factories.user(session, partner, email="nora@example.com", full_name="Nora North")
        factories.user(session, partner, email="vic@example.com", role="partner_viewer")
        factories.user(session, feed.account, email="cara@example.com")
    nora, vic, cara = (log_in(f"{name}@example.com") for name in ("nora", "vic", "cara"))
    return Office(nora, vic, cara, feed.id)


def is_listed(office: Office) -> bool:
    """Whether the feed is listed at home as not reporting."""
    return f'href="/feeds/{office.feed_id}">Clinic' in office.nora.get("/").text


def test_colleagues_see_a_note_and_customers_do_not(
    office: Office, transaction: Transaction
) -> None:
    answer = office.nora.post(f"{office.page}/notes/new", {"text": " Moving <b>house</b> "})

    shown = office.vic.get(office.page).text
    assert answer.location == office.page
    assert "Moving &lt;b&gt;house&lt;/b&gt;" in shown
    assert "Nora North" in shown
    assert "Add a note" not in shown
    assert "Moving" not in office.cara.get(office.page).text
    with transaction() as session:
        assert "feed note added" in session.scalars(select(AuditEntry.action)).all()


def test_a_snoozed_feed_is_listed_again_the_day_after(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = is_listed(office)
    fields = {"text": "Closed today", "snoozed_until": TODAY.isoformat()}
    office.nora.post(f"{office.page}/notes/new", fields)

    snoozed = [is_listed(office)]
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=10))
    snoozed.append(is_listed(office))
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=20))

    assert before
    assert snoozed == [False, False]
    assert is_listed(office)


def test_deleting_a_note_ends_the_snooze(office: Office, transaction: Transaction) -> None:
    fields = {"text": "Closed this week", "snoozed_until": TOMORROW.isoformat()}
    office.nora.post(f"{office.page}/notes/new", fields)
    question = office.nora.get(f"{office.page}/notes/1/delete")
    office.nora.post(f"{office.page}/notes/1/delete")

    assert "Delete this note?" in question.text
    assert is_listed(office)
    with transaction() as session:
        assert session.scalars(select(FeedNote)).all() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "  "},
        {"text": "x" * 501},
        {"text": "a\u202eb"},
        {"text": "a", "snoozed_until": (TODAY - timedelta(days=1)).isoformat()},
        {"text": "a", "snoozed_until": (TODAY + timedelta(days=366)).isoformat()},
        {"text": "a", "snoozed_until": "2026-02-30"},
        {"text": "a", "snoozed_until": "9999-12-31"},
    ],
)
def test_an_invalid_note_is_refused(
    office: Office, transaction: Transaction, fields: dict[str, str]
) -> None:
    assert office.nora.post(f"{office.page}/notes/new", fields).status_code == 422
    with transaction() as session:
        assert session.scalars(select(FeedNote)).all() == []


def test_a_note_is_found_under_its_feed_only(office: Office, transaction: Transaction) -> None:
    with transaction() as session:
        user = session.scalars(select(User)).first()
        other = factories.feed(session, session.get_one(Feed, office.feed_id).server)
        assert user is not None
        note = factories.feed_note(session, other, user)

    for number in (note.id, 0, 2**31):
        assert office.nora.post(f"{office.page}/notes/{number}/delete").status_code == 404
