"""Held gains: accepted or rejected by a person, never lost."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.nights import MONDAY, World
from webapp.models import Delta
from webapp.services import held
from webapp.services.errors import Conflict, Invalid

TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)
NOW = datetime(2026, 10, 8, 9, tzinfo=UTC)


@pytest.fixture
def feed(world: World) -> int:
    """A feed whose device gained more than a machine can print, and 40 pages after it."""
    feed = world.has_feed("Clinic", "CLI", S1=100)
    world.night(MONDAY)
    world.printerpoint.prints("S1", 900_000)
    world.night(TUESDAY)
    world.printerpoint.prints("S1", 40)
    world.night(WEDNESDAY)
    return feed


def test_accepting_deposits_the_pages_on_the_days_of_their_gap(world: World, feed: int) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        deposited = held.accept(session, delta, None, NOW)
        session.commit()

    assert deposited == 900_000
    assert world.deposits(feed) == {TUESDAY: 900_000, WEDNESDAY: 40}
    assert world.devices(feed) == [("A-S1", "S1", 100, 900_140, 900_040)]


def test_rejecting_takes_the_pages_out_of_the_life_count(world: World, feed: int) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        held.reject(session, delta, "  typing   slip ", None, NOW)
        session.commit()
        reason = delta.reason

    assert reason == "typing slip"
    assert world.deposits(feed) == {WEDNESDAY: 40}
    assert world.devices(feed) == [("A-S1", "S1", 900_100, 900_140, 40)]


def test_an_answer_is_given_once(world: World, feed: int) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()
        held.accept(session, delta, None, NOW)
        session.commit()

        with pytest.raises(Conflict, match="accepted already"):
            held.reject(session, delta, "typing slip", None, NOW)
        session.rollback()

    assert sum(world.deposits(feed).values()) == 900_040


def test_rejecting_needs_a_reason(world: World, feed: int) -> None:
    with world.session() as session:
        delta = session.scalars(select(Delta).where(Delta.state == "held")).one()

        with pytest.raises(Invalid) as refusal:
            held.reject(session, delta, "   ", None, NOW)

    assert refusal.value.field == "reason"
    assert world.held(feed) == [900_000]
