"""PostgreSQL ends and starts again: jobs wait for it and are repeated, none of them fails."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

import psycopg
import pytest
from psycopg import sql
from redis import Redis
from rq import Queue, Retry, SimpleWorker
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError, OperationalError

from jobs import collection, runtime, schedule
from jobs.collection import CollectionStep
from tests.environment.postgresql import NoPostgreSQL, PostgreSQLServer, running_server
from tests.environment.redis_server import RedisServer
from tests.jobs.processes import request_collection, state, zone_at_noon
from tests.world import World, make_world
from webapp import clock, queue
from webapp.db import connection_lost
from webapp.models import Account
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.collection import collector as service
from webapp.settings import Settings


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQLServer]:
    """A PostgreSQL of this file's own, which ends and starts again."""
    with ExitStack() as stack:
        try:
            yield stack.enter_context(running_server())
        except NoPostgreSQL as error:
            pytest.skip(str(error))


@pytest.fixture
def world(
    config: Settings,
    sandbox: Sandbox,
    server: PostgreSQLServer,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """A partner on that server; the jobs of this process run in its application."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server.url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = server.url.replace("/postgres?", f"/{name}?")
    config = replace(config, database_url=url, redis_url=redis_server.url)
    world = make_world(config, sandbox, zone_at_noon())
    monkeypatch.setattr(runtime, "get_app", world.app_of_jobs)
    monkeypatch.setattr(runtime, "_DATABASE_POLL_SECONDS", 0.02)
    yield world
    world.close()


@pytest.fixture
def restarting(world: World, server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server starts again while a job waits for it."""
    wait = runtime.wait_for_database

    def restart_and_wait() -> None:
        server.start()
        wait()

    monkeypatch.setattr(runtime, "wait_for_database", restart_and_wait)


@pytest.mark.usefixtures("restarting")
def test_a_job_that_cannot_reach_the_database_is_enqueued_again_until_it_succeeds(
    world: World, server: PostgreSQLServer, redis_connection: Redis
) -> None:
    feed = world.create_feed("Clinic", "CLI", S1=100)
    line = Queue("collection", connection=redis_connection)
    wanted = request_collection(world)
    job = line.enqueue(queue.RUN_COLLECTION, wanted)

    server.ends()
    SimpleWorker([line], connection=redis_connection).work(burst=True)

    assert job.is_finished
    assert line.failed_job_registry.count == 0
    assert state(world, wanted) == "finished"
    assert world.outcome(feed).outcome == "collected"


def test_a_job_is_requeued_when_the_database_does_not_return(
    world: World, server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "_DATABASE_WAIT_SECONDS", 0.1)
    server.ends()

    result = schedule.enqueue_due_collections()
    server.start()

    assert isinstance(result, Retry)
    assert isinstance(schedule.enqueue_due_collections(), str)


@pytest.mark.usefixtures("restarting")
def test_a_collection_that_loses_the_database_is_continued_at_once(
    world: World, server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("Ant", "Bee", "Cat")
    feeds = [world.create_feed(name, name[:3], **{f"S{name[0]}": 100}) for name in names]
    wanted = request_collection(world)
    crashes = [True]

    def watch(step: CollectionStep) -> None:
        if step.done == 2 and crashes.pop():
            server.ends()

    monkeypatch.setattr(collection, "collect", partial(collection.collect, watch=watch))
    first = collection.run(wanted)
    between = state(world, wanted)
    crashes.append(False)
    second = collection.run(wanted)

    assert isinstance(first, Retry)
    assert between == "queued"
    assert second == "3 customers, 0 failed"
    assert [world.outcome(feed).outcome for feed in feeds] == ["collected"] * 3


def test_a_collection_that_another_worker_runs_by_now_is_left_to_it(world: World) -> None:
    wanted = request_collection(world)
    lost_at = clock.now()
    with world.session() as session:
        service.claim(session, wanted, clock.now())
        service.release(session, wanted, lost_at)
        session.commit()

    assert state(world, wanted) == "running"
    with world.session() as session:
        service.release(session, wanted, clock.now())
        session.commit()
    assert state(world, wanted) == "queued"


def test_errors_of_statements_are_no_lost_connection(world: World) -> None:
    lock_twice = (
        "begin; lock table account in exclusive mode",
        "set lock_timeout = '1ms'; lock table account in exclusive mode",
    )
    with world.session() as first, world.session() as second:
        with pytest.raises(IntegrityError) as refused:
            first.execute(insert(Account).values(kind="robot"))
        first.rollback()
        first.execute(text(lock_twice[0]))
        with pytest.raises(OperationalError) as locked:
            second.execute(text(lock_twice[1]))

    assert not connection_lost(refused.value)
    assert not connection_lost(locked.value)
    assert not connection_lost(ValueError("server closed the connection unexpectedly"))
