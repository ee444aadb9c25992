"""The sandbox: what the demo and the tests of the night rely on."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.domain.metering.counter_sets import (
    COUNTER_SETS,
    CounterSet,
    pages_of,
    select_counter_set,
    values_of_set,
)
from webapp.printerpoint.client import Client
from webapp.printerpoint.errors import Refused
from webapp.printerpoint.sandbox import Remote, Sandbox
from webapp.printerpoint.sandbox.app import COMMANDS
from webapp.printerpoint.sandbox.remote import RemoteError
from webapp.printerpoint.sandbox.usage import ROLL_WIDTH_MM
from webapp.printerpoint.schema import Printer

SUNDAY = datetime(2026, 8, 30, 4, 10, tzinfo=UTC)


def shown(printerpoint: Sandbox, customer: str = "School") -> dict[str | None, Printer]:
    """What the API tells of a customer's printers, by serial number."""
    with Client(printerpoint.url, printerpoint.token).fleet() as fleet:
        found = fleet.find(customer, customer)
        printers, _ = fleet.printers_of(found.customer_id if found else None, customer)
        return {printer.serial_number: printer for printer in printers}


def count(printer: Printer) -> int:
    """Its pages."""
    return sum(printer.counters.values())


def school(printerpoint: Sandbox, pages_per_weekday: int = 100) -> str:
    """A school with one printer that has printed a thousand pages."""
    customer = printerpoint.add_customer("School")
    return printerpoint.add_printer(
        customer, serial="S1", asset="A1", count=1_000, pages_per_weekday=pages_per_weekday
    )


def test_two_months_of_nights_have_a_weekday_rhythm(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY)
    school(printerpoint)
    for night in range(1, 61):
        printerpoint.set_time(SUNDAY + timedelta(days=night))

    pages = printerpoint.pages_printed("School")

    weekdays = [n for day, n in pages.items() if day.weekday() < 5]
    weekends = [n for day, n in pages.items() if day.weekday() >= 5]
    assert len(weekdays) == 43
    assert all(50 < n < 160 for n in weekdays)
    assert max(weekends) < 20
    assert count(shown(printerpoint)["S1"]) == 1_000 + sum(pages.values())


def test_pages_do_not_depend_on_how_the_calendar_advances(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY)
    school(printerpoint)
    with Sandbox(tokens=[printerpoint.token]) as other:
        other.set_time(SUNDAY)
        school(other)
        for hours in range(7, 24 * 20, 7):
            other.set_time(SUNDAY + timedelta(hours=hours))
        printerpoint.set_time(other.now)

        assert other.pages_printed("School") == printerpoint.pages_printed("School")


def test_printers_of_one_rhythm_print_differently(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY)
    first = school(printerpoint)
    second = printerpoint.add_printer("School", serial="S2", count=1_000, pages_per_weekday=100)
    printerpoint.set_time(SUNDAY + timedelta(days=7))

    listed = shown(printerpoint)

    assert first != second
    assert count(listed["S1"]) != count(listed["S2"])


def test_days_are_those_of_the_sandboxs_time_zone() -> None:
    with Sandbox(time_zone="Pacific/Auckland") as printerpoint:
        printerpoint.set_time(SUNDAY)
        printerpoint.add_printer(printerpoint.add_customer("School"), "S1")
        printerpoint.set_time(datetime(2026, 8, 30, 20, tzinfo=UTC))
        printerpoint.print_pages("S1", 3)

        assert printerpoint.pages_printed("School") == {date(2026, 8, 31): 3}


def test_a_stopped_agent_hides_pages_until_it_starts(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY)
    school(printerpoint)
    printerpoint.set_time(SUNDAY + timedelta(days=2))
    before = shown(printerpoint)
    printerpoint.stop_agent("School")
    printerpoint.set_time(SUNDAY + timedelta(days=6))
    frozen = shown(printerpoint)
    printerpoint.start_agent("School")

    after = shown(printerpoint)["S1"]

    assert frozen == before
    assert count(after) == 1_000 + sum(printerpoint.pages_printed("School").values())
    assert after.last_seen is not None
    assert timedelta(0) < printerpoint.now - after.last_seen < timedelta(minutes=5)


def test_a_replaced_printer_keeps_the_asset_id_and_begins_its_own_count(
    printerpoint: Sandbox,
) -> None:
    printerpoint.set_time(SUNDAY)
    school(printerpoint)
    printerpoint.replace_printer("S1", "S2", count=7)

    listed = shown(printerpoint)
    printerpoint.set_time(SUNDAY + timedelta(days=2))

    assert list(listed) == ["S2"]
    assert (listed["S2"].asset_id, count(listed["S2"])) == ("A1", 7)
    assert count(shown(printerpoint)["S2"]) > 7


