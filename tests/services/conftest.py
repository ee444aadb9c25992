"""A partner with a server (World), and databases."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from tests.services.dealer import Dealer
from tests.world import World, config, make_world, sandbox
from webapp.printerpoint.sandbox import Sandbox
from webapp.settings import Settings

__all__ = ["config", "sandbox", "world"]


@pytest.fixture
def world(
    request: pytest.FixtureRequest, app: Flask, settings: Settings, sandbox: Sandbox
) -> Iterator[World]:
    """A partner with a server; on SQLite, or that of ``both_databases``."""
    settings = replace(settings, printerpoint_url=sandbox.url)
    if getattr(request, "param", "sqlite") == "postgresql":
        url = str(request.getfixturevalue("postgresql_database"))
        world = make_world(replace(settings, database_url=url), sandbox)
    else:
        app.config["RELEAF"] = settings
        world = make_world(settings, sandbox, app=app)
    yield world
    world.close()


@pytest.fixture
def dealer(database_url: str, translations: None) -> Dealer:
    """A dealer without customers."""
    return Dealer(database_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'releaf.db'}"
        return
    url: str = request.getfixturevalue("postgresql_database")
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop schema public cascade")
        connection.exec_driver_sql("create schema public")
    yield url
