"""Unexpected errors end a collection; a nightly run is retried in an hour, not every minute."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from rq.timeouts import JobTimeoutException
from sqlalchemy import select

from tests.world import MONDAY, World
from webapp.domain.reasons import reason
from webapp.models import Collection
from webapp.services.collection import collector, scheduling
from webapp.services.feeds import renames
from webapp.services.servers import overlaps

STEPS = [(overlaps, "check_fleet"), (collector, "plan_feeds"), (collector, "finish")]


def fail(world: World, patch: pytest.MonkeyPatch, step: tuple[Any, str], error: Exception) -> None:
    """Run Monday's collection; a step of it raises an error, and so does the collection."""

    def failing(*_: object) -> None:
        raise error

    with patch.context() as broken:
        broken.setattr(*step, failing)
        with pytest.raises(type(error)):
            world.night(MONDAY)


def only_collection(world: World) -> Collection:
    """The collection as stored."""
    with world.session() as session:
        return session.scalars(select(Collection)).one()


def due(world: World, now: datetime) -> int:
    """How many collections are due at a time."""
    with world.session() as session:
        return len(scheduling.due_scheduled_runs(session, now, world.settings.collect_at))


@pytest.mark.both_databases
@pytest.mark.parametrize("step", STEPS, ids=[name for _, name in STEPS])
def test_a_collection_that_an_unexpected_error_ends_is_due_again_after_an_hour(
    world: World, monkeypatch: pytest.MonkeyPatch, step: tuple[Any, str]
) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    now = world.after_midnight(MONDAY)

    fail(world, monkeypatch, step, LookupError("a case that nobody thought of"))
    failed = only_collection(world)
    due_after = [due(world, now + timedelta(minutes=m)) for m in (2, 61)]
    world.night(MONDAY)

    assert (failed.state, failed.finished_at) == ("failed", now)
    assert failed.reason == reason("collection_error", name="LookupError")
    assert due_after == [0, 1]
    assert only_collection(world).state == "finished"
    assert world.outcome(feed).outcome == "collected"


def test_a_collection_whose_job_runs_out_of_time_is_continued_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.create_feed("Clinic", "CLI", S1=100)

    fail(world, monkeypatch, STEPS[1], JobTimeoutException("6 hours"))

    assert only_collection(world).state == "running"
    assert due(world, world.after_midnight(MONDAY) + timedelta(minutes=2)) == 1


def test_an_error_after_the_end_of_a_collection_does_not_repeat_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.create_feed("Clinic", "CLI", S1=100)

    fail(world, monkeypatch, (renames, "propose"), LookupError())

    assert only_collection(world).state == "finished"
