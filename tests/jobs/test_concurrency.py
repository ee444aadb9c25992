"""Several of everything at once, and Redis gone in the middle: one night, every page once."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta

import pytest
from rq import Queue
from sqlalchemy import func, select, text, update

from tests import factories
from tests.environment.redis_server import RedisServer
from tests.factories import NOW
from tests.jobs.processes import (
    children,
    eventually,
    kill_group,
    outcomes,
    request_collection,
    scheduler,
    standing_still,
    state,
    worker,
    yesterday,
    zone_at_noon,
)
from tests.nights import World, make_world
from webapp import queue
from webapp.db import lock
from webapp.models import (
    Account,
    Certificate,
    Collection,
    Deposit,
    Feed,
    FeedEvent,
    Server,
    ServerDay,
)
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.collection import heartbeat
from webapp.services.feeds import feeds
from webapp.services.metering import deposits
from webapp.services.metering.deposits import FeedOfDeposits
from webapp.services.servers import servers
from webapp.settings import Settings

CUSTOMERS = 60
PRINTED = [n + 1 for n in range(CUSTOMERS)]
OCTOBER_30, OCTOBER_31 = date(2026, 10, 30), date(2026, 10, 31)


@pytest.fixture(params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, config: Settings, sandbox: Sandbox, redis_server: RedisServer
) -> Iterator[World]:
    """A partner where it is noon, on SQLite and again on PostgreSQL."""
    if request.param == "postgresql":
        config = replace(config, database_url=request.getfixturevalue("postgresql_database"))
    world = make_world(replace(config, redis_url=redis_server.url), sandbox, zone_at_noon())
    yield world
    world.close()


@pytest.fixture
def on_sqlite(config: Settings, sandbox: Sandbox, redis_server: RedisServer) -> Iterator[World]:
    """The same on SQLite only: Redis is what the test is about."""
    world = make_world(replace(config, redis_url=redis_server.url), sandbox, zone_at_noon())
    yield world
    world.close()


@pytest.fixture
def on_postgresql(config: Settings, sandbox: Sandbox, postgresql_database: str) -> Iterator[World]:
    """On PostgreSQL only: threads that really write at once."""
    world = make_world(replace(config, database_url=postgresql_database), sandbox)
    yield world
    world.close()


def ready_for_yesterday(world: World) -> list[int]:
    """Feeds with a first reading of the day before yesterday, that printed yesterday."""
    feeds = [
        world.create_feed(f"Customer {n:03}", f"C{n}", **{f"S{n}": 100}) for n in range(CUSTOMERS)
    ]
    day = yesterday(world)
    world.night(day - timedelta(days=1))
    for n, pages in enumerate(PRINTED):
        world.printerpoint.print_pages(f"S{n}", pages)
    world.printerpoint.set_time(world.after_midnight(day))
    return feeds


def nights_of(world: World, day: date) -> list[Collection]:
    """The nights there are of a day."""
    with world.session() as session:
        query = select(Collection).where(Collection.kind == "scheduled", Collection.day == day)
        return list(session.scalars(query))


def test_two_workers_and_two_schedulers_run_one_collection(world: World) -> None:
    feeds = ready_for_yesterday(world)
    day = yesterday(world)
    with queue.connect(world.settings.redis_url) as connection:
        for _ in range(4):  # as if schedulers had stumbled over each other
            Queue("timetable", connection=connection).enqueue(queue.ENQUEUE_DUE_COLLECTIONS)

    with ExitStack() as processes:
        for start in (worker, worker, scheduler, scheduler):
            processes.enter_context(start(world.settings))
        eventually(lambda: [night.state for night in nights_of(world, day)] == ["finished"])
        with queue.connect(world.settings.redis_url) as connection:
            names = [Queue(name, connection=connection) for name in queue.QUEUES]
            eventually(lambda: not any(name.count for name in names))
            eventually(lambda: not any(name.started_job_registry.count for name in names))
            failed = [job for name in names for job in name.failed_job_registry.get_job_ids()]

    assert failed == []
    assert len(nights_of(world, day)) == 1
    assert [world.deposits(feed) for feed in feeds] == [{day: pages} for pages in PRINTED]


def test_a_collection_of_a_killed_worker_is_continued(world: World) -> None:
    feeds = ready_for_yesterday(world)
    night = request_collection(world, "scheduled")
    queue.run_collection(world.settings, night)
    with worker(world.settings) as process:
        eventually(lambda: outcomes(world, night) > 3)
        horses = children(process.pid)
        kill_group(process)
    before, begun_on = outcomes(world, night), state(world, night)
    with world.session() as session:  # so that the test need not wait for a stale heartbeat
        last_beat = session.get_one(Collection, night).alive_at
        session.execute(update(Collection).values(alive_at=last_beat - heartbeat.STALE_AFTER))
        session.commit()

    with worker(world.settings), scheduler(world.settings):
        eventually(lambda: state(world, night) == "finished")
        with queue.connect(world.settings.redis_url) as connection:
            names = [Queue(name, connection=connection) for name in queue.QUEUES]
            eventually(lambda: not any(name.count for name in names))

    assert horses
    assert (3 < before < CUSTOMERS, begun_on) == (True, "running")
    assert len(nights_of(world, yesterday(world))) == 1
    assert outcomes(world, night) == CUSTOMERS
    assert [world.deposits(feed) for feed in feeds] == [
        {yesterday(world): pages} for pages in PRINTED
    ]


def test_collections_requested_during_the_night_deposit_nothing_twice(world: World) -> None:
    feeds = ready_for_yesterday(world)
    day = yesterday(world)
    night, *others = (
        request_collection(world, "scheduled"),
        request_collection(world),
        request_collection(world),
        request_collection(world),
    )

    with worker(world.settings) as one, worker(world.settings) as two:
        queue.run_collection(world.settings, night)
        with standing_still(world, night, one, two) as during:
            for other in others:
                queue.run_collection(world.settings, other)
        eventually(lambda: {state(world, each) for each in (night, *others)} == {"finished"})

    assert during < CUSTOMERS
    assert {outcomes(world, each) for each in (night, *others)} == {CUSTOMERS}
    assert [world.deposits(feed) for feed in feeds] == [{day: pages} for pages in PRINTED]


def test_a_restart_of_redis_does_not_affect_a_running_collection(
    on_sqlite: World, redis_server: RedisServer
) -> None:
    world = on_sqlite
    feeds = ready_for_yesterday(world)
    first, second = request_collection(world, "scheduled"), request_collection(world)

    with worker(world.settings) as process:
        queue.run_collection(world.settings, first)
        with standing_still(world, first, process) as done:
            redis_server.restart()
        eventually(lambda: state(world, first) == "finished")
        queue.run_collection(world.settings, second)
        eventually(lambda: state(world, second) == "finished")
        still_works = process.poll() is None

    assert done < CUSTOMERS
    assert still_works
    assert [world.deposits(feed) for feed in feeds] == [
        {yesterday(world): pages} for pages in PRINTED
    ]


def test_a_running_collection_finishes_while_redis_is_down(
    on_sqlite: World, redis_server: RedisServer
) -> None:
    world = on_sqlite
    feeds = ready_for_yesterday(world)
    first, second = request_collection(world, "scheduled"), request_collection(world)

    with worker(world.settings) as process:
        queue.run_collection(world.settings, first)
        with standing_still(world, first, process) as done:
            redis_server.kill()
        eventually(lambda: state(world, first) == "finished")
        redis_server.restart()
        queue.run_collection(world.settings, second)
        eventually(lambda: state(world, second) == "finished")
        still_works = process.poll() is None

    assert done < CUSTOMERS
    assert still_works
    assert [world.deposits(feed) for feed in feeds] == [
        {yesterday(world): pages} for pages in PRINTED
    ]


def test_a_month_that_closes_while_a_night_deposits_certifies_every_page_once(
    on_postgresql: World,
) -> None:
    world = on_postgresql
    feeds = [
        world.create_feed(f"Customer {n:03}", f"C{n}", **{f"S{n}": 100}) for n in range(CUSTOMERS)
    ]
    with world.session() as session:  # all of them are places of one customer
        owner = session.get_one(Feed, feeds[0]).account_id
        session.execute(update(Feed).values(account_id=owner))
        session.commit()
    world.night(OCTOBER_30)
    for n, pages in enumerate(PRINTED):
        world.printerpoint.print_pages(f"S{n}", pages)

    night = threading.Thread(target=world.night, args=(OCTOBER_31,))
    night.start()
    eventually(lambda: sum(map(bool, (world.deposits(feed) for feed in feeds))) > 3)
    certified = world.close_month(feeds[0], "2026-10", world.after_midnight(OCTOBER_31))
    night.join()
    november = world.close_month(feeds[0], "2026-11", world.after_midnight(date(2026, 11, 30)))

    assert certified is not None
    assert november is not None
    assert certified + november == sum(PRINTED)
    assert [world.deposits(feed) for feed in feeds] == [{OCTOBER_31: pages} for pages in PRINTED]
    with world.session() as session:
        by_month = session.execute(
            select(Deposit.counted_in, func.sum(Deposit.pages)).group_by(Deposit.counted_in)
        ).all()
        certificates = session.execute(
            select(Certificate.month, Certificate.pages).join(Account)
        ).all()
    assert sorted(map(tuple, by_month)) == sorted(map(tuple, certificates))


def is_waited_for(world: World) -> bool:
    """Whether a transaction waits for a lock of another one."""
    with world.session() as session:
        return bool(session.scalar(text("select count(*) from pg_locks where not granted")))


def test_a_feed_is_removed_while_a_night_reports_a_transferred_printer(
    on_postgresql: World,
) -> None:
    world = on_postgresql
    clinic = world.create_feed("Clinic", "CLI", S1=100)
    harbour = world.create_feed("Harbour", "HAR", S2=100)

    with world.session() as night:
        lock(night, Feed.id, clinic)
        factories.device(night, night.get_one(Feed, clinic))
        with world.session() as session:  # it waits for no lock
            feeds.remove(session, session.get_one(Feed, harbour), NOW)
            session.commit()
        left = {"kind": "moved_away", "details": {}, "at": NOW, "day": OCTOBER_31}
        night.add(FeedEvent(feed_id=harbour, **left))
        night.commit()

    with world.session() as session:
        assert session.get_one(Feed, harbour).status == "removed"
        assert session.get_one(Feed, clinic).device_count == 1


def test_a_night_locks_the_feeds_of_a_machine_that_moved_in_the_order_of_their_ids(
    on_postgresql: World,
) -> None:
    world = on_postgresql
    zoo = world.create_feed("Zoo", "ZOO", S1=100)  # collected last, locked first
    harbour = world.create_feed("Harbour", "HAR", S2=100)
    world.night(OCTOBER_30)
    world.printerpoint.move_printer("S1", "Harbour")
    world.printerpoint.print_pages("S1", 5)

    with ThreadPoolExecutor() as threads, world.session() as deciding:
        lock(deciding, Feed.id, zoo)
        night = threads.submit(world.night, OCTOBER_31)
        eventually(lambda: is_waited_for(world))
        lock(deciding, Feed.id, harbour)
        deciding.rollback()
        assert night.result(timeout=120) == "finished"

    assert world.outcome(harbour).outcome == "collected"
    assert world.deposits(harbour) == {OCTOBER_31: 5}


def test_a_server_is_removed_while_a_night_deposits(on_postgresql: World) -> None:
    world = on_postgresql
    clinic = world.create_feed("Clinic", "CLI", S1=100)
    with world.session() as session:
        server = session.get_one(Feed, clinic).server_id

    def removes() -> None:
        with world.session() as session:
            servers.remove(session, session.get_one(Server, server), NOW)
            session.commit()

    with ThreadPoolExecutor() as threads, world.session() as night:
        lock(night, Feed.id, clinic)
        removed = threads.submit(removes)
        eventually(lambda: is_waited_for(world))  # it holds the server, and waits for the feed
        deposits.apply(night, FeedOfDeposits(clinic, server, None), {OCTOBER_31: 30})
        night.commit()
        removed.result(timeout=120)

    assert summed(world) == {(server, OCTOBER_31): 30}


def test_concurrent_deposits_for_the_same_days_are_both_summed(
    on_postgresql: World,
) -> None:
    world = on_postgresql
    clinic = world.create_feed("Clinic", "CLI", S1=100)
    harbour = world.create_feed("Harbour", "HAR", S2=100)
    with world.session() as session:
        server = session.get_one(Feed, clinic).server_id
    days = [OCTOBER_31 - timedelta(days=n) for n in range(3)]

    def add(feed: int, days: Sequence[date]) -> None:
        with world.session() as session:
            lock(session, Feed.id, feed)
            deposits.apply(session, FeedOfDeposits(feed, server, None), dict.fromkeys(days, 1))
            session.commit()

    with ThreadPoolExecutor() as threads:
        for each in [
            threads.submit(add, feed, order)
            for _ in range(20)
            for feed, order in ((clinic, days), (harbour, days[::-1]))
        ]:
            each.result(timeout=120)

    assert summed(world) == dict.fromkeys(((server, day) for day in days), 40)


def summed(world: World) -> dict[tuple[int, date], int]:
    """Pages by server and day, as they are summed."""
    with world.session() as session:
        rows = session.scalars(select(ServerDay)).all()
    return {(row.server_id, row.day): row.pages for row in rows}


def test_a_server_is_removed_with_a_collection_that_is_being_requested(
    on_postgresql: World,
) -> None:
    world = on_postgresql
    with world.session() as session:
        server = session.get_one(Feed, world.create_feed("Clinic", "CLI", S1=100)).server_id

    def removes() -> None:
        with world.session() as session:
            servers.remove(session, session.get_one(Server, server), NOW)
            session.commit()

    with ThreadPoolExecutor() as threads, world.session() as asking:
        made = factories.collection(asking, asking.get_one(Server, server), state="queued")
        asking.flush()
        wanted = made.id
        removed = threads.submit(removes)
        eventually(lambda: is_waited_for(world))
        asking.commit()
        removed.result(timeout=120)

    with world.session() as session:
        assert session.get_one(Collection, wanted).state == "failed"