def test_what_happens_to_a_printer_is_told(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY)
    school(printerpoint, pages_per_weekday=0)
    printerpoint.print_pages("S1", 30)
    printed = shown(printerpoint)
    printerpoint.set_count("S1", 5)
    misread = shown(printerpoint)
    printerpoint.reset_count("A1")
    printerpoint.set_asset("S1", "B2")
    reset = shown(printerpoint)
    printerpoint.move_printer("S1", printerpoint.add_customer("Bakery"))
    moved = shown(printerpoint, "Bakery")
    printerpoint.remove_printer("S1")

    assert [count(listed["S1"]) for listed in (printed, misread, reset, moved)] == [1_030, 5, 0, 0]
    assert reset["S1"].asset_id == "B2"
    assert shown(printerpoint, "Bakery") == {}
    assert printerpoint.pages_printed("School") == {SUNDAY.date(): 30}


def test_a_printer_without_a_network_was_never_seen(printerpoint: Sandbox) -> None:
    printerpoint.add_printer(printerpoint.add_customer("School"), "S1", count=9, networked=False)

    assert shown(printerpoint)["S1"].last_seen is None


@pytest.mark.parametrize("counter_set", COUNTER_SETS)
@pytest.mark.parametrize("pages", [1, 3, 182_345])
def test_every_counter_set_measures_whole_pages(
    printerpoint: Sandbox, counter_set: CounterSet, pages: int
) -> None:
    customer = printerpoint.add_customer("School")
    printerpoint.add_printer(customer, serial="S1", count=pages, counter_set=counter_set)

    counters = shown(printerpoint)["S1"].counters

    assert select_counter_set(counters) == counter_set
    own = values_of_set(counters, counter_set)
    assert pages_of(counter_set, own.values(), ROLL_WIDTH_MM) == pages


def test_counters_given_are_sent_as_they_are_and_go_on_from_there(printerpoint: Sandbox) -> None:
    customer = printerpoint.add_customer("School")
    given_ones = {"paperLengthInMicrometers": 50_000_000, "scans": None}
    printerpoint.add_printer(customer, serial="S1", counters=given_ones)

    before = shown(printerpoint)["S1"].counters
    printerpoint.print_pages("S1", 10)
    after = shown(printerpoint)["S1"].counters

    assert before == {"paperLength": 50_000_000}
    assert after["paperLength"] > 50_000_000


def test_without_it_is_the_sandbox_lives_by_the_clock() -> None:
    moments = iter(SUNDAY + timedelta(days=n) for n in range(100))
    with Sandbox(now=lambda: next(moments)) as printerpoint:
        school(printerpoint)
        first = shown(printerpoint)["S1"]
        second = shown(printerpoint)["S1"]

    assert first.last_seen is not None
    assert second.last_seen is not None
    assert second.last_seen > first.last_seen


def test_a_calendar_set_back_takes_no_page_back(printerpoint: Sandbox) -> None:
    printerpoint.set_time(SUNDAY + timedelta(days=10))
    school(printerpoint)
    printerpoint.set_time(SUNDAY)
    before = count(shown(printerpoint)["S1"])
    printerpoint.set_time(SUNDAY + timedelta(days=2))

    assert before == 1_000
    assert count(shown(printerpoint)["S1"]) > 1_000


def test_a_moment_without_a_time_zone_is_refused(printerpoint: Sandbox) -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        printerpoint.set_time(SUNDAY.replace(tzinfo=None))


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


def test_its_families_are_those_of_the_domain() -> None:
    assert set(COUNTER_SETS) == set(get_args(CounterSet))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(min_value=1, max_value=400), min_size=1, max_size=12))
def test_no_page_is_lost_between_rhythm_counter_and_oracle(hours: list[int]) -> None:
    printerpoint = Sandbox()
    printerpoint.set_time(SUNDAY)
    school(printerpoint)
    for step in hours:
        printerpoint.set_time(printerpoint.now + timedelta(hours=step))

    rows, _ = printerpoint.rows_of(printerpoint.token, 0, 10)

    counters = rows[0]["counters"]
    listed = sum(n for name, n in counters.items() if name.startswith("coloredPages"))
    assert listed == 1_000 + sum(printerpoint.pages_printed("School").values())
