"""The console behind the web server that production runs.

gunicorn makes it: ``tests.bench.served:console()``.
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

from flask import Flask

from tests.environment.processes import until, with_us
from webapp import clock
from webapp import settings as configuration
from webapp.app import create_app

NOW = datetime(2026, 11, 17, 9, 30, tzinfo=UTC)


def console() -> Flask:
    """The console as ``wsgi`` makes it, on the day that the database ends with."""
    clock.now = lambda: NOW
    return create_app(configuration.load())


class Browser(http.client.HTTPConnection):
    """One persistent connection over a local socket, as a browser has."""

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
        response = self.getresponse()
        text = response.read()
        seconds = time.perf_counter() - began
        if response.status != http.client.OK:
            raise RuntimeError(f"{path} answers {response.status}")
        return seconds, text.decode()


@contextmanager
def served(what: str, folder: Path, environment: dict[str, str]) -> Iterator[Browser]:
    """Serve an application (``module:function``) from one process, and connect to it."""
    path, log = folder / "served.sock", folder / "served.log"
    command = with_us(
        "TERM", sys.executable, "-m", "gunicorn", "--bind", f"unix:{path}", "--keep-alive", "60",
        "--worker-class", "gthread", "--workers", "1", "--threads", "8", "--no-control-socket",
        f"{what}()",
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
