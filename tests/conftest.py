"""Fixtures of all tests."""

import gc
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import Session

from tests.database import engine, open_session
from webapp import setting_values
from webapp import settings as configuration
from webapp.app import create_app
from webapp.db import db
from webapp.extensions import babel
from webapp.services import database
from webapp.services.accounts import passwords
from webapp.settings import Settings

pytest_plugins = ("tests.environment",)

# Before factories hash the password of their users: the real parameters take 30 ms a time.
_REAL_HASHER, _REAL_DUMMY_HASH = passwords.hasher, passwords.DUMMY_HASH
passwords.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
passwords.DUMMY_HASH = passwords.hasher.hash("a password that no user has")

# Settings are loaded a thousand times, with few keys: a check of one takes 18 ms.
setting_values.secret_key = cache(setting_values.secret_key)

# How long an example takes depends on what else the machine does.
hypothesis_settings.register_profile(
    "releaf", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("releaf")

#: A closed port; tests that need Redis use ``redis_server``.
NO_REDIS = "redis://127.0.0.1:1/0"

_FOLDERS = {
    "browser": "browser",
    "deploy": "processes",
    "images": "processes",
    "jobs": "processes",
    "soak": "processes",
}
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


def pytest_collection_finish() -> None:
    """Exclude modules and tests from garbage collection, and collect less often.

    It would take a fifth of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture
def translations() -> Iterator[None]:
    """The context of an application that can only translate, in English."""
    app = Flask("webapp")
    babel.init_app(app)
    with app.app_context():
        yield


@pytest.fixture
def real_hasher(monkeypatch: pytest.MonkeyPatch) -> PasswordHasher:
    """Hash with the parameters of the service."""
    monkeypatch.setattr(passwords, "hasher", _REAL_HASHER)
    monkeypatch.setattr(passwords, "DUMMY_HASH", _REAL_DUMMY_HASH)
    return _REAL_HASHER


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


@pytest.fixture(scope="session")
def sqlite_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where each test of this process finds its SQLite database: one engine serves them all.

    An engine stores the statements that it has compiled, which takes most of a test's time.
    """
    path = tmp_path_factory.mktemp("database") / "instance" / "releaf.db"
    path.parent.mkdir(mode=0o700)
    return path


@pytest.fixture
def sqlite_database(sqlite_template: Path, sqlite_path: Path) -> str:
    """The URL of a SQLite database of this test's own, with the schema in it."""
    for left in sqlite_path.parent.iterdir():
        left.unlink()
    shutil.copyfile(sqlite_template, sqlite_path)
    return f"sqlite:///{sqlite_path}"


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database of this test's own: SQLite, or that of ``both_databases``."""
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_database")
    yield url
    engine(url).dispose()


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A session on the database of ``database_url``."""
    with open_session(database_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def common_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of all tests of this process that need no others."""
    instance = tmp_path_factory.mktemp("common") / "instance"
    return configuration.load(
        {
            "RELEAF_INSTANCE": str(instance),
            "DATABASE_URL": f"sqlite:///{instance / 'releaf.db'}",
            "REDIS_URL": NO_REDIS,
        }
    )


@pytest.fixture
def settings(common_settings: Settings, sqlite_template: Path) -> Iterator[Settings]:
    """Settings as a first start makes them, on a new SQLite database, without a Redis."""
    for path in common_settings.instance.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "secrets.env":
            path.unlink()
    shutil.copyfile(sqlite_template, common_settings.instance / "releaf.db")
    yield common_settings
    engine(common_settings.database_url).dispose()


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates that one application of this run compiles serve the others."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session")
def common_app(
    common_settings: Settings,
    sqlite_template: Path,
    compiled_templates: FileSystemBytecodeCache,
) -> Flask:
    """The application of ``common_settings``, created once, without rate limits."""
    shutil.copyfile(sqlite_template, common_settings.instance / "releaf.db")
    made = create_app(common_settings)
    made.jinja_env.bytecode_cache = compiled_templates
    for limiter in made.extensions["limiter"]:
        limiter.enabled = False
    return made


@pytest.fixture
def public_app(common_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The context of an application at https://releaf.example, which emails have links to."""
    public = replace(common_app.config["RELEAF"], public_url="https://releaf.example")
    monkeypatch.setitem(common_app.config, "RELEAF", public)
    with common_app.app_context():
        yield common_app


@pytest.fixture
def app(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Flask]:
    """The application, as ``wsgi`` creates it; a new one for tests with other services."""
    common: Settings = request.getfixturevalue("common_settings")
    if replace(settings, printerpoint_url=common.printerpoint_url) != common:
        yield request.getfixturevalue("own_app")
        return
    made: Flask = request.getfixturevalue("common_app")
    config = dict(made.config)
    made.config["RELEAF"] = settings
    yield made
    made.config.clear()
    made.config.update(config)
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def own_app(settings: Settings, compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    """An application that this test may change; it limits attempts, as the common one does not."""
    made = create_app(settings)
    made.jinja_env.bytecode_cache = compiled_templates
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without JavaScript, not logged in."""
    return app.test_client()
