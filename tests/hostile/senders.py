"""Send requests in this process, or through gunicorn; report statuses and times.

A request above the limit is sent three times more, and is reported if each of them is above it too:
other processes of the machine delay single requests of any kind.
"""

import contextlib
import http.client
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient

from tests.bench.served import Browser, served
from tests.hostile import application
from tests.hostile.application import CopyDatabase, Tenant
from tests.hostile.requests import ANONYMOUS, Request, chosen

#: Requests to one copy of a database: some of them change it.
CHUNK = 1_000
LIMIT_SECONDS = 2.0
REPETITIONS = 3
_ORIGIN = {"Origin": "http://localhost"}


@dataclass(slots=True)
class Report:
    """Statuses, failed requests (status 500 and above, but 503) and requests above the limit."""

    statuses: Counter[int] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    delayed: list[Request] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def add(self, request: Request, status: int, seconds: float) -> None:
        """Add the answer to a request."""
        self.statuses[status] += 1
        self.slowest = max(self.slowest, seconds)
        if status >= 500 and status != 503:  # 503: Printerpoint is not reachable
            self.failed.append(f"{status} {request}")
        if seconds > LIMIT_SECONDS:
            self.delayed.append(request)

    def repeat(self, send: Callable[[Request], tuple[int, float]]) -> None:
        """Send again what was above the limit; what is each time above it is slow."""
        for request in self.delayed:
            seconds = min(send(request)[1] for _ in range(REPETITIONS))
            if seconds > LIMIT_SECONDS:
                self.slow.append(f"{seconds:.1f} s {request}")


def in_process(
    tenant: Tenant,
    copy: CopyDatabase,
    folder: Path,
    redis_url: str,
    number: int,
    seed: int,
    progress: Callable[[int], None] = lambda sent: None,
) -> Report:
    """Send requests to the application in this process, in chunks with a new database each."""
    report = Report()
    for start in range(0, number, CHUNK):
        variables = application.environment(folder, copy(), redis_url)
        with application.running(variables) as app:
            size = min(CHUNK, number - start)
            for request in chosen(app, tenant.arguments, size, seed + start):
                report.add(request, *_opened(app, tenant, request))
        progress(start + size)
    with application.running(application.environment(folder, copy(), redis_url)) as app:
        report.repeat(lambda request: _opened(app, tenant, request))
    return report


def _opened(app: Flask, tenant: Tenant, request: Request) -> tuple[int, float]:
    """Send a request to the application; return the status and the seconds it took."""
    client = app.test_client()
    if request.role != ANONYMOUS:
        with client.session_transaction() as session:
            session["_user_id"] = tenant.tokens[request.role]
    began = time.perf_counter()
    response = client.open(
        request.path,
        method=request.method,
        query_string=request.query,
        data=request.form if request.method == "POST" else None,
        headers=_headers(request),
        buffered=True,
    )
    return response.status_code, time.perf_counter() - began


def through_gunicorn(
    tenant: Tenant, copy: CopyDatabase, folder: Path, redis_url: str, number: int, seed: int
) -> Report:
    """Send requests to gunicorn, as production runs it, over a socket."""
    report = Report()
    variables = application.environment(folder, copy(), redis_url)
    with application.running(variables) as app:
        requests = chosen(app, tenant.arguments, number, seed)
        cookies = {role: _cookie(app.test_client(), token) for role, token in tenant.tokens.items()}
    with served("tests.hostile.application:application", folder, variables) as browser:
        _status(browser, "GET", "/healthz", None, {})  # once the application has started

        def timed(request: Request) -> tuple[int, float]:
            began = time.perf_counter()
            status = _sent(browser, request, cookies.get(request.role, ""))
            return status, time.perf_counter() - began

        for request in requests:
            report.add(request, *timed(request))
        report.repeat(timed)
    return report


def _headers(request: Request) -> dict[str, str]:
    """Return the headers: those that the console's pages send, replaced by those of the request."""
    return {**({} if "Referer" in request.headers else _ORIGIN), **request.headers}


def _cookie(client: FlaskClient, token: str) -> str:
    """Return the cookie of a session that is logged in."""
    with client.session_transaction() as session:
        session["_user_id"] = token
    cookie = client.get_cookie(client.application.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return f"{cookie.key}={cookie.value}"


def _sent(browser: Browser, request: Request, cookie: str) -> int:
    """Send a request; return the status. A connection that was closed is opened again once."""
    path = f"{request.path}?{urlencode(request.query)}" if request.query else request.path
    headers = {"Cookie": cookie, **_headers(request)}
    body = None
    if request.method == "POST":
        body = urlencode(request.form)
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    try:
        return _status(browser, request.method, path, body, headers)
    except (http.client.HTTPException, ConnectionError):
        browser.close()
        return _status(browser, request.method, path, body, headers)


def _status(
    browser: Browser, method: str, path: str, body: str | None, headers: dict[str, str]
) -> int:
    # A request that is too large is answered before all of it is sent.
    with contextlib.suppress(BrokenPipeError):
        browser.request(method, path, body, headers)
    response = browser.getresponse()
    response.read()
    if response.will_close:
        browser.close()
    return response.status
