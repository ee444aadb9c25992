"""Deltas under review that later readings or a user decide: roll-overs, restored counters."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests import factories
from tests.world import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, World
from webapp.models import Account, AuditEntry, Delta
from webapp.queries import review as queries
from webapp.queries.viewer import Viewer
from webapp.services.accounts.audit import Actor
from webapp.services.metering import review

pytestmark = pytest.mark.slow

OPERATOR = Actor(None, "command")
NOW = datetime(2026, 10, 8, 9, tzinfo=UTC)


def test_a_roll_over_is_proposed_and_counts_when_it_is_accepted(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=999_850)
    for day, count in ((MONDAY, 999_850), (TUESDAY, 999_950), (WEDNESDAY, 40), (THURSDAY, 130)):
        world.printerpoint.set_count("S1", count)
        world.night(day)
    waiting = world.deposits(feed)
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        facts = (delta.kind, delta.pages, delta.proposed, delta.since, delta.day)
        review.decide(session, delta, "accepted", OPERATOR, NOW)
        session.commit()

    assert facts == ("roll_over", 90, 90, TUESDAY, WEDNESDAY)
    assert waiting == {TUESDAY: 100, THURSDAY: 90}
    assert world.deposits(feed) == {TUESDAY: 100, WEDNESDAY: 90, THURSDAY: 90}
    assert world.devices(feed) == [("A-S1", "S1", 40, 130, 280)]
    assert world.is_balanced()


def test_a_roll_over_that_was_a_reset_counts_nothing(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=999_850)
    for day, count in ((MONDAY, 999_850), (TUESDAY, 999_950), (WEDNESDAY, 40), (THURSDAY, 130)):
        world.printerpoint.set_count("S1", count)
        world.night(day)
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        review.decide(session, delta, "reset", OPERATOR, NOW)
        session.commit()

    assert world.deposits(feed) == {TUESDAY: 100, THURSDAY: 90}
    assert world.devices(feed) == [("A-S1", "S1", 40, 130, 190)]
    assert world.is_balanced()


def test_a_restored_counter_counts_what_was_printed_without_a_decision(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=119_900)
    world.night(MONDAY)
    for days, count in enumerate((120_000, 0, 50, 90, 120_500, 120_530), start=1):
        world.printerpoint.set_count("S1", count)
        world.night(MONDAY + timedelta(days=days))

    assert world.held(feed) == []
    assert sum(world.deposits(feed).values()) == 120_530 - 119_900
    assert world.is_balanced()


def test_a_counter_that_passes_its_old_value_by_printing_is_not_held(world: World) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=1_000)
    world.night(MONDAY)
    for days, count in enumerate((1_500, 0, 400, 800, 1_200, 1_600, 2_000), start=1):
        world.printerpoint.set_count("S1", count)
        world.night(MONDAY + timedelta(days=days))

    assert world.held(feed) == []
    assert sum(world.deposits(feed).values()) == 500 + 2_000


@pytest.mark.both_databases
def test_a_delta_far_above_the_history_is_held_until_two_days_confirm_it(
    world: World,
) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=50_000)
    world.night(MONDAY)
    for days, pages in enumerate((100, 300, 200, 6_001), start=1):
        world.printerpoint.print_pages("S1", pages)
        world.night(MONDAY + timedelta(days=days))
    held = world.held(feed)
    for days in (8, 9):
        world.printerpoint.print_pages("S1", 250)
        world.night(MONDAY + timedelta(days=days))
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.kind == "limit")).one()

    assert held == [6_001]
    assert (delta.state, delta.resolved_by, len(delta.evidence)) == ("accepted", "readings", 2)
    assert sum(world.deposits(feed).values()) == 600 + 6_001 + 500
    assert world.is_balanced()


@pytest.mark.both_databases
def test_several_cases_are_decided_in_one_transaction_and_conflicts_are_unchanged(
    world: World,
) -> None:
    feeds = [world.create_feed(f"Clinic {n}", f"C{n}", **{f"S{n}": 100}) for n in range(3)]
    world.night(MONDAY)
    for n in range(3):
        world.printerpoint.print_pages(f"S{n}", 900_000 + n)
    world.night(TUESDAY)
    with world.session() as session:
        deltas = session.scalars(select(Delta).where(Delta.state == "held")).all()
        ids = [delta.id for delta in deltas]
        review.decide(session, deltas[0], "accepted", OPERATOR, NOW)
        session.commit()
        result = review.decide_many(
            session, ids, "rejected", OPERATOR, NOW, reason=" donor  boards "
        )
        session.commit()
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()

    assert result == review.BulkResult(decided=2, pages=0, conflicts=1)
    assert [entry.details["decision"] for entry in entries] == ["accepted", "rejected", "rejected"]
    assert [entry.details["reason"] for entry in entries[1:]] == ["donor boards"] * 2
    assert [sum(world.deposits(feed).values()) for feed in feeds] == [900_000, 0, 0]
    assert world.is_balanced()


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("fallen", "confirming", "state", "by"),
    [
        pytest.param(50_150, 70_200, "accepted", "user", id="glitch"),
        pytest.param(30, 70, "accepted", "user", id="reset"),
        pytest.param(50_150, 50_180, "withdrawn", "readings", id="spike"),
    ],
)
def test_a_fall_leaves_who_decided_unless_it_withdraws_the_pages(
    world: World, fallen: int, confirming: int, state: str, by: str
) -> None:
    world.create_feed("Clinic", "CLI", S1=50_000)
    for day, count in ((MONDAY, 50_000), (TUESDAY, 50_100), (WEDNESDAY, 70_100)):
        world.printerpoint.set_count("S1", count)
        world.night(day)
    with world.session() as session:
        user = factories.user(session, session.get_one(Account, world.partner_id))
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        review.decide(session, delta, "accepted", Actor(user.id, "browser"), NOW)
        session.commit()
        delta_id, user_id = delta.id, user.id
    viewer = Viewer("operations", None, None)
    listed = []
    for day, count in ((THURSDAY, fallen), (FRIDAY, confirming)):
        world.printerpoint.set_count("S1", count)
        world.night(day)
        with world.session() as session:
            resolved = queries.deltas(session, viewer, queries.Filters(state="resolved"))
            listed.append([(row.state, row.resolved_by) for row in resolved])
    with world.session() as session:
        delta = session.get_one(Delta, delta_id)

    decision = (user_id, NOW) if by == "user" else (None, world.after_midnight(FRIDAY))
    is_contested = fallen > 50_100
    assert listed == [[] if is_contested else [("accepted", "user")], [(state, by)]]
    assert (delta.state, delta.resolved_by) == (state, by)
    assert (delta.decided_by, delta.decided_at) == decision
    assert world.is_balanced()
