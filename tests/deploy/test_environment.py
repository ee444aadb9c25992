"""The services and programs of the tests are real ones."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from tests.environment.loopback import OutsideConnection
from tests.environment.redis_server import AT_ONCE, RedisServer
from tests.jobs.processes import eventually

ROOT = Path(__file__).resolve().parents[2]


def _plain(url: str) -> str:
    return url.replace("+psycopg", "", 1)


@pytest.mark.parametrize("test", ["first", "second"])
def test_each_test_finds_its_postgresql_database_as_prepared(
    postgresql_database: str, test: str
) -> None:
    with psycopg.connect(_plain(postgresql_database)) as connection:
        connection.execute("CREATE TABLE only_here (test text)")
        connection.execute("INSERT INTO only_here VALUES (%s)", (test,))
        rows = connection.execute("SELECT test FROM only_here").fetchall()

    assert rows == [(test,)]


def test_the_queue_survives_a_crash_of_redis(redis_server: RedisServer) -> None:
    with redis.Redis.from_url(redis_server.url) as connection:
        connection.rpush("queue", "monday", "tuesday")
        # On a busy disk the log is written up to two seconds later, as "everysec" says.
        eventually(lambda: connection.info("persistence")["aof_buffer_length"] == 0)

    redis_server.kill()
    redis_server.restart()

    with redis.Redis.from_url(redis_server.url) as connection:
        assert connection.lrange("queue", 0, -1) == [b"monday", b"tuesday"]


def test_redis_requires_its_password_which_is_not_on_the_command_line(
    redis_server: RedisServer,
) -> None:
    without_password = redis.Redis(port=redis_server.port, retry=AT_ONCE)
    with without_password, pytest.raises(redis.AuthenticationError):
        without_password.ping()

    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [line for line in commands if redis_server.password.encode() in line]
    assert (redis_server.folder / "valkey.conf").stat().st_mode & 0o077 == 0


def test_redis_is_empty_again_for_the_next_test(redis_server: RedisServer) -> None:
    with redis.Redis.from_url(redis_server.url) as connection:
        assert connection.dbsize() == 0


def test_tests_cannot_reach_beyond_loopback() -> None:
    with socket.socket() as wire, pytest.raises(OutsideConnection):
        wire.connect(("192.0.2.1", 443))
    with pytest.raises(OutsideConnection):
        socket.getaddrinfo("printerpoint.com", 443)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nobody.invalid", 443)


def test_chromium_and_faketime_are_where_the_fixtures_find_them(
    chromium_path: Path, faketime_library: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import datetime; print(datetime.date.today())"],
        env={"LD_PRELOAD": str(faketime_library), "FAKETIME": "@2026-12-01 12:00:00"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "2026-12-01\n"
    assert os.access(chromium_path, os.X_OK)


@pytest.fixture
def skipping_run(tmp_path: Path) -> Callable[[dict[str, str]], subprocess.CompletedProcess[str]]:
    """Run pytest over one test that passes and one that needs what no machine has."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ("tests.environment.skips",)\n')
    (tmp_path / "test_some.py").write_text(
        "import pytest\n"
        "def test_that_runs(): pass\n"
        "def test_that_cannot(): pytest.skip('needs a typewriter: buy one')\n"
    )

    def run(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
        surroundings = {name: text for name, text in os.environ.items() if name != "CI"}
        surroundings["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        return subprocess.run(
            [*command, "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path)],
            cwd=ROOT,
            env=surroundings | environ,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_skipped_tests_are_listed_last_and_fail_on_ci_only(
    skipping_run: Callable[[dict[str, str]], subprocess.CompletedProcess[str]],
) -> None:
    at_home = skipping_run({})
    on_ci = skipping_run({"CI": "true"})

    assert (at_home.returncode, on_ci.returncode) == (0, 1)
    for outcome in (at_home, on_ci):
        reason, name = outcome.stdout.splitlines()[-2:]
        assert reason == "  needs a typewriter: buy one"
        assert name.endswith("test_that_cannot")
