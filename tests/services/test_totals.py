"""Totals: whatever is done to deposits, devices and certificates, the database's sums follow."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from tests import factories
from tests.factories import NOW
from tests.nights import World
from webapp import asking
from webapp.domain.months import Month
from webapp.models import (
    Account,
    Certificate,
    CollectionOutcome,
    Delta,
    Deposit,
    Device,
    Document,
    Feed,
    FeedEvent,
    FeedMonth,
    Outcome,
    PartnerMonth,
    ServerDay,
    ServerFeeds,
    Undrawn,
    User,
)
from webapp.queries import access
from webapp.queries.access import Viewer
from webapp.services import certificates, homes, progress, totals
from webapp.services.totals import Of

pytestmark = pytest.mark.both_databases

THURSDAY = date(2026, 10, 29)


def differences(session: Session) -> list[str]:
    """Where the sums that are kept are not those of the rows."""
    summed: dict[str, tuple[Any, Any]] = {
        "feed_month": (
            select(Deposit.feed_id, Deposit.counted_in, func.sum(Deposit.pages)).group_by(
                Deposit.feed_id, Deposit.counted_in
            ),
            select(FeedMonth.feed_id, FeedMonth.counted_in, FeedMonth.pages),
        ),
        "server_day": (
            select(Feed.server_id, Deposit.day, Deposit.counted_in, func.sum(Deposit.pages))
            .join(Feed, Feed.id == Deposit.feed_id)
            .group_by(Feed.server_id, Deposit.day, Deposit.counted_in),
            select(ServerDay.server_id, ServerDay.day, ServerDay.counted_in, ServerDay.pages),
        ),
        "partner_month": (
            select(Account.partner_id, Certificate.month, func.sum(Certificate.pages))
            .join(Account, Account.id == Certificate.account_id)
            .group_by(Account.partner_id, Certificate.month),
            select(PartnerMonth.partner_id, PartnerMonth.month, PartnerMonth.pages),
        ),
        "devices": (
            select(Feed.id, func.count(Device.id)).outerjoin(Device).group_by(Feed.id),
            select(Feed.id, Feed.devices),
        ),
    }
    tied = case((Feed.status != "removed", 1), else_=0)
    for name, number in (("feeds", tied), ("devices", tied * Feed.devices)):
        summed[f"{name} of servers"] = (
            select(Feed.server_id, func.sum(number)).group_by(Feed.server_id),
            select(ServerFeeds.server_id, getattr(ServerFeeds, name)),
        )
    summed["outcomes"] = (
        select(
            Outcome.collection_id, Outcome.outcome, func.sum(Outcome.pages), func.count()
        ).group_by(Outcome.collection_id, Outcome.outcome),
        select(
            CollectionOutcome.collection_id,
            CollectionOutcome.outcome,
            CollectionOutcome.pages,
            CollectionOutcome.customers,
        ),
    )
    found = []
    summed["undrawn"] = (
        select(Certificate.id)
        .outerjoin(Document, Document.certificate_id == Certificate.id)
        .where(Document.certificate_id.is_(None)),
        select(Undrawn.certificate_id),
    )
    summed["server_id of feed_event"] = (
        select(FeedEvent.id, Feed.server_id).join(FeedEvent.feed),
        select(FeedEvent.id, FeedEvent.server_id),
    )
    summed["customers"] = (
        select(Account.partner_id, func.count())
        .where(Account.partner_id.is_not(None))
        .group_by(Account.partner_id),
        select(Account.id, Account.customers),
    )
    summed["server_id of held gains"] = (
        select(Delta.id, Feed.server_id)
        .join(Feed, Feed.id == Delta.feed_id)
        .where(Delta.state == "held"),
        select(Delta.id, Delta.server_id).where(Delta.state == "held"),
    )
    for name, (rows, kept) in summed.items():
        wanted = {tuple(row) for row in session.execute(rows) if row[-1]}
        stored = {tuple(row) for row in session.execute(kept) if row[-1]}
        if wanted != stored:
            found.append(f"{name}: {wanted ^ stored}")
    return found


def test_nights_decisions_and_closed_months_are_summed(world: World) -> None:
    feed = world.has_feed("Clinic", "CLI", S1=100)
    world.night(THURSDAY)
    for day, pages in ((1, 50), (2, 7), (4, 30), (5, 900_000)):
        world.printerpoint.prints("S1", pages)
        world.night(THURSDAY + timedelta(days=day))
    world.closes(feed, "2026-10", datetime(2026, 11, 3, 12, tzinfo=UTC))

    with world.session() as session:
        assert differences(session) == []
        account = session.get_one(Feed, feed).account
        assert asking.answer(session, totals.pages_by_month(Of.account(account))) == {
            Month(2026, 10): 57,
            Month(2026, 11): 30,
        }
        partner = session.get_one(Account, account.partner_id)
        assert totals.pages(session, Of.account(partner)) == 87
        viewer = Viewer("partner_admin", partner.id, None)
        home = asking.answer(session, homes.of(viewer, *3 * [THURSDAY]))
        assert home.certified == 57
        assert home.months == {Month(2026, 10): 57, Month(2026, 11): 30}


def test_rows_that_are_changed_moved_and_removed_are_summed(session: Session) -> None:
    server = factories.server(session)
    first, second = (factories.feed(session, server) for _ in range(2))
    for feed in (first, second):
        factories.device(session, feed)
        for day in (1, 2):
            factories.deposit(session, feed, day=date(2026, 11, day), pages=10 * day)
    device = factories.device(session, second)
    factories.certificate(session, first.account)
    session.flush()
    assert differences(session) == []

    of_second = Deposit.feed_id == second.id
    session.execute(update(Deposit).where(of_second).values(pages=Deposit.pages + 5))
    session.execute(update(Deposit).where(of_second).values(counted_in="2026-12"))
    session.execute(delete(Deposit).where(Deposit.feed_id == first.id))
    session.execute(delete(Device).where(Device.id == device.id))
    session.execute(update(Certificate).values(pages=Certificate.pages + 1))
    assert differences(session) == []

    drawn = factories.certificate(session, first.account, month="2026-09")
    session.flush()
    assert certificates.undrawn(session)[-1:] == [drawn.id]
    session.add(Document(certificate_id=drawn.id, pdf=b"%PDF", sha256="0" * 64, rendered_at=NOW))
    session.flush()
    assert drawn.id not in certificates.undrawn(session)
    assert differences(session) == []

    session.execute(delete(Document))
    session.execute(delete(Certificate))
    assert differences(session) == []
    assert totals.pages(session, Of.feeds([second.id])) == 40


def test_gains_that_wait_and_customers_are_told_by_their_server_and_partner(
    session: Session,
) -> None:
    device = factories.device(session)
    nora = factories.user(session, device.feed.server.account)
    olga = factories.user(session, role="operations")
    cara = factories.user(session, device.feed.account)
    held = factories.delta(session, device, state="held")
    counted = factories.delta(session, device, day=held.day - timedelta(days=1), since=None)
    partner = factories.partner(session)
    gone, stays = (factories.customer(session, partner) for _ in range(2))
    session.flush()
    assert differences(session) == []
    assert [waiting_for(session, user) for user in (nora, olga, cara)] == [1, 1, 0]
    assert waiting_for(session, factories.user(session)) == 0

    session.execute(update(Delta).where(Delta.id == counted.id).values(state="held", held_for="x"))
    assert [waiting_for(session, user) for user in (nora, olga, cara)] == [2, 2, 0]
    session.execute(update(Delta).values(state="accepted"))
    assert [waiting_for(session, user) for user in (nora, olga, cara)] == [0, 0, 0]

    session.delete(gone)
    session.flush()
    session.refresh(partner)
    assert partner.customers == 1
    session.delete(stays)
    session.flush()
    session.refresh(partner)
    assert partner.customers == 0
    assert differences(session) == []


def test_feeds_and_their_devices_are_counted_by_their_server(session: Session) -> None:
    server = factories.server(session)
    first, second, third = (factories.feed(session, server) for _ in range(3))
    for feed in (first, first, second):
        factories.device(session, feed)
    session.flush()
    assert differences(session) == []

    for status in ("inactive", "pending", "active", "removed"):
        session.execute(update(Feed).where(Feed.id == second.id).values(status=status))
        assert differences(session) == []
    kept = session.get_one(ServerFeeds, server.id, populate_existing=True)
    assert (kept.feeds, kept.devices) == (2, 2)

    factories.device(session, second)  # of a removed feed
    factories.device(session, third)
    session.flush()
    session.execute(update(Feed).where(Feed.server_id == server.id).values(status="removed"))
    assert differences(session) == []
    session.execute(update(Feed).where(Feed.id == second.id).values(status="active"))
    assert differences(session) == []
    session.execute(delete(Device))
    session.execute(delete(Feed))
    assert differences(session) == []


def test_outcomes_are_counted_by_their_collection(session: Session) -> None:
    server = factories.server(session)
    first, second = (factories.feed(session, server) for _ in range(2))
    collection = factories.collection(session, server)
    other = factories.collection(session, server, kind="now")
    for of in (collection, other):
        factories.outcome(session, of, first, pages=7)
    again = factories.outcome(session, collection, second, kind="failed")
    session.flush()
    assert differences(session) == []
    assert progress.of(session, collection).counts == {"collected": 1, "failed": 1}

    again.outcome, again.pages = "collected", 30
    session.flush()
    assert differences(session) == []
    done = progress.of(session, collection)
    assert (done.counts, done.pages, done.done) == ({"collected": 2}, 37, 2)

    session.execute(delete(Outcome).where(Outcome.collection_id == collection.id))
    assert differences(session) == []
    assert progress.of(session, collection).counts == {}


def waiting_for(session: Session, user: User) -> int:
    """How many gains wait, as every page tells this user."""
    return len(session.scalars(access.held(Viewer.of(user))).all())


@pytest.mark.parametrize("whose", ["everybody", "partner", "customer"])
def test_pages_are_those_of_whom_they_are(session: Session, whose: str) -> None:
    server = factories.server(session)
    own, other = (factories.feed(session, server) for _ in range(2))
    stranger = factories.feed(session)
    for feed, pages in ((own, 1), (other, 20), (stranger, 300)):
        factories.deposit(session, feed, pages=pages)
    session.flush()
    of = {
        "everybody": Of(),
        "partner": Of.account(server.account),
        "customer": Of.account(own.account),
    }[whose]

    assert totals.pages(session, of) == {"everybody": 321, "partner": 21, "customer": 1}[whose]
