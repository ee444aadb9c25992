"""Concurrent transactions on PostgreSQL: one order of locks, and every page counts once."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text, update

from tests import factories
from tests.factories import NOW
from tests.jobs.processes import eventually
from tests.world import World, make_world
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
from webapp.services.feeds import feeds
from webapp.services.metering import deposits
from webapp.services.metering.deposits import FeedOfDeposits
from webapp.services.servers import servers
from webapp.settings import Settings

OCTOBER_30, OCTOBER_31 = date(2026, 10, 30), date(2026, 10, 31)


@pytest.fixture
def world(config: Settings, sandbox: Sandbox, postgresql_database: str) -> Iterator[World]:
    """A partner on PostgreSQL, where threads write at once."""
    world = make_world(replace(config, database_url=postgresql_database), sandbox)
    yield world
    world.close()


def test_a_month_that_closes_while_a_night_deposits_certifies_every_page_once(
    world: World,
) -> None:
    printed = [n + 1 for n in range(60)]
    feeds = [world.create_feed(f"Customer {n:03}", f"C{n}", **{f"S{n}": 100}) for n in range(60)]
    with world.session() as session:  # all of them are places of one customer
        owner = session.get_one(Feed, feeds[0]).account_id
        session.execute(update(Feed).values(account_id=owner))
        session.commit()
    world.night(OCTOBER_30)
    for n, pages in enumerate(printed):
        world.printerpoint.print_pages(f"S{n}", pages)

    night = threading.Thread(target=world.night, args=(OCTOBER_31,))
    night.start()
    eventually(lambda: sum(map(bool, (world.deposits(feed) for feed in feeds))) > 3)
    certified = world.close_month(feeds[0], "2026-10", world.after_midnight(OCTOBER_31))
    night.join()
    november = world.close_month(feeds[0], "2026-11", world.after_midnight(date(2026, 11, 30)))

    assert certified is not None
    assert november is not None
    assert certified + november == sum(printed)
    assert [world.deposits(feed) for feed in feeds] == [{OCTOBER_31: pages} for pages in printed]
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
    world: World,
) -> None:
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
    world: World,
) -> None:
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


def test_a_server_is_removed_while_a_night_deposits(world: World) -> None:
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
    world: World,
) -> None:
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
    world: World,
) -> None:
    with world.session() as session:
        server = session.get_one(Feed, world.create_feed("Clinic", "CLI", S1=100)).server_id

    def removes() -> None:
        with world.session() as session:
            servers.remove(session, session.get_one(Server, server), NOW)
            session.commit()

    with ThreadPoolExecutor() as threads, world.session() as requesting:
        made = factories.collection(requesting, requesting.get_one(Server, server), state="queued")
        requesting.flush()
        wanted = made.id
        removed = threads.submit(removes)
        eventually(lambda: is_waited_for(world))
        requesting.commit()
        removed.result(timeout=120)

    with world.session() as session:
        assert session.get_one(Collection, wanted).state == "failed"
