"""A sandbox for every test, and a client that does not really wait."""

from collections.abc import Callable, Iterator

import pytest

from tests.printerpoint.fake_clock import FakeClock
from webapp.printerpoint.client import Client, RequestLimits
from webapp.printerpoint.sandbox import Sandbox


@pytest.fixture
def printerpoint() -> Iterator[Sandbox]:
    """A Printerpoint on loopback, five printers a page."""
    with Sandbox(tokens=["canary-7f3a9c"], page_size=5) as sandbox:
        yield sandbox


@pytest.fixture
def fake_clock() -> FakeClock:
    """A clock that only pauses move."""
    return FakeClock()


@pytest.fixture
def client_with(printerpoint: Sandbox, fake_clock: FakeClock) -> Callable[[RequestLimits], Client]:
    """Makes a client of the sandbox within limits."""

    def make(limits: RequestLimits) -> Client:
        return Client(
            printerpoint.url,
            printerpoint.token,
            limits=limits,
            sleep=fake_clock.sleep,
            monotonic=fake_clock.monotonic,
        )

    return make


@pytest.fixture
def client(client_with: Callable[[RequestLimits], Client]) -> Client:
    """A client of the sandbox with limits for tests."""
    return client_with(RequestLimits(read_seconds=5, total_seconds=10))
