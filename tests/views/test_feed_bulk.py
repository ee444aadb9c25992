"""Several feeds at once: collected, deactivated, reactivated."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import AuditEntry, Collection, Feed, User


@dataclass(frozen=True, slots=True)
class Office:
    """Three feeds of a partner, and one of another."""

    nora: Visitor
    feeds: list[int]
    other: int


@pytest.fixture
def office(transaction: Transaction, log_in: Callable[[User | str], Visitor]) -> Office:
    """Harbour and Lake are active, Mill is inactive."""
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com")
        server = factories.server(session, partner)
        account = factories.customer(session, partner)
        made = [
            factories.feed(session, server, account, customer_name=name)
            for name in ("Harbour", "Lake", "Mill")
        ]
        made[2].status = "inactive"
        other = factories.feed(session, customer_name="Westerly")
        ids, other_id = [feed.id for feed in made], other.id
    return Office(log_in("nora@example.com"), ids, other_id)


def statuses(transaction: Transaction) -> dict[str, str]:
    """How the feeds stand, by name."""
    with transaction() as session:
        return {feed.customer_name: feed.status for feed in session.scalars(select(Feed))}


def test_deactivating_several_requires_confirmation_and_skips_inactive_ones(
    office: Office, transaction: Transaction
) -> None:
    chosen = {"action": "deactivate", "feed": office.feeds, "back": "/feeds?q=a"}

    confirmation = office.nora.post("/feeds/selection", chosen)
    assert confirmation.status_code == 200
    assert "Deactivate 2 feeds?" in confirmation.text
    assert "1 other selected feed will not be changed" in confirmation.text
    assert statuses(transaction)["Harbour"] == "active"

    named = re.findall(r'name="feed" value="(\d+)"', confirmation.text)
    fields = {"action": "deactivate", "confirmed": "yes", "feed": named, "back": "/feeds?q=a"}
    response = office.nora.post("/feeds/selection", fields)
    assert response.location == "/feeds?q=a"
    assert "2 feeds deactivated" in office.nora.get("/feeds").text
    assert statuses(transaction) == {
        "Harbour": "inactive", "Lake": "inactive", "Mill": "inactive", "Westerly": "active",
    }  # fmt: skip
    with transaction() as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert actions.count("feed deactivated") == 2

    again = office.nora.post("/feeds/selection", fields)
    assert again.status_code == 302
    assert "2 feeds were not changed" in office.nora.get("/feeds").text


def test_reactivating_shows_for_how_many_the_pause_counts(
    office: Office, transaction: Transaction
) -> None:
    fields = {"action": "reactivate", "feed": office.feeds}
    with transaction() as session:
        for feed_id in office.feeds[:2]:
            feed = session.get_one(Feed, feed_id)
            feed.status, feed.deactivated_at = "inactive", clock.now() - timedelta(hours=2)

    confirmation = office.nora.post("/feeds/selection", fields)
    office.nora.post("/feeds/selection", fields | {"confirmed": "yes"})
    done = office.nora.get("/feeds").text

    assert "Reactivate 3 feeds?" in confirmation.text
    for text in (confirmation.text, done):
        assert "are counted for 2 feeds, which were inactive for less than a day" in text
        assert "are not counted for 1 feed, which was inactive for a day or longer" in text
    assert statuses(transaction)["Mill"] == "pending"
    with transaction() as session:
        details = session.scalars(select(AuditEntry.details).order_by(AuditEntry.id)).all()
    assert [each["pause"]["code"] for each in details] == [
        "pause_counted",
        "pause_counted",
        "pause_not_counted",
    ]


def test_collecting_several_requests_one_collection_each(
    office: Office, transaction: Transaction
) -> None:
    fields = {"action": "collect", "feed": office.feeds[:2]}

    for _ in range(2):
        assert office.nora.post("/feeds/selection", fields).location == "/collections"

    with transaction() as session:
        requested = session.scalars(select(Collection)).all()
        assert sorted(each.feed_id or 0 for each in requested) == sorted(office.feeds[:2])
    assert "No new collection" in office.nora.get("/collections").text


def test_a_paused_server_is_named(office: Office, transaction: Transaction) -> None:
    with transaction() as session:
        session.get_one(Feed, office.feeds[0]).server.health = "unhealthy"

    office.nora.post("/feeds/selection", {"action": "collect", "feed": office.feeds[:1]})

    assert "Collection is paused" in office.nora.get("/collections").text


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_only_selected_feeds_are_exported(office: Office, kind: str) -> None:
    wanted = {"feed": office.feeds[:2]}

    response = office.nora.post(f"/feeds/selection?export={kind}", wanted)
    refused = office.nora.post(f"/feeds/selection?export={kind}", {"feed": office.other})
    nothing = office.nora.post(f"/feeds/selection?export={kind}")

    assert f".{kind}" in response.headers["Content-Disposition"]
    if kind == "csv":
        assert "Harbour" in response.text
        assert "Lake" in response.text
        assert "Mill" not in response.text
    assert refused.status_code == 404
    assert nothing.location == f"/feeds?export={kind}"


@pytest.mark.parametrize("action", ["collect", "deactivate", "reactivate"])
def test_a_feed_of_another_partner_is_not_found(
    office: Office, transaction: Transaction, action: str
) -> None:
    before = statuses(transaction)

    response = office.nora.post(
        "/feeds/selection",
        {"action": action, "confirmed": "yes", "feed": [*office.feeds, office.other]},
    )

    assert response.status_code == 404
    assert statuses(transaction) == before


@pytest.mark.parametrize("fields", [{}, {"action": "collect"}, {"action": "burn"}, {"feed": "x"}])
def test_an_empty_selection_is_reported(office: Office, fields: dict[str, object]) -> None:
    response = office.nora.post("/feeds/selection", {**fields, "back": "https://elsewhere.example"})

    assert response.location == "/feeds"
    assert "Select at least one row" in office.nora.get("/feeds").text
