"""Deltas under review: decided once, by readings or a user, and reopened until certified."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.world import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.domain.metering.review import Decision
from webapp.errors import Conflict, Invalid
from webapp.models import Account, AuditEntry, Delta, Feed, FeedEvent
from webapp.services.accounts.audit import Actor
from webapp.services.feeds import pauses
from webapp.services.metering import review
from webapp.services.metering.certified_decisions import certified_month

OPERATOR = Actor(None, "command")
NOW = datetime(2026, 10, 8, 9, tzinfo=UTC)


@pytest.fixture
def feed(world: World) -> int:
    """A feed whose device gained more than a machine can print, and 40 pages after it."""
    feed = world.create_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    world.printerpoint.print_pages("S1", 900_000)
    world.night(TUESDAY)
    world.printerpoint.print_pages("S1", 40)
    world.night(WEDNESDAY)
    return feed


def test_accepting_deposits_the_pages_on_the_days_of_their_gap(world: World, feed: int) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        deposited = review.decide(session, delta, "accepted", OPERATOR, NOW)
        session.commit()

    assert deposited == 900_000
    assert world.deposits(feed) == {TUESDAY: 900_000, WEDNESDAY: 40}
    assert world.devices(feed) == [("A-S1", "S1", 100, 900_140, 900_040)]


def test_rejecting_takes_the_pages_out_of_the_life_count(world: World, feed: int) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        review.decide(session, delta, "rejected", OPERATOR, NOW, reason="  typing   slip ")
        session.commit()
        reason = delta.reason

    assert reason == "typing slip"
    assert world.deposits(feed) == {WEDNESDAY: 40}
    assert world.devices(feed) == [("A-S1", "S1", 900_100, 900_140, 40)]


@pytest.mark.both_databases
def test_a_case_is_decided_once(world: World, feed: int) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        review.decide(session, delta, "accepted", OPERATOR, NOW)
        session.commit()

        with pytest.raises(Conflict, match="already decided: all pages are counted"):
            review.decide(session, delta, "rejected", OPERATOR, NOW, reason="typing slip")
        session.rollback()

    assert sum(world.deposits(feed).values()) == 900_040


def test_a_decision_after_a_pause_leaves_its_pages_uncounted(world: World, feed: int) -> None:
    with world.session() as session:
        paused = session.get_one(Feed, feed)
        pauses.deactivate(session, paused, world.after_midnight(WEDNESDAY))
        pauses.reactivate(session, paused, world.after_midnight(WEDNESDAY), counts_pause=False)
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        review.decide(session, delta, "accepted", OPERATOR, NOW)
        session.commit()
    world.printerpoint.print_pages("S1", 70)
    world.night(THURSDAY)

    assert world.deposits(feed) == {TUESDAY: 900_000, WEDNESDAY: 40}


@pytest.mark.parametrize("reason", ["   ", "typing\x00slip", "\u202epils", "\u2066a\u2069"])
def test_rejecting_needs_a_reason_that_can_be_displayed(
    world: World, feed: int, reason: str
) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()

        with pytest.raises(Invalid) as refusal:
            review.decide(session, delta, "rejected", OPERATOR, NOW, reason=reason)

    assert refusal.value.field == "reason"
    assert world.held(feed) == [900_000]


@pytest.mark.parametrize("decision", ["accepted", "reset", "rejected"])
def test_a_decision_can_be_taken_back_until_its_month_is_certified(
    world: World, feed: int, decision: Decision
) -> None:
    before = (world.deposits(feed), world.devices(feed))
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        added = review.decide(session, delta, decision, OPERATOR, NOW, reason="typing slip")
        session.commit()
        taken = review.reopen(session, delta, OPERATOR, NOW + timedelta(hours=1))
        session.commit()

    assert taken == added == (900_000 if decision == "accepted" else 0)
    assert (world.deposits(feed), world.devices(feed)) == before
    assert world.held(feed) == [900_000]
    assert world.is_balanced()


@pytest.mark.parametrize("decision", ["accepted", "rejected"])
def test_a_certified_decision_stands(world: World, feed: int, decision: Decision) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        review.decide(session, delta, decision, OPERATOR, NOW, reason="typing slip")
        session.commit()
        assert certified_month(session, delta) is None
    world.close_month(feed, "2026-10", datetime(2026, 11, 3, 12, tzinfo=UTC))

    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == decision)).one()
        with pytest.raises(Conflict, match="October 2026 was closed"):
            review.reopen(session, delta, OPERATOR, datetime(2026, 11, 4, tzinfo=UTC))


def test_a_decision_after_the_close_counts_in_the_next_month_and_is_open_with_it(
    world: World, feed: int
) -> None:
    world.close_month(feed, "2026-10", datetime(2026, 11, 3, 12, tzinfo=UTC))
    later = datetime(2026, 11, 4, 9, tzinfo=UTC)
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        review.decide(session, delta, "accepted", OPERATOR, later)
        session.commit()
    counted = world.counted(feed)
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "accepted")).one()
        review.reopen(session, delta, OPERATOR, later)
        session.commit()

    assert counted == {"2026-10": 40, "2026-11": 900_000}
    assert world.counted(feed) == {"2026-10": 40}
    assert world.is_balanced()


@pytest.mark.both_databases
def test_what_was_never_decided_cannot_be_taken_back(world: World, feed: int) -> None:
    with world.session() as session:
        for delta in session.scalars(select(Delta).order_by(Delta.id)).all():
            with pytest.raises(Conflict, match="no decision"):
                review.reopen(session, delta, OPERATOR, NOW)
            session.rollback()


@pytest.mark.parametrize("pages", [None, -1, 900_001])
def test_only_pages_that_were_read_can_be_counted(
    world: World, feed: int, pages: int | None
) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()

        with pytest.raises(Invalid, match="from 0 to 900,000") as refusal:
            review.decide(session, delta, "adjusted", OPERATOR, NOW, pages=pages)

    assert refusal.value.field == "pages"
    assert world.held(feed) == [900_000]


@pytest.mark.parametrize(
    ("pages", "state", "initial"),
    [(0, "adjusted", 900_100), (4_210, "adjusted", 895_890), (900_000, "accepted", 100)],
)
def test_some_of_the_pages_are_counted_and_the_rest_leaves_the_life_count(
    world: World, feed: int, pages: int, state: str, initial: int
) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        added = review.decide(session, delta, "adjusted", OPERATOR, NOW, pages=pages)
        session.commit()
        stored = (delta.state, delta.counted, delta.resolved_by)

    assert (added, stored) == (pages, (state, pages, "cli"))
    assert sum(world.deposits(feed).values()) == pages + 40
    assert world.devices(feed) == [("A-S1", "S1", initial, 900_140, pages + 40)]
    assert world.is_balanced()


def test_what_readings_decided_is_reopened_and_then_decided_by_a_user(
    world: World, feed: int
) -> None:
    world.printerpoint.print_pages("S1", 40)
    world.night(THURSDAY)
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.kind == "near_lifetime")).one()
        by_readings = (delta.state, delta.resolved_by, len(delta.evidence))
        review.reopen(session, delta, OPERATOR, NOW + timedelta(days=2))
        session.commit()
        reopened = (delta.state, delta.resolved_by, delta.for_person)
        review.decide(session, delta, "accepted", OPERATOR, NOW + timedelta(days=2))
        session.commit()

    assert by_readings == ("baseline", "readings", 2)
    assert reopened == ("held", None, True)
    assert sum(world.deposits(feed).values()) == 900_080
    assert world.is_balanced()


@pytest.mark.both_databases
def test_a_case_that_needs_a_decision_stays_under_review_whatever_is_read_later(
    world: World, feed: int
) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        review.decide(session, delta, "rejected", OPERATOR, NOW, reason="typing slip")
        review.reopen(session, delta, OPERATOR, NOW)
        session.commit()
    for days in (3, 4):
        world.printerpoint.print_pages("S1", 40)
        world.night(MONDAY + timedelta(days=days))

    assert world.held(feed) == [900_000]
    assert world.is_balanced()


@pytest.mark.both_databases
@pytest.mark.parametrize(("decision", "pages"), [("accepted", 900_000), ("proposed", 0)])
def test_a_bulk_decision_accepts_all_pages_or_those_proposed(
    world: World, feed: int, decision: review.BulkDecision, pages: int
) -> None:
    with world.session() as session:
        ids = session.scalars(select(Delta.id).where(Delta.state == "held")).all()
        result = review.decide_many(session, ids, decision, OPERATOR, NOW)
        session.commit()

    assert result == review.BulkResult(decided=1, pages=pages, conflicts=0)
    assert sum(world.deposits(feed).values()) == pages + 40
    assert world.is_balanced()


@pytest.mark.both_databases
def test_rejecting_several_needs_a_reason(world: World, feed: int) -> None:
    with world.session() as session:
        ids = session.scalars(select(Delta.id).where(Delta.state == "held")).all()

        with pytest.raises(Invalid) as refusal:
            review.decide_many(session, ids, "rejected", OPERATOR, NOW)

    assert refusal.value.field == "reason"
    assert world.held(feed) == [900_000]


@pytest.mark.both_databases
def test_nothing_is_decided_of_a_device_whose_state_cannot_be_read(world: World, feed: int) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        delta.device.state = {"version": 99}
        session.commit()

        with pytest.raises(Conflict, match="is damaged"):
            review.decide(session, delta, "accepted", OPERATOR, NOW)
        session.rollback()

    assert world.held(feed) == [900_000]


@pytest.mark.both_databases
def test_every_decision_is_in_the_audit_trail_and_the_feeds_history(
    world: World, feed: int
) -> None:
    with world.session() as session:
        user = factories.user(session, session.get_one(Account, world.partner_id))
        actor = Actor(user.id, "browser")
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        review.decide(session, delta, "rejected", actor, NOW, reason="typing slip")
        review.reopen(session, delta, OPERATOR, NOW + timedelta(minutes=1))
        session.commit()
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
        recorded = [(entry.action, entry.user_id, entry.place) for entry in entries]
        events = session.scalars(
            select(FeedEvent).where(FeedEvent.kind == "decided").order_by(FeedEvent.id)
        ).all()

    assert recorded == [
        ("deltas reviewed", user.id, "browser"),
        ("review reopened", None, "command"),
    ]
    assert entries[0].account_id == world.partner_id
    assert entries[0].subject == "A-S1 of Clinic"
    assert (entries[0].details["decision"], entries[0].details["reason"]) == (
        "rejected",
        "typing slip",
    )
    assert [event.details["decision"] for event in events] == ["rejected", "reopened"]
