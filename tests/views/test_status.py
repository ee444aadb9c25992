"""How the service runs, as operations see it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from rq import Queue, SimpleWorker
from rq.job import Job
from sqlalchemy import select

from jobs import runtime
from jobs.schedule import Timetable, reconcile
from tests import factories
from tests.environment.redis_server import RedisServer
from tests.factories import NOW, YESTERDAY
from tests.views.conftest import Transaction, Visitor
from webapp import clock, queue, queue_status
from webapp.domain.reasons import reason
from webapp.models import AuditEntry, Server, User
from webapp.settings import Settings
from webapp.views.system.status import explain_error


@pytest.fixture
def settings(settings: Settings, redis_server: RedisServer) -> Settings:
    """With a real queue."""
    return replace(settings, redis_url=redis_server.url)


@pytest.fixture
def connection(redis_server: RedisServer) -> Iterator[Redis]:
    """The queue of the application."""
    with queue.connect(redis_server.url) as connection:
        yield connection


@pytest.fixture
def ops(
    app: Flask,
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> Visitor:
    """A user of operations; jobs run in the application."""
    monkeypatch.setattr(runtime, "get_app", lambda: app)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        factories.user(session, factories.operations(session), email="ops@example.com")
    return log_in("ops@example.com")


def fails(connection: Redis, function: str, *ids: int) -> str:
    """Let a real worker fail a job that has an argument too many."""
    job = Queue("collection", connection=connection).enqueue_call(function, args=(*ids, 0, 0))
    SimpleWorker(["collection"], connection=connection).work(burst=True)
    return str(job.id)


def test_without_redis_the_rest_of_the_page_is_shown(
    ops: Visitor, transaction: Transaction, redis_server: RedisServer
) -> None:
    redis_server.kill()
    with transaction() as session:
        factories.collection(session)

    page = ops.get("/operations")

    assert page.status_code == 200
    assert "Redis cannot be reached" in page.text
    assert "Recent nightly runs" in page.text
    assert "Failed jobs</h2>" not in page.text


def test_the_page_shows_queues_workers_and_the_timetable(
    ops: Visitor, connection: Redis, settings: Settings
) -> None:
    queue.run_collection(settings, 7)
    assert "No worker is running" in ops.get("/operations").text
    worker = SimpleWorker(["collection"], connection=connection, name="north")
    worker.register_birth()  # type: ignore[no-untyped-call]
    assert "The schedule is empty" in ops.get("/operations").text
    reconcile(Timetable(connection=connection))

    page = ops.get("/operations").text
    worker.register_death()  # type: ignore[no-untyped-call]

    assert "north" in page
    assert "Enqueue due collections" in page
    assert 'data-hx-trigger="every 10s"' in page
    status = queue_status.status(settings)
    assert [(line.name, line.waiting) for line in status.queues] == [
        ("timetable", 0),
        ("collection", 1),
        ("documents", 0),
    ]
    assert status.queues[1].oldest is not None


def test_a_failed_job_is_explained(
    ops: Visitor, connection: Redis, transaction: Transaction
) -> None:
    with transaction() as session:
        collection = factories.collection(session)
        feed = factories.feed(session, collection.server, customer_name="Harbour <b>")
        server_name = session.get_one(Server, collection.server_id).name
        ids = (collection.id, feed.id)
    job = fails(connection, queue.RUN_FEED, *ids)
    fails(connection, queue.RUN_COLLECTION, ids[0])
    fails(connection, queue.RENDER_CERTIFICATES, 1, 100)
    fails(connection, "jobs.nothing.at_all")

    page = ops.get("/operations").text

    assert "Collect a customer that failed" in page
    assert "Harbour &lt;b&gt;" in page
    assert server_name in page
    assert "Generate certificates" in page
    assert f"/operations/queues/0/view/job/{job}" in page
    assert "restart both" in page


def test_a_resolved_job_is_listed_as_resolved(
    ops: Visitor, connection: Redis, settings: Settings
) -> None:
    fails(connection, "jobs.nothing.at_all")
    before = ops.get("/operations").text

    queue_status.resolve(settings, queue_status.failures(settings, 100), NOW)
    after = ops.get("/operations").text

    assert '/requeue"' in before
    assert "Resolved" not in before
    assert "jobs.nothing.at_all" in after
    assert "Resolved" in after
    assert '/requeue"' not in after


def test_a_failed_job_is_requeued_once_and_audited(
    ops: Visitor, connection: Redis, transaction: Transaction
) -> None:
    job = fails(connection, "jobs.nothing.at_all")

    response = ops.post(f"/operations/jobs/{job}/requeue")
    page = ops.get("/operations").text
    again = ops.post(f"/operations/jobs/{job}/requeue")
    second_tab = ops.get(again.location).text

    assert Queue("collection", connection=connection).job_ids == [job]
    assert response.location.startswith("/operations#")
    assert again.status_code == 302
    assert "The job was already requeued or deleted." in second_tab
    assert "jobs.nothing.at_all: requeued." in page
    assert "No failed jobs" in page
    assert audited(transaction) == [f"requeue job {job}"]


def test_a_failed_job_is_deleted_after_confirmation(
    ops: Visitor, connection: Redis, transaction: Transaction
) -> None:
    job = fails(connection, "jobs.nothing.at_all")

    asked = ops.get(f"/operations/jobs/{job}/delete").text
    listed = ops.get("/operations").text
    ops.post(f"/operations/jobs/{job}/delete")

    assert "Delete “jobs.nothing.at_all”?" in asked
    assert f"/operations/jobs/{job}/delete" in listed
    assert not Job.exists(job, connection=connection)
    assert "No failed jobs" in ops.get("/operations").text
    assert ops.get(f"/operations/jobs/{job}/delete").status_code == 302
    assert "already requeued or deleted" in ops.get("/operations").text
    assert audited(transaction) == [f"delete job {job}"]


@pytest.mark.parametrize("job_id", ["nobody", "%2E%2E", "rq:job:1"])
def test_a_job_that_has_not_failed_is_neither_requeued_nor_deleted(
    ops: Visitor, connection: Redis, settings: Settings, job_id: str
) -> None:
    queue.run_collection(settings, 7)
    (queued,) = Queue("collection", connection=connection).job_ids

    for one in (job_id, queued):
        for action in ("requeue", "delete"):
            assert ops.post(f"/operations/jobs/{one}/{action}").status_code == 302
            assert "already requeued or deleted" in ops.get("/operations").text

    assert Queue("collection", connection=connection).job_ids == [queued]


def audited(transaction: Transaction) -> list[str]:
    """What the audit trail has about changed queues."""
    with transaction() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "queue changed").order_by(AuditEntry.id)
        )
        return [str(entry.subject) for entry in entries]


def test_why_emails_cannot_be_sent_is_a_sentence(ops: Visitor, transaction: Transaction) -> None:
    with transaction() as session:
        factories.mail(
            session, state="queued", error=reason("mail_refused", response="454 <later>")
        )

    page = ops.get("/operations").text

    assert "The mail server responded: 454 &lt;later&gt;." in page
    assert "mail_refused" not in page


def test_nights_are_summed_by_day(ops: Visitor, transaction: Transaction) -> None:
    with transaction() as session:
        for number in range(9):
            day = YESTERDAY - timedelta(days=number)
            factories.collection(session, day=day, feeds=1_200 + number)
        broken = factories.collection(session, state="failed", feeds=None)
        feed = factories.feed(session, broken.server)
        factories.outcome(session, broken, feed, kind="failed")

    page = ops.get("/operations", {"HX-Request": "true"}).text

    assert page.lstrip().startswith("<div")
    assert "1 of 2" in page
    assert "1,200" in page
    assert "1,206" in page
    assert "1,207" not in page


def test_a_server_that_is_added_in_the_evening_does_not_lengthen_the_night(
    ops: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        factories.collection(session, queued_at=NOW - timedelta(hours=22), seconds=200)
        factories.collection(session, queued_at=NOW, seconds=3_700)

    page = ops.get("/operations", {"HX-Request": "true"}).text

    assert re.search(r'data-label="Longest collection">\s*1 h 1 min\s*<', page)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); ", "killed"),
        (
            "rq.timeouts.JobTimeoutException: Task exceeded maximum timeout",
            "exceeded its time limit",
        ),
        ("webapp.pdf.assets.PdfError: no font on this machine has 你", "no font on this machine"),
        ("ValueError: nothing", "nothing"),
        ("KeyError", "KeyError, without a message"),
        ("", "No reason was recorded"),
        ("something odd", "something odd"),
    ],
)
def test_technical_errors_are_explained(error: str, words: str) -> None:
    assert words in explain_error(error)
