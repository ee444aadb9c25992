"""Deactivating, reactivating, removing and collecting a feed."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.views.conftest import Transaction
from tests.views.feeds.conftest import Office
from webapp import clock
from webapp.models import AuditEntry, Collection, Device, Feed, HealthChange, Server


def test_deactivating_requires_confirmation_and_explains_the_pages_of_the_pause(
    office: Office, transaction: Transaction
) -> None:
    confirmation = office.nora.get(f"{office.path}/deactivate").text
    before = status(transaction, office)
    response = office.nora.post(f"{office.path}/deactivate")
    again = office.nora.post(f"{office.path}/deactivate")

    assert "you choose whether to count the pages printed while it was inactive" in confirmation
    assert (before, status(transaction, office)) == ("active", "inactive")
    assert (response.location, again.location) == (office.path, office.path)
    assert "Reactivate" in office.nora.get(office.path).text


@pytest.mark.parametrize(
    ("hours", "fields", "checked", "counted"),
    [
        (2, {"pause": "count"}, "count", True),
        (2, {"pause": "skip"}, "count", False),
        (48, {"pause": "skip"}, "skip", False),
        (48, {"pause": "count"}, "skip", True),
        (48, {}, "skip", False),
        (2, {"pause": "nonsense"}, "count", True),
        (None, {}, "skip", False),
    ],
)
def test_reactivating_offers_to_count_pages_of_the_pause(
    office: Office,
    transaction: Transaction,
    hours: int | None,
    fields: dict[str, str],
    checked: str,
    counted: bool,
) -> None:
    with transaction() as session:
        feed = session.get_one(Feed, office.feed_id)
        feed.status = "inactive"
        feed.deactivated_at = None if hours is None else clock.now() - timedelta(hours=hours)
        feed.last_data_on = clock.now().date() - timedelta(days=2)
        device_id = factories.device(session, feed).id

    confirmation = office.nora.get(f"{office.path}/reactivate").text
    office.nora.post(f"{office.path}/reactivate", fields)
    page = office.nora.get(office.path).text

    assert re.findall(r'value="(\w+)" checked', confirmation) == [checked]
    assert ("Inactive since" in confirmation) is (hours is not None)
    assert status(transaction, office) == "pending"
    verdict = "Pages printed while inactive are counted." if counted else "inactive are not counted"
    assert verdict in page
    assert "Awaiting its next reading" in page
    assert "It is the baseline" not in page
    with transaction() as session:
        assert session.get_one(Device, device_id).awaits_baseline is not counted
        assert session.scalars(select(HealthChange.after)).all() == ["pending"]
        entry = session.scalars(select(AuditEntry)).one()
        code = "pause_counted" if counted else "pause_not_counted"
        assert entry.details["pause"]["code"] == code
    assert "Pages printed while inactive: " in office.nora.get("/audit").text


def test_reactivating_twice_is_audited_once(office: Office, transaction: Transaction) -> None:
    with transaction() as session:
        session.get_one(Feed, office.feed_id).status = "inactive"

    office.nora.post(f"{office.path}/reactivate")
    office.nora.post(f"{office.path}/reactivate", {"pause": "count"})

    assert "is already active" in office.nora.get(office.path).text
    with transaction() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["feed reactivated"]


def test_a_removed_feed_has_its_page_without_actions(
    office: Office, transaction: Transaction
) -> None:
    confirmation = office.nora.get(f"{office.path}/remove").text
    office.nora.post(f"{office.path}/remove")
    twice = office.nora.post(f"{office.path}/remove")

    assert "This cannot be undone" in confirmation
    assert "certificates and the history are kept" in confirmation
    assert status(transaction, office) == "removed"
    assert twice.status_code == 302
    page = office.nora.get(office.path)
    assert "Counted pages are kept" in page.text
    assert "Collect now" not in page.text
    assert office.nora.post(f"{office.path}/reactivate").status_code == 409
    assert office.nora.post(f"{office.path}/collect").status_code == 409


def test_collecting_a_feed_waits_for_a_running_collection_of_its_server(
    office: Office, transaction: Transaction
) -> None:
    first = office.nora.post(f"{office.path}/collect")
    second = office.nora.post(f"{office.path}/collect")
    with transaction() as session:
        made = session.scalars(select(Collection)).one()
        assert made.feed_id == office.feed_id
        made.state = "finished"
        whole = factories.collection(
            session, session.get_one(Server, office.server_id), kind="manual", state="running"
        )
        whole.queued_at = clock.now()
        whole_id = whole.id
    third = office.nora.post(f"{office.path}/collect")

    assert first.location == second.location
    assert third.location == f"/collections/{whole_id}"


def status(transaction: Transaction, office: Office) -> str:
    """The status of the office's feed."""
    with transaction() as session:
        return session.get_one(Feed, office.feed_id).status
