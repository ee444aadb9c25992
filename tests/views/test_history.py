"""The history of a feed in the console, in the words of a print dealer."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW, TODAY
from tests.views.conftest import Transaction, Visitor
from webapp.messages import event_texts
from webapp.models import Account, FeedEvent, Server, User
from webapp.models.feed_event import FEED_EVENT_KINDS

_DETAILS = {
    "why": {"code": "recount_taken_back", "params": {}},
    "count": 4,
    "names": ["A-1", "A-2"],
    "before": 100,
    "after": 40,
    "pages": 12_345,
    "counted": 410,
    "since": "2026-11-03",
    "first": "2026-11-03",
    "last": "2026-11-09",
    "for": "roll_over",
    "day": "2026-11-09",
    "state": "withdrawn",
    "for_person": False,
    "evidence": [["2026-11-10", 182_400]],
    "old": 182_345,
    "proposed": 410,
    "decision": "rejected",
    "reason": "typing slip",
    "devices": 3,
    "of": 4,
    "customer": "New Name & Sons",
    "feed": 1,
    "device": 1,
    "name": "A-77",
}


def _bakery(session: Session) -> tuple[Server, Account]:
    """Nora's server, and Hana's account with her."""
    partner = factories.partner(session)
    factories.user(session, partner, email="nora@example.com")
    account = factories.customer(session, partner, name="Bluebird Bakery")
    factories.user(session, account, email="hana@example.com")
    return factories.server(session, partner), account


def test_every_kind_of_event_has_a_title_and_a_sentence() -> None:
    assert set(event_texts.EVENT_TEXTS) == set(FEED_EVENT_KINDS)


@pytest.mark.parametrize(
    ("kind", "changed", "title", "usual"),
    [
        ("resolved", {"state": "held"}, "Pages of A-77 are under review", "resolved by later"),
        ("decided", {"decision": "reopened"}, "The review of A-77 was reopened", "A-77 were"),
    ],
)
def test_a_title_does_not_contradict_its_sentence(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    kind: str,
    changed: dict[str, str],
    title: str,
    usual: str,
) -> None:
    with transaction() as session:
        server, account = _bakery(session)
        feed = factories.feed(session, server, account)
        details = _DETAILS | changed
        session.add(FeedEvent(feed_id=feed.id, at=NOW, day=TODAY, kind=kind, details=details))
        address = f"/feeds/{feed.id}"

    page = log_in("nora@example.com").get(address).text

    assert title in page
    assert usual not in page


def test_a_feeds_history_is_read_by_users_who_may_see_the_feed(
    transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        server, account = _bakery(session)
        feed = factories.feed(session, server, account)
        other = factories.feed(session, server, customer_name="Secret Clinic")
        device = factories.device(session, feed, asset_id="A-77")
        for kind in FEED_EVENT_KINDS:
            details = {**_DETAILS, "feed": other.id}
            if kind == "set_switched":
                details |= {"before": "colour", "after": "area"}
            session.add(
                FeedEvent(
                    feed_id=feed.id,
                    device_id=device.id,
                    at=NOW,
                    day=TODAY,
                    kind=kind,
                    details=details,
                )
            )
        path, device_path = f"/feeds/{feed.id}", f"/devices/{device.id}"
    nora, hana = log_in("nora@example.com"), log_in("hana@example.com")

    whole = nora.get(f"{path}/history").text
    brief = nora.get(path).text
    own = nora.get(device_path).text
    theirs = hana.get(f"{path}/history").text

    assert "12,345 pages recovered for Nov 3 – 9, 2026" in whole
    assert "Meter of A-77 was reset" in whole
    assert "Secret Clinic" in whole
    assert "View all" in brief
    assert "A-77 moved here from another customer" in own
    assert "3 of its 4 printers are now listed at “New Name &amp; Sons”" in whole
    assert "New Name" not in theirs
    assert "Secret Clinic" not in theirs
    assert "another customer" in theirs


@pytest.mark.parametrize("kind", ["gone", "returned", "device_added", "read_again"])
def test_many_events_of_a_kind_are_one_entry(
    kind: str, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        partner = factories.partner(session)
        factories.user(session, partner, email="nora@example.com")
        feed = factories.feed(session, factories.server(session, partner))
        session.add(
            FeedEvent(
                feed_id=feed.id,
                at=NOW,
                day=TODAY,
                kind=kind,
                details={"count": 6, "names": ["A-1", "A-2"]},
            )
        )
        path = f"/feeds/{feed.id}/history"

    page = log_in("nora@example.com").get(path).text

    assert "6 printers" in page
    assert "Including A-1, A-2." in page


def test_a_history_without_events_explains_what_it_will_show(
    transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        partner = factories.partner(session)
        factories.user(session, partner, email="nora@example.com")
        path = f"/feeds/{factories.feed(session, factories.server(session, partner)).id}/history"

    assert "No events yet" in log_in("nora@example.com").get(path).text


def test_a_customers_page_shows_what_happened_at_its_feeds_and_at_no_others(
    transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        server, account = _bakery(session)
        feeds = [
            factories.feed(session, server, account, customer_name="Bakery North"),
            factories.feed(session, server, account, customer_name="Bakery South"),
            factories.feed(session, server, customer_name="Secret Clinic"),
        ]
        for number, feed in enumerate(feeds):
            device = factories.device(session, feed, asset_id=f"PRINTER-{number}")
            session.add(
                FeedEvent(
                    feed_id=feed.id,
                    device_id=device.id,
                    at=NOW,
                    day=TODAY,
                    kind="gone",
                    details={"count": 1, "names": [device.asset_id], "last": "2026-11-09"},
                )
            )
        path = f"/accounts/{account.id}"

    for email in ("nora@example.com", "hana@example.com"):
        page = log_in(email).get(path).text

        assert "Recent activity" in page
        assert page.index("PRINTER-1") < page.index("PRINTER-0")
        assert ">Bakery North</a></span>" in page
        assert "PRINTER-2" not in page
        assert "Secret Clinic" not in page
