"""Processes at their start: invalid settings, databases and servers that do not respond."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from tests.environment.redis_server import RedisServer
from tests.jobs.processes import eventually, running
from webapp import app as application
from webapp import queue
from webapp import settings as configuration
from webapp.services import database
from webapp.settings import ROOT, Settings

JOBS = (("-m", "jobs.worker"), ("-m", "jobs.schedule"))
WEB = ("-c", "import wsgi")
COMMANDS = ("-m", "flask", "--app", "wsgi", "list", "accounts")


def _ended(process: tuple[str, ...], **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a process of the service until it exits."""
    return subprocess.run(
        [sys.executable, *process],
        cwd=ROOT,
        # Commands of other tests leave this variable in the environment.
        env={**os.environ, "FLASK_RUN_FROM_CLI": "false", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.mark.parametrize(
    "process", [*JOBS, ("-m", "gunicorn", "--preload", "--bind", "127.0.0.1:0", "wsgi:app")]
)
def test_an_invalid_setting_stops_a_process_with_one_line(
    tmp_path: Path, process: tuple[str, ...]
) -> None:
    done = _ended(process, RELEAF_INSTANCE=str(tmp_path), LOG_LEVEL="LOUD")

    assert done.returncode == 1
    assert done.stderr == "releaf: LOG_LEVEL: 'LOUD' is not one of DEBUG, INFO, WARNING, ERROR\n"


def test_pages_do_not_wait_while_the_whole_application_is_searched_for_garbage(
    tmp_path: Path,
) -> None:
    words = "import gc, wsgi; print(len(gc.get_objects()), gc.get_freeze_count())"
    done = subprocess.run(
        [sys.executable, "-c", words],
        cwd=ROOT,
        env={**os.environ, "RELEAF_INSTANCE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    searched, stored = map(int, done.stdout.split())
    assert searched < 1_000
    assert stored > 100_000


@pytest.mark.parametrize("process", [*JOBS, WEB, COMMANDS])
def test_a_database_that_cannot_be_used_stops_a_process_with_one_line(
    tmp_path: Path, process: tuple[str, ...]
) -> None:
    url = "postgresql://releaf:secret-word@127.0.0.1:1/releaf"

    done = _ended(process, RELEAF_INSTANCE=str(tmp_path), DATABASE_URL=url)

    assert done.returncode == 1
    assert re.fullmatch(
        r"releaf: DATABASE_URL: the database cannot be used: .*refused.*\n", done.stderr
    )
    assert "secret-word" not in done.stderr


def test_an_unknown_option_in_the_database_url_is_reported_in_one_line(settings: Settings) -> None:
    url = "postgresql+psycopg://releaf:secret-word@127.0.0.1/releaf?nonsense=1"

    with pytest.raises(SystemExit) as stopped:
        application.start(replace(settings, database_url=url))

    assert stopped.value.code == (
        'releaf: DATABASE_URL: the database cannot be used: invalid connection option "nonsense"'
    )


@pytest.mark.parametrize("process", JOBS)
def test_a_refused_password_of_redis_stops_a_process_with_one_line(
    config: Settings, redis_server: RedisServer, process: tuple[str, ...]
) -> None:
    url = redis_server.url.replace(redis_server.password, "wrong-password")

    done = _ended(process, RELEAF_INSTANCE=str(config.instance), REDIS_URL=url)

    assert done.returncode == 1
    assert done.stderr == "releaf: REDIS_URL: the server refuses the password\n"


def test_a_process_waits_for_the_upgrade_of_its_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings = configuration.load({"RELEAF_INSTANCE": str(tmp_path)})
    _downgrade(settings, "0011_session_version")
    waits: list[float] = []

    def upgrade_after_two_minutes(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            database.upgrade(settings.database_url)

    monkeypatch.setattr(time, "sleep", upgrade_after_two_minutes)
    app = application.start(settings)

    assert app.config["RELEAF"] is settings
    assert waits == [60, 60]
    assert [record.getMessage() for record in caplog.records if record.name == "releaf"] == [
        "DATABASE_URL: the database is of an earlier version; run: releaf database upgrade; "
        "waiting for it"
    ] * 2


def _downgrade(settings: Settings, revision: str) -> None:
    """Create the schema of an earlier revision."""
    database.upgrade(settings.database_url)
    config = Config()
    config.set_main_option("script_location", str(ROOT / "webapp" / "migrations"))
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
    engine.dispose()


@pytest.mark.parametrize("module", ["jobs.worker", "jobs.schedule"])
def test_jobs_wait_for_redis_and_stop_at_once(
    config: Settings, tmp_path: Path, redis_server: RedisServer, module: str
) -> None:
    output = tmp_path / "output"
    with running(replace(config, redis_url=redis_server.url), module, output=output) as process:
        for _ in range(2):
            redis_server.kill()
            eventually(lambda: _waits(output))
            redis_server.lose_data()  # with the record of the process
            redis_server.start()
            eventually(lambda: _at_work(redis_server))
            output.write_text("")
        redis_server.kill()
        eventually(lambda: _waits(output))
        process.terminate()
        process.wait(60)

    assert process.returncode in (0, -signal.SIGTERM), output.read_text()


def _waits(output: Path) -> bool:
    """Whether the process waits for Redis, in our loop or in RQ's."""
    return any(words in output.read_text() for words in ("waiting for it", "retrying"))


def _at_work(redis_server: RedisServer) -> bool:
    """Whether a worker or a scheduler is registered."""
    with queue.connect(redis_server.url) as connection:
        keys = connection.keys("rq:worker:*") + connection.keys("rq:scheduler_instance:*")
    return bool(keys)
