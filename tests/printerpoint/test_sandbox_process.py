"""The sandbox as a process: its state, its orders from other processes, its command."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.printerpoint.school import SUNDAY, count, school, shown
from webapp.printerpoint.client import Client
from webapp.printerpoint.errors import Refused
from webapp.printerpoint.sandbox import Remote, Sandbox
from webapp.printerpoint.sandbox.app import COMMANDS
from webapp.printerpoint.sandbox.remote import RemoteError


def test_state_is_kept_in_a_file_and_taken_up_again(tmp_path: Path) -> None:
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


def test_every_verb_can_be_ordered_by_another_process(printerpoint: Sandbox) -> None:
    remote = Remote(printerpoint.url)

    key = remote.run("add_customer", name="School", customer_id="SCH")
    remote.run("set_time", moment=SUNDAY)
    remote.run("add_printer", customer=key, serial="S1", count=5, pages_per_weekday=60)
    remote.run("set_time", moment=SUNDAY + timedelta(days=2))
    pages = remote.run("pages_printed", customer="SCH")
    remote.run("configure", page_size=1, delay=0.0)
    remote.run("refuse")

    with pytest.raises(Refused):
        Client(printerpoint.url, printerpoint.token).check()
    remote.run("recover")
    assert list(pages) == ["2026-08-30", "2026-08-31"]
    assert count(shown(printerpoint)["S1"]) == 5 + sum(pages.values())
    assert all(callable(getattr(printerpoint, verb)) for verb in COMMANDS)


@pytest.mark.parametrize(
    ("verb", "words", "response"),
    [
        ("save", {}, "is not one of"),
        ("__class__", {}, "is not one of"),
        ("print_pages", {"printer": "nobody", "pages": 1}, "there is no printer 'nobody'"),
        ("stop_agent", {"customer": "nobody"}, "there is no customer 'nobody'"),
        ("print_pages", {"copies": 1}, "unexpected keyword argument"),
        ("set_time", {"moment": "tomorrow"}, "isoformat"),
        ("return_malformed", {"how": "badly"}, "'badly' is not one of"),
    ],
)
def test_a_wrong_order_says_what_is_wrong(
    printerpoint: Sandbox, verb: str, words: dict[str, object], response: str
) -> None:
    with pytest.raises(RemoteError, match=response):
        Remote(printerpoint.url).run(verb, **words)


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
def test_there_is_nothing_else_to_call(
    printerpoint: Sandbox, method: str, path: str, kind: str, status: int
) -> None:
    connection = http.client.HTTPConnection(urlsplit(printerpoint.url).netloc)
    connection.request(method, path, body=b"{}", headers={"Content-Type": kind} if kind else {})

    response = connection.getresponse()
    response.read()
    connection.close()

    assert response.status == status
    printerpoint.recover()


def test_a_delay_is_kept(printerpoint: Sandbox) -> None:
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
def test_the_command_serves_a_fleet_until_it_is_told_to_stop(tmp_path: Path) -> None:
    fleet, state = tmp_path / "fleet.json", tmp_path / "state.json"
    printers = [{"serial": "S1", "count": 5, "pages_per_weekday": 10}]
    customer = {"name": "School", "customer_id": "SCH", "printers": printers}
    fleet.write_text(json.dumps({"customers": [customer]}))
    flags = ("--token", "first", "--token", "second", "--fleet", str(fleet), "--state", str(state))

    with sandbox_process(*flags) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        url = words[2].rstrip(",")
        Client(url, "second").check()
        with Client(url, "first").fleet() as found:
            assert found.customers()[0].customer_id == "SCH"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0

    assert "School" in state.read_text()


@pytest.mark.processes
@pytest.mark.parametrize(
    ("flags", "environ", "words"),
    [
        ((), {"RELEAF_ENV": "production"}, "does not start in production"),
        (("--fleet", "/no/such/file"), {}, "No such file"),
        (("--time-zone", "Mars/Olympus"), {}, "is not a time zone"),
    ],
)
def test_the_command_refuses_wrong_use_in_a_line(
    flags: tuple[str, ...], environ: dict[str, str], words: str
) -> None:
    with sandbox_process(*flags, **environ) as process:
        assert process.wait(10) == 2
        assert process.stderr is not None
        assert words in process.stderr.read().splitlines()[-1]
