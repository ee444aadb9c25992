"""What every test may ask for."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from webapp import settings as configuration
from webapp.app import create_app
from webapp.db import db, engine, open_session
from webapp.services import database
from webapp.settings import Settings

pytest_plugins = ("tests.environment",)

#: Nobody listens there: who needs a real one asks for ``redis_server``.
NO_REDIS = "redis://127.0.0.1:1/0"

_FOLDERS = {"browser": "browser", "deploy": "processes", "jobs": "processes", "soak": "processes"}
_FIXTURES = {
    "chromium_path": "browser",
    "postgresql_url": "postgresql",
    "redis_of_the_run": "processes",
    "faketime_library": "processes",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is marked ``both_databases`` on SQLite and again on PostgreSQL."""
    if metafunc.definition.get_closest_marker("both_databases") is None:
        return
    for fixture in {"database_url", "world"} & set(metafunc.fixturenames):
        metafunc.parametrize(fixture, ["sqlite", "postgresql"], indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by what they need, so that ``make test-fast`` can leave them out."""
    for item in items:
        assert isinstance(item, pytest.Function)
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        needs = {_FIXTURES[name] for name in item.fixturenames if name in _FIXTURES}
        needs |= {_FOLDERS[folder]} if folder in _FOLDERS else set()
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        needs |= {"postgresql"} if "postgresql" in parameters else set()
        for need in sorted(needs):
            item.add_marker(need)


@pytest.fixture(scope="session")
def prepare_database() -> Callable[[str], None]:
    """Fills the databases that tests get copies of."""

    def upgrade(url: str) -> None:
        database.upgrade(url)

    return upgrade


@pytest.fixture(scope="session")
def sqlite_template(
    tmp_path_factory: pytest.TempPathFactory, prepare_database: Callable[[str], None]
) -> Path:
    """A SQLite database with the schema in it."""
    path = tmp_path_factory.mktemp("template") / "releaf.db"
    prepare_database(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a SQLite database of this test's own, with the schema in it."""
    path = tmp_path / "instance" / "releaf.db"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database of this test's own: SQLite, or as ``both_databases`` asks."""
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_database")
    yield url
    engine(url).dispose()


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A session on the database of ``database_url``."""
    with open_session(database_url) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path, sqlite_database: str) -> Iterator[Settings]:
    """Settings as a first start makes them, on SQLite, without a Redis."""
    instance = str(tmp_path / "instance")
    yield configuration.load(
        {"RELEAF_INSTANCE": instance, "DATABASE_URL": sqlite_database, "REDIS_URL": NO_REDIS}
    )
    engine(sqlite_database).dispose()


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application, as ``wsgi`` makes it."""
    made = create_app(settings)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript, that nobody has logged in with."""
    return app.test_client()
