"""The world of a night."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.nights import World, config, make_world, sandbox
from webapp.printerpoint.sandbox import Sandbox
from webapp.settings import Settings

__all__ = ["config", "sandbox", "world"]


@pytest.fixture
def world(request: pytest.FixtureRequest, config: Settings, sandbox: Sandbox) -> Iterator[World]:
    """A partner with a server; on SQLite, or as ``both_databases`` asks."""
    if getattr(request, "param", "sqlite") == "postgresql":
        url = str(request.getfixturevalue("postgresql_database"))
        config = replace(config, database_url=url)
    world = make_world(config, sandbox)
    yield world
    world.ends()
