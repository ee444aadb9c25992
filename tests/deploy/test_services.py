"""``make run`` and ``make demo``: all processes start and stop, and a failed start is explained."""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def start(what: str, instance: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start the services in surroundings that must refuse to."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.services", what],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "RELEAF_INSTANCE": str(instance), **variables},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def free_port() -> int:
    """A closed port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port at which another program listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


@pytest.mark.parametrize("what", ["run", "demo", "dev"])
def test_a_port_in_use_is_reported_with_the_remedy(
    what: str, taken_port: int, tmp_path: Path
) -> None:
    outcome = start(what, tmp_path, PORT=str(taken_port))

    assert outcome.returncode == 1
    assert outcome.stderr == (
        f"releaf: port {taken_port} is taken by another program; "
        f"try PORT={taken_port + 1} make {what}\n"
    )


def test_a_port_of_the_embedded_redis_in_use_is_reported(taken_port: int, tmp_path: Path) -> None:
    outcome = start("run", tmp_path, REDIS_PORT=str(taken_port), PORT=str(free_port()))

    assert outcome.returncode == 1
    assert outcome.stderr.startswith(f"releaf: port {taken_port} of the embedded Redis is taken")
    assert outcome.stderr.count("\n") == 1


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "٨٠٠٠"])
def test_an_invalid_port_is_refused(port: str, tmp_path: Path) -> None:
    outcome = start("run", tmp_path, PORT=port)

    assert outcome.returncode == 1
    assert outcome.stderr == f"releaf: PORT: {port!r} is not a port number; try PORT=8001\n"


def test_an_invalid_setting_stops_the_start_with_one_line(tmp_path: Path) -> None:
    outcome = start("run", tmp_path, LOG_LEVEL="LOUD")

    assert outcome.returncode == 1
    assert outcome.stderr.startswith("releaf: LOG_LEVEL: ")
    assert outcome.stderr.count("\n") == 1


def test_a_second_start_on_the_same_instance_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "services.lock").open("w") as lock:
        lock.write("4711\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        outcome = start("run", tmp_path)

    assert outcome.returncode == 1
    assert outcome.stderr.startswith(f"releaf: it already runs on {tmp_path} as process 4711; ")
    assert outcome.stderr.count("\n") == 1


def test_the_demo_does_not_change_the_real_instance(taken_port: int, tmp_path: Path) -> None:
    precious = tmp_path / "releaf.db"
    precious.write_text("a year of readings")

    start("demo", tmp_path, PORT=str(taken_port), DATABASE_URL=f"sqlite:///{precious}")

    assert precious.read_text() == "a year of readings"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "releaf.db"]


def test_commands_on_the_demo_read_the_addresses_of_its_sandbox(
    taken_port: int, tmp_path: Path
) -> None:
    start("demo", tmp_path, PORT=str(taken_port))

    lines = (tmp_path / "demo" / "demo.env").read_text().splitlines()
    assert any(line.startswith("PRINTERPOINT_URL=http://127.0.0.1:") for line in lines)
    assert f"PUBLIC_URL=http://127.0.0.1:{taken_port}" in lines


def test_files_of_an_instance_are_readable_by_the_owner_only(
    taken_port: int, tmp_path: Path
) -> None:
    instance = tmp_path / "new"

    start("run", instance, PORT=str(taken_port))

    made = [instance, *instance.rglob("*")]
    assert len(made) > 2
    assert [path for path in made if path.stat().st_mode & 0o077] == []


def processes_of(instance: Path) -> list[str]:
    """The command lines of the processes of an instance."""
    mark = f"RELEAF_INSTANCE={instance}".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            # Redis writes its title over its environment, but its folder is within the instance.
            at_home = (path / "cwd").resolve().is_relative_to(instance)
            if at_home or mark in (path / "environ").read_bytes().split(b"\0"):
                found.append((path / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it has just ended, or is not ours
    return found


def test_the_services_start_respond_and_stop_without_leftovers(tmp_path: Path) -> None:
    instance, output, port = tmp_path / "instance", tmp_path / "output", free_port()
    with output.open("wb") as terminal:
        service = subprocess.Popen(
            [sys.executable, "-m", "deploy.services", "run"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "RELEAF_INSTANCE": str(instance),
                "PORT": str(port),
            },
            stdout=terminal,
            stderr=terminal,
        )
    try:
        deadline = time.monotonic() + 300
        while f"open http://127.0.0.1:{port}" not in output.read_text():
            assert service.poll() is None, output.read_text()
            assert time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)

        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request("GET", "/")
        status = connection.getresponse().status
        connection.close()
        running = " ".join(processes_of(instance))
    finally:
        service.send_signal(signal.SIGTERM)
        code = service.wait(timeout=300)

    assert status in (200, 302, 303)
    assert all(name in running for name in ("wsgi:app", "jobs.worker", "jobs.schedule", "valkey"))
    assert (code, processes_of(instance)) == (0, [])
