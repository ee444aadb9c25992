"""A feed read by hand, in the console."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.factories import NOW, TODAY
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import AuditEntry, Feed, User


@pytest.fixture
def nora(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> Visitor:
    """The administrator of a partner whose feed 1 has had no data for 10 days."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print", time_zone="UTC")
        factories.user(session, partner, email="nora@example.com")
        factories.feed(
            session,
            factories.server(session, partner),
            customer_name="Bluebird Bakery",
            health="unhealthy",
            last_data_on=TODAY - timedelta(days=10),
        )
    return log_in("nora@example.com")


def test_a_feed_is_marked_as_read_by_hand(nora: Visitor, transaction: Transaction) -> None:
    form = nora.get("/feeds/1/read-by-hand").text
    response = nora.post("/feeds/1/read-by-hand", {"is_read_by_hand": "y", "read_by_hand": "30"})
    page = nora.get("/feeds/1").text

    assert 'value="30"' in form
    assert response.status_code == 302
    assert "Bluebird Bakery is read by hand; a reading is expected every 30 days." in page
    assert "Next reading due" in page
    assert "Dec 7, 2026" in page
    assert "Reading interval changed" in page
    assert "Ask the customer to start it" not in page
    with transaction() as session:
        feed = session.get_one(Feed, 1)
        assert (feed.read_interval_days, feed.health) == (30, "healthy")
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.action, entry.subject) == ("feed changed", "Bluebird Bakery")
    trail = nora.get("/audit").text
    assert "Read by hand, every 30 days" in trail
    assert "Read every night" in trail


def test_an_overdue_feed_shows_when_its_reading_was_due(
    nora: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        session.get_one(Feed, 1).read_interval_days = 2

    page = nora.get("/feeds/1").text

    assert "A reading was due on Nov 9, 2026" in page
    assert "has probably stopped" not in page


def test_a_feed_is_read_every_night_again(nora: Visitor, transaction: Transaction) -> None:
    with transaction() as session:
        session.get_one(Feed, 1).read_interval_days = 30

    checked = nora.get("/feeds/1/read-by-hand").text
    nora.post("/feeds/1/read-by-hand", {"read_by_hand": "30"})

    assert " checked" in checked
    assert "Bluebird Bakery is read every night." in nora.get("/feeds/1").text
    with transaction() as session:
        assert session.get_one(Feed, 1).read_interval_days is None


@pytest.mark.parametrize(
    ("days", "message"),
    [
        ("1", "Enter a number of days from 2 to 92."),
        ("93", "Enter a number of days from 2 to 92."),
        ("monthly", "Enter a whole number of days."),
        ("", "Enter the days between readings, from 2 to 92."),
    ],
)
def test_an_invalid_number_of_days_is_refused_at_its_field(
    nora: Visitor, transaction: Transaction, days: str, message: str
) -> None:
    response = nora.post("/feeds/1/read-by-hand", {"is_read_by_hand": "y", "read_by_hand": days})

    assert response.status_code == 422
    assert message in response.text
    assert 'aria-invalid="true"' in response.text
    with transaction() as session:
        assert session.get_one(Feed, 1).read_interval_days is None


def test_a_suggested_interval_is_accepted_with_one_click(
    nora: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        session.get_one(Feed, 1).suggested_interval_days = 30

    pages = [nora.get(path).text for path in ("/", "/feeds/1")]
    response = nora.post("/feeds/1/read-by-hand", {"is_read_by_hand": "y", "read_by_hand": "30"})
    after = [nora.get(path).text for path in ("/", "/feeds/1")]

    text = "Readings of this feed arrive about every 30 days."
    assert response.status_code == 302
    assert all(text in page and 'name="read_by_hand" value="30"' in page for page in pages)
    assert not any(text in page for page in after)


def test_a_viewer_sees_the_suggestion_without_the_button(
    nora: Visitor, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        feed = session.get_one(Feed, 1)
        feed.suggested_interval_days = 30
        factories.user(session, feed.server.account, role="partner_viewer", email="v@example.com")
        factories.user(session, feed.account, email="bakery@example.com")

    viewer = log_in("v@example.com").get("/feeds/1").text
    customer = log_in("bakery@example.com").get("/feeds/1").text

    assert "arrive about every 30 days" in viewer
    assert "Mark as read by hand</button>" not in viewer
    assert "arrive about every 30 days" not in customer
