"""Chromium on the real application, served on loopback."""

import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.browser.served_app import ServedApp, serve_seeded_app
from tests.browser.visit import WAIT_MS, Visit, checked_page, new_context
from tests.environment.redis_server import RedisServer
from tests.factories import PASSWORD

Serving = Callable[[Flask], str]

expect.set_options(timeout=WAIT_MS)


@pytest.fixture(scope="session")
def chromium(chromium_path: Path) -> Iterator[Browser]:
    """One browser for the run."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(chromium_path), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served_app(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, redis_of_the_run: RedisServer
) -> Iterator[ServedApp]:
    """The application on the seeded database."""
    folder = tmp_path_factory.mktemp("seeded_db")
    shutil.copyfile(sqlite_template, folder / "releaf.db")
    redis_of_the_run.start()
    redis_of_the_run.flush()
    with serve_seeded_app(folder, redis_of_the_run.url) as served:
        yield served


@pytest.fixture
def window(chromium: Browser) -> Iterator[Page]:
    """A new window; errors of its console fail the test."""
    with checked_page(new_context(chromium)) as page:
        yield page


@pytest.fixture
def page(chromium: Browser, served_app: ServedApp) -> Iterator[Page]:
    """A window of a user of operations.

    One a test: going back loads a page again, which a next test would run into.
    """
    context = new_context(chromium)
    served_app.log_in(context, "operations")
    yield context.new_page()
    context.close()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def visit(
    chromium: Browser, served_app: ServedApp, request: pytest.FixtureRequest
) -> Iterator[Visit]:
    """The windows of a journey; an error in a console fails it."""
    visits = Visit(chromium, served_app, request.param, [], [])
    yield visits
    for context in visits.contexts:
        context.close()
    assert visits.errors == []


@pytest.fixture
def serving() -> Iterator[Serving]:
    """``serving(app)`` serves it on loopback until the test ends; gives its address."""
    servers = []

    def serve(app: Flask) -> str:
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def enter(page: Page, address: str, email: str) -> None:
    """Log in by the form."""
    page.goto(f"{address}/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{address}/")
