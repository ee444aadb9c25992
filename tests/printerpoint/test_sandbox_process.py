"""The sandbox as a process: its state, its commands from other processes, its command line."""

import http.client
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.printerpoint.school_fleet import SUNDAY, count, school, shown
from webapp.errors import Conflict
from webapp.printerpoint.client import Client
from webapp.printerpoint.errors import Malformed, Refused
from webapp.printerpoint.sandbox import Sandbox
from webapp.printerpoint.sandbox.remote import run_command
from webapp.printerpoint.sandbox.sandbox import COMMANDS


def test_state_is_saved_in_a_file_and_loaded_again(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    with Sandbox(state=state) as printerpoint:
        printerpoint.set_time(SUNDAY)
        school(printerpoint)
        printerpoint.set_time(SUNDAY + timedelta(days=3))
        printerpoint.stop_agent("School")
        before, pages = shown(printerpoint), printerpoint.pages_printed("School")

    with Sandbox(state=state) as printerpoint:
        assert shown(printerpoint) == before
        assert printerpoint.pages_printed("School") == pages
        assert printerpoint.now == SUNDAY + timedelta(days=3)
        assert printerpoint.add_customer("School") == "customer-1"
        assert printerpoint.add_printer("School", "S9") == "printer-3"


SCHOOL = {
    "name": "School",
    "customer_id": "SCH",
    "printers": [{"serial": "S1", "count": 5, "pages_per_weekday": 60}],
}


def test_every_command_can_be_run_by_another_process(printerpoint: Sandbox) -> None:
    url = printerpoint.url

    run_command(url, "set_time", moment=SUNDAY)
    run_command(url, "load_fleet", dealers={"first": [SCHOOL], "second": []})
    run_command(url, "set_time", moment=SUNDAY + timedelta(days=2))
    pages = run_command(url, "pages_printed", customer="SCH")
    run_command(url, "return_html")

    with pytest.raises(Malformed):
        Client(url, "first").check()
    run_command(url, "recover")
    assert list(pages) == ["2026-08-30", "2026-08-31"]
    assert count(shown(printerpoint)["S1"]) == 5 + sum(pages.values())
    assert all(callable(getattr(printerpoint, command)) for command in COMMANDS)


def test_a_loaded_fleet_replaces_all_dealers(printerpoint: Sandbox) -> None:
    school(printerpoint)
    former = printerpoint.token

    printerpoint.load_fleet({"first": [SCHOOL | {"name": "Bakery"}], "second": [SCHOOL]})
    printerpoint.remove_dealer("second")

    assert [company.name for company in printerpoint.data.companies.values()] == [
        "Bakery",
        "School",
    ]
    assert list(shown(printerpoint, "Bakery")) == ["S1"]
    for token in (former, "second"):
        with pytest.raises(Refused):
            Client(printerpoint.url, token).check()


@pytest.mark.parametrize(
    ("command", "arguments", "message"),
    [
        ("_save", {}, "is not one of"),
        ("__class__", {}, "is not one of"),
        ("set_count", {"printer": "S9", "count": 1}, "there is no printer 'S9'"),
        ("stop_agent", {"customer": "Bakery"}, "there is no customer 'Bakery'"),
        ("set_count", {"copies": 1}, "unexpected keyword argument"),
        ("set_time", {"moment": "tomorrow"}, "isoformat"),
    ],
)
def test_an_invalid_command_is_refused_with_the_reason(
    printerpoint: Sandbox, command: str, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(Conflict, match=message):
        run_command(printerpoint.url, command, **arguments)


@pytest.mark.parametrize(
    ("method", "path", "kind", "status"),
    [
        ("POST", "/_sandbox/refuse", "text/plain", 415),
        ("POST", "/apis/v1/dealer/printers", "application/json", 405),
        ("GET", "/apis/v1/dealer/supplies", "", 404),
        ("GET", "/_sandbox/refuse", "", 404),
        ("GET", "/apis/v1/dealer/printers?page=0", "", 400),
        ("DELETE", "/apis/v1/dealer/printers", "", 501),
    ],
)
def test_other_paths_are_not_found(
    printerpoint: Sandbox, method: str, path: str, kind: str, status: int
) -> None:
    connection = http.client.HTTPConnection(urlsplit(printerpoint.url).netloc)
    connection.request(method, path, body=b"{}", headers={"Content-Type": kind} if kind else {})

    response = connection.getresponse()
    response.read()
    connection.close()

    assert response.status == status
    printerpoint.recover()


def test_a_response_comes_after_the_delay(printerpoint: Sandbox) -> None:
    printerpoint.delay = 0.2
    client = Client(printerpoint.url, printerpoint.token)
    began = time.monotonic()

    client.check()

    assert time.monotonic() - began >= 0.2


def test_it_does_not_start_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEAF_ENV", "production")

    with pytest.raises(RuntimeError, match="RELEAF_ENV"):
        Sandbox()


def sandbox_process(*flags: str, **environ: str) -> subprocess.Popen[str]:
    """A sandbox in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "webapp.printerpoint.sandbox", "--port", "0", *flags],
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.processes
def test_the_process_runs_until_a_stop_signal_and_saves_its_state(tmp_path: Path) -> None:
    state = tmp_path / "state.json"

    with sandbox_process("--state", str(state)) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[2].rstrip(",")
        run_command(url, "load_fleet", dealers={"first": [SCHOOL]})
        Client(url, "first").check()
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0

    assert "School" in state.read_text()


@pytest.mark.processes
@pytest.mark.parametrize(
    ("flags", "environ", "words"),
    [
        ((), {"RELEAF_ENV": "production"}, "does not start in production"),
        (("--fleet", "fleet.json"), {}, "unrecognized arguments"),
    ],
)
def test_a_process_that_cannot_start_prints_the_reason(
    flags: tuple[str, ...], environ: dict[str, str], words: str
) -> None:
    with sandbox_process(*flags, **environ) as process:
        assert process.wait(120) == 2
        assert process.stderr is not None
        assert words in process.stderr.read().splitlines()[-1]
