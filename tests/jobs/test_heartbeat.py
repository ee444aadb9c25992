"""A dead collection goes on within two minutes; a living one, however slow, is left alone."""

import configparser
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from jobs.collection import CollectionStep
from jobs.schedule import POLL_SECONDS, TIMETABLE
from tests.jobs.processes import eventually, request_collection, state, yesterday, zone_at_noon
from tests.nights import World, make_world
from webapp import clock, queue
from webapp.domain.reasons import reason
from webapp.models import Collection
from webapp.models.collection import CollectionState
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.collection import collector as service
from webapp.services.collection import heartbeat, scheduling
from webapp.services.metering.process import process_readings
from webapp.settings import ROOT, Settings

#: The heart of these tests: all is as it is in life, but fifty times faster.
QUICK_BEAT, QUICK_SILENCE = timedelta(seconds=0.1), timedelta(seconds=0.9)
SLOW = 2.5


@pytest.fixture(params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest,
    config: Settings,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """A partner where it is noon, on both databases, whose collections' hearts beat quickly."""
    if request.param == "postgresql":
        config = replace(config, database_url=request.getfixturevalue("postgresql_database"))
    monkeypatch.setattr(heartbeat, "INTERVAL", QUICK_BEAT)
    monkeypatch.setattr(heartbeat, "STALE_AFTER", QUICK_SILENCE)
    world = make_world(config, sandbox, zone_at_noon())
    yield world
    world.ends()


def test_a_killed_night_goes_on_within_two_minutes() -> None:
    tick = next(entry for entry in TIMETABLE if entry.function == queue.ENQUEUE_DUE_COLLECTIONS)
    unit = configparser.RawConfigParser(strict=False)
    unit.read(ROOT / "deploy" / "production" / "releaf-worker@.service")
    restart = timedelta(seconds=int(unit["Service"]["RestartSec"]))

    # A tick comes due just before the heart counts as silent; the next one is seen a poll late.
    until_in_line = heartbeat.STALE_AFTER + tick.every + timedelta(seconds=POLL_SECONDS)
    margin = timedelta(minutes=2) - until_in_line - restart

    assert margin >= timedelta(seconds=25)
    assert tick.every.total_seconds() >= 2 * POLL_SECONDS  # else the poll would set the pace
    assert heartbeat.STALE_AFTER >= 5 * heartbeat.INTERVAL


def test_a_tick_takes_up_a_silent_heart_and_no_other(world: World) -> None:
    world.has_feed("Clinic", "CLI", S1=100)
    now = clock.now()
    with world.session() as session:
        wanted = session.get_one(Collection, request_collection(world, "scheduled"))
        wanted.state = "running"
        put_in_line = []
        for age in (
            -heartbeat.STALE_AFTER,
            -2 * heartbeat.STALE_AFTER,
            2 * heartbeat.STALE_AFTER,
        ):
            wanted.alive_at = now + age
            session.flush()
            due = scheduling.due_scheduled_runs(session, now, world.settings.collect_at)
            put_in_line.append(len(due))
            assert (service.claim(session, wanted.id, now) is not None) == (len(due) == 1)

    assert put_in_line == [0, 1, 1]


@pytest.mark.parametrize("before", ["queued", "running"])
def test_what_a_person_asked_for_does_not_run_for_ever(
    world: World, before: CollectionState
) -> None:
    collection_id = request_collection(world)
    now = clock.now()
    states = []
    with world.session() as session:
        wanted = session.get_one(Collection, collection_id)
        wanted.state = before
        session.flush()
        for later in (timedelta(hours=23), timedelta(hours=25)):
            lost = scheduling.stale_manual_runs(session, now + later)
            scheduling.expire_manual_runs(session, now + later)
            session.refresh(wanted)
            states.append((len(lost), wanted.state))

        assert states == [(1, before), (0, "failed")]
        assert wanted.reason == reason("expired")
        # Its job may have been in line all the time: then it is done after all.
        assert service.claim(session, collection_id, now + timedelta(hours=26)) is not None


def test_what_still_beats_is_not_given_up(world: World) -> None:
    collection_id = request_collection(world)
    later = clock.now() + timedelta(hours=30)
    with world.session() as session:
        wanted = session.get_one(Collection, collection_id)
        wanted.state, wanted.alive_at = "running", later
        session.flush()
        scheduling.expire_manual_runs(session, later)
        session.refresh(wanted)

        assert wanted.state == "running"


def test_a_beat_brings_no_ended_collection_back(world: World) -> None:
    collection_id = request_collection(world)
    now = clock.now()
    with world.session() as session:
        service.abort(session, session.get_one(Collection, collection_id), reason("given up"), now)
        session.commit()
        heartbeat.record(session, collection_id, now + timedelta(minutes=1))
        session.commit()
    with world.session() as session:
        ended = session.get_one(Collection, collection_id)

    assert (ended.state, ended.alive_at) == ("failed", now)


def test_one_slow_page_is_no_death(world: World) -> None:
    feed = world.has_feed("Clinic", "CLI", S1=100)
    world.night(yesterday(world) - timedelta(days=1))
    world.printerpoint.print_pages("S1", 7)
    world.printerpoint.set_time(world.after_midnight(yesterday(world)))
    world.printerpoint.configure(delay=SLOW)

    claims = claims_while_collecting(world)

    assert claims > 3
    assert world.deposits(feed) == {yesterday(world): 7}


def test_one_long_customer_is_no_death(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = world.has_feed("Clinic", "CLI", S1=100)
    world.night(yesterday(world) - timedelta(days=1))
    world.printerpoint.print_pages("S1", 7)
    world.printerpoint.set_time(world.after_midnight(yesterday(world)))

    def take_long(*words: Any, **named: Any) -> Any:
        taken = process_readings(*words, **named)
        time.sleep(SLOW)
        return taken

    monkeypatch.setattr("webapp.services.collection.collector.process_readings", take_long)

    claims = claims_while_collecting(world)

    assert claims >= 1  # SQLite lets nobody ask before a customer has been written
    assert world.deposits(feed) == {yesterday(world): 7}


def claims_while_collecting(world: World) -> int:
    """Collect, while another worker tries again and again to have it; returns how often."""
    collection_id = request_collection(world, "scheduled")
    done: list[str] = []
    claims: list[bool] = []

    def claim(_: CollectionStep | None = None) -> None:
        with world.session() as session:
            session.connection()  # where only one can write, the clock is read afterwards
            claims.append(service.claim(session, collection_id, clock.now()) is not None)

    def work() -> None:
        done.append(world.runs(collection_id, watch=claim))

    worker = threading.Thread(target=work)
    began = time.monotonic()
    worker.start()
    eventually(lambda: state(world, collection_id) == "running")
    while worker.is_alive():
        claim()
        time.sleep(0.05)
    worker.join()

    assert time.monotonic() - began > SLOW
    assert done == ["1 customers, 0 failed"]
    assert not any(claims)
    return len(claims)
