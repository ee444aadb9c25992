"""A throw-away PostgreSQL, and a new database for each test that uses it."""

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.database import engine
from tests.environment.processes import until, with_us

INITDB_OPTIONS = (
    "--username=releaf", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
)  # fmt: skip
OPTIONS = (
    "listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off",
    "max_connections=200", "timezone=UTC",
)  # fmt: skip


class NoPostgreSQL(Exception):
    """This machine has no PostgreSQL server."""


@dataclass(slots=True)
class PostgreSQLServer:
    """A PostgreSQL of this run in a folder of its own, over a unix socket; superuser ``releaf``."""

    folder: Path
    #: Options besides ``OPTIONS``, which win over those.
    options: tuple[str, ...] = ()
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL of its database ``postgres``."""
        return f"postgresql+psycopg://releaf@/postgres?host={self.folder}"

    def start(self) -> None:
        """Start, with what was in it, or do nothing when it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        command = with_us("INT", _programs() / "postgres", "-D", self.folder / "data")
        for option in (*OPTIONS, *self.options, f"unix_socket_directories={self.folder}"):
            command += ["-c", option]
        log = self.folder / "log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=output, **_surroundings(self.folder)
            )
        until(lambda: _answers(self.url), self._process, log)

    def ends(self, number: signal.Signals = signal.SIGINT) -> None:
        """End it; with SIGQUIT as a crash would, in the middle of what it does."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait()

    def restart(self) -> None:
        """Crash and start again; what was committed is there again."""
        self.ends(signal.SIGQUIT)
        self.start()


@contextmanager
def running_server(*options: str, parent: Path | None = None) -> Iterator[PostgreSQLServer]:
    """Run an empty PostgreSQL in a folder of ``parent``. Raises NoPostgreSQL: what to install."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="releaf-pg-", dir=parent))
    if _is_root():
        shutil.chown(folder, "postgres", "postgres")
    initdb = [str(programs / "initdb"), "-D", str(folder / "data"), *INITDB_OPTIONS]
    subprocess.run(initdb, check=True, capture_output=True, **_surroundings(folder))
    server = PostgreSQLServer(folder, options)
    try:
        server.start()
        yield server
    finally:
        server.ends()
        shutil.rmtree(folder)


@contextmanager
def running_postgresql() -> Iterator[str]:
    """Run an empty PostgreSQL; yields the URL of its database ``postgres``.

    Raises NoPostgreSQL, with what to install.
    """
    with running_server() as server:
        yield server.url


def _is_root() -> bool:
    """PostgreSQL refuses to run as root."""
    return os.geteuid() == 0


def _surroundings(folder: Path) -> dict[str, Any]:
    account = {"user": "postgres", "group": "postgres", "extra_groups": []}
    return {"cwd": folder, "stdin": subprocess.DEVNULL, **(account if _is_root() else {})}


def _programs() -> Path:
    """The folder of the newest PostgreSQL's programs, as Debian lays them."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: float(path.parent.parent.name),
    )
    if not found:
        raise NoPostgreSQL("needs PostgreSQL: apt-get install postgresql")
    return found[-1].parent


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The URL of the database ``postgres`` of this run's own PostgreSQL."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(running_postgresql())
        except NoPostgreSQL as error:
            pytest.skip(str(error))
        yield url


def _connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True)


def _answers(url: str) -> bool:
    try:
        _connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(scope="session")
def prepare_database() -> Callable[[str], None]:
    """Fills the template of all test databases, given its URL. Overridden in conftest."""
    return lambda url: None


@pytest.fixture(scope="session")
def postgresql_template(postgresql_url: str, prepare_database: Callable[[str], None]) -> str:
    """The name of the database that test databases are copied from, with the schema in it.

    ``prepare_database`` must have closed its connections when it returns.
    """
    with _connect(postgresql_url) as connection:
        connection.execute("CREATE DATABASE template_releaf")
    prepare_database(postgresql_url.replace("/postgres?", "/template_releaf?"))
    return "template_releaf"


@pytest.fixture
def postgresql_database(postgresql_url: str, postgresql_template: str) -> Iterator[str]:
    """The URL of a database of this test's own, as ``prepare_database`` left it."""
    name = f"test_{secrets.token_hex(6)}"
    with _connect(postgresql_url) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(postgresql_template)
            )
        )
        url = postgresql_url.replace("/postgres?", f"/{name}?")
        yield url
        engine(url).dispose()
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
