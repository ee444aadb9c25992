"""Log lines: they name the request and the job, and do not repeat themselves."""

import io
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from rq import SimpleWorker

from jobs import health, runtime
from tests.environment.redis_server import RedisServer
from webapp import logs, queue
from webapp.settings import Settings

log = logging.getLogger("releaf.test")


@pytest.fixture
def logged() -> Iterator[Callable[[], list[str]]]:
    """What the service logs, without the times; a call returns the lines so far."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("INFO")
    logs.job_id.set("")  # of a job that an earlier test ran in this process
    written = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield lambda: [line.split(" ", 2)[2] for line in written.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def failing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application whose health check logs a warning."""

    def warn() -> str:
        log.warning("it fails")
        return "no"

    monkeypatch.setitem(app.view_functions, "status.alive", warn)
    return app


def test_a_log_line_has_the_request_id_of_the_response(
    failing: Flask, logged: Callable[[], list[str]]
) -> None:
    first, second = (failing.test_client().get("/healthz") for _ in range(2))

    ids = [response.headers["X-Request-ID"] for response in (first, second)]
    assert ids[0] != ids[1]
    assert logged() == [f"WARNING releaf.test [request={each}] it fails" for each in ids]


@pytest.mark.parametrize("path", ["/login", "/no-such-page", "/static/app.css", "/healthz"])
def test_a_well_formed_request_id_of_the_client_is_used(app: Flask, path: str) -> None:
    response = app.test_client().get(path, headers={"X-Request-ID": "3f2a-77.b_C"})

    assert response.headers["X-Request-ID"] == "3f2a-77.b_C"


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with blanks in it", "<script>alert(1)</script>", "ünïcödé-id"]
)
def test_a_malformed_request_id_is_replaced(app: Flask, given: str) -> None:
    response = app.test_client().get("/login", headers={"X-Request-ID": given})

    assert response.headers["X-Request-ID"] != given
    assert response.headers["X-Request-ID"].isalnum()


def test_the_page_of_an_error_shows_the_id(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise RuntimeError("broken")

    monkeypatch.setitem(app.view_functions, "status.alive", fail)
    response = app.test_client().get("/healthz")

    assert response.status_code == 500
    assert f"<code>{response.headers['X-Request-ID']}</code>" in response.text


def test_a_job_logs_its_id_and_that_of_the_request_that_enqueued_it(
    app: Flask,
    settings: Settings,
    redis_server: RedisServer,
    logged: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(runtime, "get_app", lambda: app)
    monkeypatch.setattr(health, "check", lambda server_id: log.warning("not healthy"))
    logs.request_id.set("5f0c1c3f9b7d4e21")
    job = queue.check_server(replace(settings, redis_url=redis_server.url), 1)
    logs.request_id.set("another-request")

    with queue.connect(redis_server.url) as connection:
        SimpleWorker(["timetable"], connection=connection).work(burst=True)

    line = f"WARNING releaf.test [request=5f0c1c3f9b7d4e21 job={job}] not healthy"
    assert line in logged()


def test_a_repeated_error_is_logged_three_times_a_minute() -> None:
    now = [0.0]
    damping, formatter = logs.Damping(lambda: now[0]), logs.Redacting("%(message)s")
    lines: list[str] = []

    def report(message: str, level: int = logging.ERROR) -> None:
        record = logging.LogRecord("releaf", level, "", 0, message, None, None)
        if damping.filter(record):
            lines.append(formatter.format(record))

    for second in range(10):
        now[0] = second
        report("down")
        report("information", logging.INFO)
    now[0] = 61
    report("down")
    report("another")

    assert [line for line in lines if line != "information"] == [
        "down",
        "down",
        "down (not logged again for 60 seconds)",
        "down (7 like it were not logged)",
        "another",
    ]
    assert lines.count("information") == 10


def test_the_memory_for_repeated_errors_is_limited() -> None:
    damping = logs.Damping()

    for number in range(5_000):
        record = logging.LogRecord("releaf", logging.ERROR, "", 0, f"{number}", None, None)
        assert damping.filter(record)

    assert len(damping._seen) <= 1_000
