"""The world of a night, on both databases."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.nights import World, config, make_world, sandbox
from webapp.db import engine
from webapp.printerpoint.fake import Sandbox
from webapp.settings import Settings

__all__ = ["config", "sandbox", "world"]


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, config: Settings, sandbox: Sandbox) -> Iterator[World]:
    """A partner with a server, on SQLite and again on PostgreSQL."""
    if request.param == "postgresql":
        url = str(request.getfixturevalue("postgresql_database"))
        config = replace(config, database_url=url)
    yield make_world(config, sandbox)
    engine(config.database_url).dispose()
