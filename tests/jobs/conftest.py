"""A partner and its server (World), with a queue."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from redis import Redis

from tests.environment.redis_server import RedisServer
from tests.jobs.processes import zone_at_noon
from tests.world import World, config, make_world, sandbox
from webapp import queue
from webapp.printerpoint.sandbox import Sandbox
from webapp.settings import Settings

__all__ = ["config", "sandbox", "world"]


@pytest.fixture
def world(config: Settings, sandbox: Sandbox, redis_server: RedisServer) -> Iterator[World]:
    """A partner where it is noon, on SQLite, with a real Redis-compatible server."""
    world = make_world(replace(config, redis_url=redis_server.url), sandbox, zone_at_noon())
    yield world
    world.close()


@pytest.fixture
def redis_connection(redis_server: RedisServer) -> Iterator[Redis]:
    """A connection to the empty queue."""
    with queue.connect(redis_server.url) as connection:
        yield connection
