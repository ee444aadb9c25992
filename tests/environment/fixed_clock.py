"""The clock of tests whose result depends on the date."""

from datetime import datetime

import pytest

from tests.factories import NOW
from webapp import clock


@pytest.fixture
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The time of the factories: the middle of a month in every time zone."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return NOW
