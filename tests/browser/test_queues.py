"""rq-dashboard in a real browser, under its own content policy."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from rq import Queue, SimpleWorker
from rq.job import Job, JobStatus

from tests import factories
from tests.browser.conftest import Serving, enter
from tests.database import open_session
from tests.environment.redis_server import RedisServer
from webapp import queue
from webapp.app import create_app
from webapp.db import db
from webapp.settings import Settings

MARKUP = '<img src=x onerror="document.title=1">'


@pytest.fixture
def settings(settings: Settings, redis_server: RedisServer) -> Settings:
    """Settings with Redis, and a user of operations in the database."""
    with open_session(settings.database_url) as session:
        factories.user(session, factories.operations(session), email="grace@example.com")
        session.commit()
    return replace(settings, redis_url=redis_server.url)


@pytest.fixture
def address(settings: Settings, serving: Serving) -> Iterator[str]:
    """The address of the served application."""
    app = create_app(settings)
    yield serving(app)
    with app.app_context():
        db.engine.dispose()


def test_operations_requeue_a_failed_job(window: Page, address: str, settings: Settings) -> None:
    job_id = failed_job(settings)

    enter(window, address, "grace@example.com")
    window.get_by_role("navigation").get_by_role("link", name="Queues").click()
    expect(window.locator("#queues")).to_contain_text("collection")
    window.goto(f"{address}/operations/queues/0/view/jobs/collection/failed/8/asc/1")
    expect(window.locator("#jobs")).to_contain_text("divide 1 by 0")
    window.get_by_role("link", name="Requeue", exact=True).click()

    expect(window.locator("#jobs")).not_to_contain_text("divide 1 by 0")
    assert state(settings, job_id) is JobStatus.QUEUED
    window.get_by_role("link", name="Back to Releaf").click()
    expect(window.get_by_role("heading", name="Operations")).to_be_visible()


def test_texts_of_a_job_are_escaped(window: Page, address: str, settings: Settings) -> None:
    job_id = failed_job(settings, "builtins.int", (MARKUP,), description=MARKUP)

    enter(window, address, "grace@example.com")
    pages = {f"job/{job_id}": "#job-data", "jobs/collection/failed/8/asc/1": "#jobs"}
    for path, place in pages.items():
        window.goto(f"{address}/operations/queues/0/view/{path}")
        expect(window.locator(place)).to_contain_text(f"with base 10: '{MARKUP}'")
        expect(window.locator(f"{place} img")).to_have_count(0)
        assert window.title() == "RQ dashboard"


def failed_job(
    settings: Settings,
    function: str = "operator.truediv",
    arguments: tuple[object, ...] = (1, 0),
    description: str = "divide 1 by 0",
) -> str:
    """A job that a worker has tried in vain."""
    with queue.connect(settings.redis_url) as connection:
        job = Queue("collection", connection=connection).enqueue_call(
            function, args=arguments, description=description
        )
        SimpleWorker(["collection"], connection=connection).work(burst=True)
        return str(job.id)


def state(settings: Settings, job_id: str) -> JobStatus | None:
    """How a job stands."""
    with queue.connect(settings.redis_url) as connection:
        return Job.fetch(job_id, connection=connection).get_status()
