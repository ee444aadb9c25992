"""Collections in the console: begun, watched until they are finished, read afterwards."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.environment.redis_server import RedisServer
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.crypto import Keyring
from webapp.models import AuditEntry, Collection, Server, User
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.collection import scheduling
from webapp.settings import Settings


@dataclass(frozen=True, slots=True)
class Office:
    """An administrator before a server with two feeds."""

    nora: Visitor
    server_id: int
    feed_ids: tuple[int, int]


@pytest.fixture
def settings(settings: Settings, printerpoint: Sandbox, redis_server: RedisServer) -> Settings:
    """Settings with the sandbox and a real Redis."""
    return replace(settings, printerpoint_url=printerpoint.url, redis_url=redis_server.url)


@pytest.fixture
def office(
    transaction: Transaction,
    settings: Settings,
    printerpoint: Sandbox,
    log_in: Callable[[User | str], Visitor],
) -> Office:
    """Harbour Architects is in the fleet, the other customer is not."""
    customer = printerpoint.add_customer("Harbour Architects", customer_id="HARB01")
    printerpoint.add_printer(customer, serial="H1", asset="A-1", count=100)
    for count in (100, 9_000):
        printerpoint.add_printer(customer, serial="", asset="", count=count)
    with transaction() as session:
        partner = factories.partner(session, name="Northwind Print")
        factories.user(session, partner, email="nora@example.com", full_name="Nora North")
        keyring = Keyring(settings.encryption_keys)
        server = factories.server(session, partner, token=printerpoint.token, keyring=keyring)
        feeds = [
            factories.feed(session, server, customer_id=customer_id, status="pending")
            for customer_id in ("HARB01", "NOBODY")
        ]
        server_id, feed_ids = server.id, (feeds[0].id, feeds[1].id)
    return Office(log_in("nora@example.com"), server_id, feed_ids)


@pytest.fixture
def work(settings: Settings) -> Callable[[], None]:
    """Lets a real worker process run all queued jobs."""
    environment = {
        "RELEAF_INSTANCE": str(settings.instance),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PRINTERPOINT_URL": settings.printerpoint_url,
        "ENCRYPTION_KEYS": ",".join(settings.encryption_keys),
        "SECRET_KEY": settings.secret_key,
        "PATH": "",
        "TZ": "UTC",
    }

    def until_done() -> None:
        command = [sys.executable, "-m", "jobs.worker", "--burst"]
        subprocess.run(command, env=environment, check=True, capture_output=True, timeout=300)

    return until_done


def test_the_page_of_a_collection_polls_until_it_has_finished(
    office: Office, work: Callable[[], None]
) -> None:
    begun = office.nora.post(f"/servers/{office.server_id}/collect").location
    queued = office.nora.get(begun).text
    work()

    fragment = office.nora.get(f"{begun}/progress").text
    page = office.nora.get(begun).text

    assert 'data-hx-trigger="every 1s"' in queued
    assert "Waiting for a worker" in queued
    assert "Nora North" in queued
    assert "every 1s" not in fragment
    assert "every 1s" not in page
    assert "2 of 2" in fragment
    assert "This customer is not in Printerpoint now" in fragment
    assert "neither an asset ID nor a serial number" in fragment
    assert f"/feeds/{office.feed_ids[0]}" in fragment


def test_progress_is_shown_while_customers_are_collected(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        running = factories.collection(
            session,
            session.get_one(Server, office.server_id),
            kind="manual",
            state="running",
            feeds=None,
            printers=1_234,
        )
        running.alive_at = clock.now()
        collection_id = running.id

    reading = office.nora.get(f"/collections/{collection_id}/progress").text
    with transaction() as session:
        found = session.get_one(Collection, collection_id)
        found.feeds = 2
        feed = factories.feed(session, found.server, customer_name="Troubled Customer")
        factories.outcome(
            session, found, feed, kind="failed", pages=0, reason="ValueError: its own job tells"
        )
    collecting = office.nora.get(f"/collections/{collection_id}/progress").text

    assert "Reading the fleet from Printerpoint" in reading
    assert "1,234 printers so far" in reading
    assert '<progress id="collecting" value="1" max="2">' in collecting
    assert "Failed so far" in collecting
    assert "ValueError: its own job tells" in collecting
    assert 'data-hx-trigger="every 1s"' in collecting


def test_a_queued_collection_without_a_worker_shows_a_message_after_a_while(
    office: Office, transaction: Transaction
) -> None:
    path = office.nora.post(f"/servers/{office.server_id}/collect").location
    at_once = office.nora.get(path).text
    with transaction() as session:
        found = session.get_one(Collection, int(path.rsplit("/", 1)[1]))
        found.queued_at = clock.now() - timedelta(seconds=20)

    later = office.nora.get(path).text

    assert "No worker seems to be running" not in at_once
    assert "No worker seems to be running" in later


def test_a_running_collection_with_a_stale_heartbeat_shows_a_message(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        server = session.get_one(Server, office.server_id)
        collection = factories.collection(session, server, kind="manual", state="running")
        collection.alive_at = clock.now() - timedelta(minutes=5)
        collection_id = collection.id

    page = office.nora.get(f"/collections/{collection_id}").text

    assert "The worker is not responding" in page


def test_an_unreachable_queue_is_reported_and_the_request_is_stored(
    office: Office, redis_server: RedisServer, transaction: Transaction
) -> None:
    redis_server.kill()

    path = office.nora.post(f"/servers/{office.server_id}/collect").location
    page = office.nora.get(path)

    assert page.status_code == 200
    assert "The queue cannot be reached. The collection starts automatically" in page.text
    with transaction() as session:
        assert session.get_one(Collection, int(path.rsplit("/", 1)[1])).state == "queued"
        enqueued_next = scheduling.stale_manual_runs(session, clock.now())
        enqueued_later = scheduling.stale_manual_runs(session, clock.now())
    assert [len(enqueued_next), len(enqueued_later)] == [1, 0]


def test_a_failed_collection_shows_the_reason_and_the_remedy(
    office: Office, printerpoint: Sandbox, work: Callable[[], None]
) -> None:
    path = office.nora.post(f"/servers/{office.server_id}/collect").location
    printerpoint.refuse()
    work()

    page = office.nora.get(path).text

    assert "It could not be completed" in page
    assert "API Access" in page
    assert "No pages are lost" in page
    assert f"/servers/{office.server_id}" in page


def test_outcomes_are_filtered_by_the_address(office: Office, work: Callable[[], None]) -> None:
    path = office.nora.post(f"/servers/{office.server_id}/collect").location
    work()

    absent = office.nora.get(f"{path}?outcome=not_found").text
    nonsense = office.nora.get(f"{path}?outcome=nonsense&page=7").text

    one, two = (f'<a href="/feeds/{feed_id}">' for feed_id in office.feed_ids)
    assert (one in absent, two in absent) == (False, True)
    assert (one in nonsense, two in nonsense) == (True, True)


def test_the_list_shows_the_latest_first_and_filters_by_state(
    office: Office, transaction: Transaction
) -> None:
    with transaction() as session:
        server = session.get_one(Server, office.server_id)
        factories.collection(session, server, day=factories.TODAY, state="failed")
        factories.collection(session, server, day=factories.YESTERDAY)
        foreign = factories.collection(session).id

    everything = office.nora.get("/collections").text
    failed = office.nora.get(f"/collections?state=failed&server={office.server_id}").text

    assert everything.count('<th scope="row">') == 2
    assert 'href="/collections?state=cancelled"' in everything
    assert f'"/collections/{foreign}"' not in everything
    assert failed.count('<th scope="row">') == 1


def test_the_collection_of_another_partner_is_not_found(
    office: Office, transaction: Transaction, log_in: Callable[[User | str], Visitor]
) -> None:
    with transaction() as session:
        foreign = factories.collection(session).id
        account = factories.customer(session, session.get_one(Server, office.server_id).account)
        factories.user(session, account, email="hana@example.com")
    hana = log_in("hana@example.com")

    assert office.nora.get(f"/collections/{foreign}").status_code == 404
    assert office.nora.get(f"/collections/{foreign}/progress").status_code == 404
    assert hana.get("/collections").status_code == 403


def test_a_collection_is_cancelled_after_confirmation(
    office: Office, transaction: Transaction
) -> None:
    begun = office.nora.post(f"/servers/{office.server_id}/collect").location
    page = office.nora.get(begun).text
    confirmation = office.nora.get(f"{begun}/cancel").text
    office.nora.post(f"{begun}/cancel")
    after = office.nora.get(begun).text
    office.nora.post(f"{begun}/cancel")
    again = office.nora.get(begun).text

    assert f"{begun}/cancel" in page
    assert "No pages are lost" in confirmation
    assert "Canceled by Nora North" in after
    assert "every 1s" not in after
    assert f"{begun}/cancel" not in after
    assert "The collection has already ended" in again
    assert office.nora.get(f"{begun}/cancel").location == begun
    with transaction() as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert actions.count("collection cancelled") == 1
