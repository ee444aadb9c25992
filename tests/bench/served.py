"""The console and a bare route of Flask, each behind the web server that production runs.

gunicorn makes them: ``tests.bench.served:console()`` and ``tests.bench.served:bare()``.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask, render_template, request
from jinja2 import DictLoader

from tests.environment.processes import until, with_us
from webapp import clock
from webapp import settings as configuration
from webapp.app import create_app

NOW = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)
_ROWS = (
    "<!DOCTYPE html><html lang='en'><head><title>Rows</title></head><body><table>"
    "{% for a, b, c, d, e, f in rows %}<tr><th scope='row'><a href='/feeds/{{ f }}'>{{ a }}</a>"
    "</th><td>{{ b }}</td><td>{{ c }}</td><td>{{ d }}</td><td>{{ e }}</td><td>{{ f }}</td></tr>"
    "{% endfor %}</table></body></html>"
)


def console() -> Flask:
    """The console as ``wsgi`` makes it, on the day that the database ends with."""
    clock.now = lambda: NOW
    return create_app(configuration.load())


def bare() -> Flask:
    """A route that renders rows from memory; its template is compiled once, as all of ours are."""
    app = Flask("bare")
    app.jinja_loader = DictLoader({"rows.html": _ROWS})
    rows = [(f"Customer {n}", f"Account {n}", "Healthy", "yesterday", 20, n) for n in range(500)]

    @app.get("/")
    def index() -> str:
        return render_template("rows.html", rows=rows[: request.args.get("rows", 0, type=int)])

    return app


class Browser(http.client.HTTPConnection):
    """One connection over a socket of this machine, kept open as a browser keeps it."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=60)
        self._path = path

    def connect(self) -> None:
        """Open the connection."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))

    def get(self, path: str, cookie: str = "") -> tuple[float, str]:
        """Seconds until all of the answer is here, and its text. Raises where it is not 200."""
        began = time.perf_counter()
        self.request("GET", path, headers={"Cookie": cookie})
        answer = self.getresponse()
        text = answer.read()
        seconds = time.perf_counter() - began
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path} answers {answer.status}")
        return seconds, text.decode()


@contextmanager
def served(what: str, folder: Path, environment: dict[str, str]) -> Iterator[Browser]:
    """Serve ``console`` or ``bare`` from one process, and connect to it."""
    path, log = folder / f"{what}.sock", folder / f"{what}.log"
    command = with_us(
        "TERM", sys.executable, "-m", "gunicorn", "--bind", f"unix:{path}", "--keep-alive", "60",
        "--worker-class", "gthread", "--workers", "1", "--threads", "8", "--no-control-socket",
        f"{__name__}:{what}()",
    )  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=output, stderr=output
        )
    browser = Browser(path)
    try:
        until(lambda: _listens(path), process, log)
        yield browser
    finally:
        browser.close()
        process.terminate()
        process.wait()


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
