"""The command line as an operator has it: in this process, or as a process on another day."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy.orm import Session

from tests.database import open_session
from webapp import app as application
from webapp import settings as configuration
from webapp.app import create_app
from webapp.cli import context
from webapp.cli import releaf as commands
from webapp.db import db
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.database import make_ready
from webapp.settings import ROOT, Settings


@dataclass(frozen=True, slots=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str
    raw: bytes = b""

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def error(self) -> tuple[str | None, str]:
        """Field and message of an error as JSON."""
        error = self.json["error"]
        assert set(error) == {"field", "message"}
        return error["field"], error["message"]


@dataclass
class Releaf:
    """``releaf("account", "add", "Northwind")``: the commands on an instance.

    ``shared_app``: returns the application for settings, or None where they need their own.
    """

    surroundings: dict[str, str]
    faketime: Path | None = None
    now: str = ""
    apps: dict[str, Flask] = field(default_factory=dict)
    shared_app: Callable[[Settings], Flask | None] = lambda settings: None

    def __call__(self, *arguments: object, stdin: str = "") -> Result:
        """Run a command in this process."""
        result = CliRunner().invoke(
            commands,
            [str(word) for word in arguments],
            input=stdin,
            env=self.surroundings,
            obj=ScriptInfo(create_app=self._app, set_debug_flag=False),
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Result(result.exit_code, result.stdout, result.stderr, result.stdout_bytes)

    def made(self, *arguments: object, stdin: str = "") -> Any:
        """Run a command with ``--json`` that must succeed; returns its document."""
        answer = self(*arguments, "--json", stdin=stdin)
        assert answer.code == 0, answer
        return answer.json

    def process(self, *arguments: object, stdin: str = "") -> Result:
        """Run a command as a process, at the time set by ``set_time``."""
        done = subprocess.run(
            [sys.executable, "-m", "webapp.cli", *map(str, arguments)],
            cwd=ROOT,
            env=self._environ(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    def _app(self) -> Flask:
        """The application of a command: the same for all with the same settings, to be quick."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(application, "create_app", self._create_app)
            return context.create_app()

    def _create_app(self) -> Flask:
        settings = configuration.load()
        shared = self.shared_app(settings)
        if shared is not None:
            return shared
        key = json.dumps(self.surroundings, sort_keys=True)
        if key not in self.apps:
            self.apps[key] = create_app(settings)
        return self.apps[key]

    def restart(self) -> None:
        """Let the next command create the application and open the database again."""
        self.close()
        self.apps.clear()
        make_ready.cache_clear()

    def close(self) -> None:
        """Close all connections."""
        for app in self.apps.values():
            with app.app_context():
                db.engine.dispose()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session on the instance's database; commits at its end."""
        config = configuration.load(self.surroundings)
        make_ready(config.database_url)
        with open_session(config.database_url) as session:
            yield session
            session.commit()

    def set_time(self, moment: str) -> None:
        """Set the time of processes, in UTC."""
        self.now = moment

    def _environ(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        environ = inherited | self.surroundings | {"TZ": "UTC"}
        if self.now:
            environ |= {
                "LD_PRELOAD": str(self.faketime),
                "FAKETIME": f"@{self.now}",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        return environ


@pytest.fixture
def printerpoint() -> Iterator[Sandbox]:
    """A real sandbox with one dealer."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def releaf(
    settings: Settings, common_app: Flask, common_settings: Settings, printerpoint: Sandbox
) -> Iterator[Releaf]:
    """The commands on an instance whose database has the schema; no Redis runs."""

    def shared_app(wanted: Settings) -> Flask | None:
        usual = replace(
            wanted,
            encryption_keys=common_settings.encryption_keys,
            printerpoint_url=common_settings.printerpoint_url,
            public_url=common_settings.public_url,
        )
        if usual != common_settings:
            return None
        common_app.config["RELEAF"] = wanted
        return common_app

    services = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    releaf = Releaf(
        _surroundings(settings.instance, printerpoint) | services, shared_app=shared_app
    )
    yield releaf
    releaf.close()
    common_app.config["RELEAF"] = common_settings
    with common_app.app_context():
        db.engine.dispose()


@pytest.fixture
def new_instance(tmp_path: Path, printerpoint: Sandbox) -> Iterator[Releaf]:
    """The commands on an instance of this test's own that has no files yet."""
    releaf = Releaf(_surroundings(tmp_path / "instance", printerpoint))
    yield releaf
    releaf.close()


@pytest.fixture
def own_instance(new_instance: Releaf, sqlite_template: Path) -> Releaf:
    """The commands on an instance of this test's own whose database has the schema."""
    instance = Path(new_instance.surroundings["RELEAF_INSTANCE"])
    instance.mkdir(mode=0o700)
    shutil.copyfile(sqlite_template, instance / "releaf.db")
    return new_instance


def _surroundings(instance: Path, printerpoint: Sandbox) -> dict[str, str]:
    return {
        "RELEAF_INSTANCE": str(instance),
        "PRINTERPOINT_URL": printerpoint.url,
        "PUBLIC_URL": "https://trees.example.com",
        "RELEAF_ENV": "development",
    }


@pytest.fixture
def northwind(releaf: Releaf, printerpoint: Sandbox) -> Releaf:
    """An instance with the partner Northwind (account 1) and its server 1; no customers."""
    releaf.made("account", "add", "Northwind", "--time-zone", "America/New_York")
    releaf.made("server", "add", "--account", "Northwind", stdin=printerpoint.token)
    return releaf
