"""The load: users who read pages and request collections, and printers that print."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import requests

from tests.factories import PASSWORD
from tests.jobs.browser import Browser
from webapp.printerpoint.sandbox import Sandbox

PAGES = ("/", "/feeds", "/devices", "/collections", "/servers")
_PAUSE_SECONDS = 0.1
_BETWEEN_COLLECTIONS_SECONDS = 1.0


class Load:
    """Counts the requests of all users, and those that failed: no response, or 500 and above."""

    def __init__(self, url: str, printerpoint: Sandbox, users: dict[int, str]) -> None:
        self.requests = 0
        self.failed = 0
        self._url = url
        self._printerpoint = printerpoint
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        tasks: list[Callable[[], None]] = [self._print]
        for server_id, email in users.items():
            tasks.append(partial(self._read, email))
            tasks.append(partial(self._collect, server_id, email))
        self._threads = [threading.Thread(target=task, daemon=True) for task in tasks]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, when all have got their response."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _browser(self, email: str) -> Browser:
        browser = Browser(self._url)
        browser.sends("/login", email=email, password=PASSWORD)
        return browser

    def _read(self, email: str) -> None:
        browser = self._browser(email)
        while not self._stopped.wait(_PAUSE_SECONDS):
            for page in PAGES:
                self._count(partial(browser.opens, page))
            browser.seen.clear()

    def _collect(self, server_id: int, email: str) -> None:
        browser = self._browser(email)
        path = f"/servers/{server_id}"
        while not self._stopped.wait(_BETWEEN_COLLECTIONS_SECONDS):
            self._count(lambda: browser.sends(f"{path}/collect", form=path))
            browser.seen.clear()

    def _count(self, send: Callable[[], requests.Response]) -> None:
        try:
            ok = send().status_code < 500
        except (requests.RequestException, AssertionError):  # a page of an error has no form
            ok = False
        with self._lock:
            self.requests += 1
            self.failed += not ok

    def _print(self) -> None:
        chance = random.Random(1)  # the same pages at every run
        printers = [machine.serial or "" for machine in self._printerpoint.data.machines.values()]
        while not self._stopped.wait(_PAUSE_SECONDS):
            self._printerpoint.print_pages(chance.choice(printers), chance.randint(1, 3))


@contextmanager
def running_load(url: str, printerpoint: Sandbox, users: dict[int, str]) -> Iterator[Load]:
    """Run the load. ``users``: the email address of each server's administrator."""
    load = Load(url, printerpoint, users)
    load.start()
    try:
        yield load
    finally:
        load.stop()
