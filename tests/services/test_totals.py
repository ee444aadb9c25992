"""Totals, and the summary tables, which equal their rows after every service."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.world import World
from webapp.domain.months import Month
from webapp.models import Account, Certificate, Delta, Deposit, Device, Feed, Outcome, User
from webapp.queries import access, collection_progress, dashboard, metrics, reconciliation
from webapp.queries import certificates as certificate_queries
from webapp.queries.metrics import Scope
from webapp.queries.summary_differences import Difference
from webapp.queries.viewer import Viewer

pytestmark = pytest.mark.both_databases

THURSDAY = date(2026, 10, 29)


def differences(session: Session) -> list[Difference]:
    """Differences between the summary tables and their rows."""
    found = reconciliation.reconcile(session, select(Feed)).differences
    return [one for one in found if one.kind in ("Server", "Partner")]


@pytest.mark.slow
def test_nights_decisions_and_closed_months_are_summed(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(THURSDAY)
    for day, pages in ((1, 50), (2, 7), (4, 30), (5, 900_000)):
        world.printerpoint.print_pages("S1", pages)
        world.night(THURSDAY + timedelta(days=day))
    world.close_month(feed, "2026-10", datetime(2026, 11, 3, 12, tzinfo=UTC))

    with world.session() as session:
        assert differences(session) == []
        account = session.get_one(Feed, feed).account
        assert metrics.pages_by_month(session, Scope.account(account)) == {
            Month(2026, 10): 57,
            Month(2026, 11): 30,
        }
        partner = session.get_one(Account, account.partner_id)
        assert metrics.pages(session, Scope.account(partner)) == 87
        assert dashboard.certified_pages(session, partner.id) == 57
        months = metrics.pages_by_month(session, Scope.account(partner))
        assert months == {Month(2026, 10): 57, Month(2026, 11): 30}


def test_devices_are_counted_at_the_feed_that_lists_them(world: World) -> None:
    clinic = world.create_feed("Clinic", "CLI", S1=100, S2=200)
    world.night(THURSDAY)
    customer = world.printerpoint.add_customer("Clinic", customer_id="CLI")
    world.printerpoint.add_printer(customer, serial="S3", asset="A-S3", count=300)
    world.night(THURSDAY + timedelta(days=1))

    with world.session() as session:
        rows = select(func.count()).select_from(Device).where(Device.feed_id == clinic)
        assert session.get_one(Feed, clinic).device_count == session.scalar(rows) == 3


def test_certificates_without_a_document_are_to_be_rendered(session: Session) -> None:
    made = factories.certificate(session)
    assert list(certificate_queries.pending_render(session)) == [made.id]

    factories.document(session, made)
    assert list(certificate_queries.pending_render(session)) == []


def test_held_deltas_are_counted_for_users_who_may_decide(session: Session) -> None:
    device = factories.device(session)
    nora = factories.user(session, device.feed.server.account)
    olga = factories.user(session, role="operations")
    cara = factories.user(session, device.feed.account)
    held = factories.delta(session, device, state="held")
    counted = factories.delta(session, device, day=held.day - timedelta(days=1), since=None)
    session.flush()
    assert [waiting_for(session, user) for user in (nora, olga, cara)] == [1, 1, 0]
    assert waiting_for(session, factories.user(session)) == 0

    session.execute(update(Delta).where(Delta.id == counted.id).values(state="held", kind="limit"))
    assert [waiting_for(session, user) for user in (nora, olga, cara)] == [2, 2, 0]
    session.execute(update(Delta).values(state="accepted"))
    assert [waiting_for(session, user) for user in (nora, olga, cara)] == [0, 0, 0]


def test_feeds_are_counted_by_their_server(session: Session) -> None:
    server = factories.server(session)
    feeds = [factories.feed(session, server) for _ in range(3)]
    feeds[0].health = "unhealthy"
    session.flush()
    assert by_health(session, server.id) == {"healthy": 2, "unhealthy": 1}

    feeds[1].status = "inactive"
    session.flush()
    assert by_health(session, server.id) == {"healthy": 1, "unhealthy": 1, "inactive": 1}

    feeds[1].status = "removed"
    session.flush()
    assert by_health(session, server.id) == {"healthy": 1, "unhealthy": 1}


def test_outcomes_are_counted_by_their_collection(session: Session) -> None:
    server = factories.server(session)
    first, second = (factories.feed(session, server) for _ in range(2))
    collection = factories.collection(session, server)
    other = factories.collection(session, server, kind="manual")
    for of in (collection, other):
        factories.outcome(session, of, first, pages=7)
    again = factories.outcome(session, collection, second, kind="failed")
    session.flush()
    assert collection_progress.load(session, collection).counts == {"collected": 1, "failed": 1}

    again.outcome, again.pages = "collected", 30
    session.flush()
    done = collection_progress.load(session, collection)
    assert (done.counts, done.pages, done.done) == ({"collected": 2}, 37, 2)

    session.execute(delete(Outcome).where(Outcome.collection_id == collection.id))
    assert collection_progress.load(session, collection).counts == {}


def by_health(session: Session, server_id: int) -> dict[str, int]:
    """How many feeds a server has, by health."""
    return dashboard.feed_counts_by_server(session, [server_id])[server_id]


def waiting_for(session: Session, user: User) -> int:
    """How many deltas are under review, as every page shows this user."""
    return len(session.scalars(access.held(Viewer.of(user))).all())


@pytest.mark.parametrize("whose", ["everybody", "partner", "customer"])
def test_pages_are_summed_within_their_scope(session: Session, whose: str) -> None:
    server = factories.server(session)
    own, other = (factories.feed(session, server) for _ in range(2))
    of_other_partner = factories.feed(session)
    for feed, pages in ((own, 1), (other, 20), (of_other_partner, 300)):
        factories.deposit(session, feed, pages=pages)
    session.flush()
    of = {
        "everybody": Scope(),
        "partner": Scope.account(server.account),
        "customer": Scope.account(own.account),
    }[whose]

    assert metrics.pages(session, of) == {"everybody": 321, "partner": 21, "customer": 1}[whose]


def test_summaries_that_differ_from_their_rows_are_found(session: Session) -> None:
    feed = factories.feed(session)
    day = date(2026, 11, 2)
    factories.deposit(session, feed, day=day, pages=30)
    made = factories.certificate(session, feed.account, month="2026-09", pages=100)
    partner = feed.server.account
    assert differences(session) == []

    session.execute(update(Deposit).values(pages=31))
    session.execute(update(Certificate).values(pages=101))
    assert [(one.kind, one.id, one.expected, one.found) for one in differences(session)] == [
        ("Server", feed.server_id, 31, 30),
        ("Partner", partner.id, 101, 100),
    ]
    assert f"{feed.server.name}, {day} in 2026-11" in str(differences(session)[0])

    session.execute(delete(Deposit))
    session.execute(delete(Certificate).where(Certificate.id == made.id))
    assert [str(one).rpartition(": ")[2] for one in differences(session)] == [
        "0 and 30 pages",
        "0 and 100 pages",
        "0 and 1 certificates",
    ]
