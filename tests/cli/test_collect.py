"""``releaf collect`` on a real sandbox, with no Redis running."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from tests.cli.conftest import Releaf
from webapp import clock
from webapp.cli import collect as command
from webapp.models import Collection, Feed, Outcome, Server
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.collection import collector as service
from webapp.services.collection import heartbeat, requests
from webapp.services.feeds import pauses
from webapp.settings import ROOT


@pytest.fixture
def harbour(northwind: Releaf, printerpoint: Sandbox) -> Releaf:
    """Northwind with two feeds: 1 Harbour Architects, 2 Rosie's Bakery; last seen a week ago."""
    printerpoint.set_time(clock.now() - timedelta(days=7))
    architects = printerpoint.add_customer("Harbour Architects, LLP", "HARB01")
    printerpoint.add_printer(architects, serial="CNB1", asset="HA-1", count=182_345)
    bakery = printerpoint.add_customer("Rosie's Bakery")
    printerpoint.add_printer(bakery, serial="BRN1", count=2_319)
    northwind.made("feed", "add", "1", "--all")
    with northwind.session() as session:
        for feed in session.scalars(select(Feed)):
            feed.created_at = clock.now() - timedelta(days=8)
    return northwind


def test_without_a_server_there_is_nothing_to_collect(releaf: Releaf) -> None:
    document = releaf.made("collect")

    yesterday = clock.now().date() - timedelta(days=1)
    assert document == {"day": yesterday.isoformat(), "servers": []}


def test_the_night_that_is_due_is_collected(harbour: Releaf, printerpoint: Sandbox) -> None:
    harbour.made("collect")
    printerpoint.set_time(clock.now())
    printerpoint.print_pages("CNB1", 700)

    document = harbour.made("collect")

    (server,) = document["servers"]
    assert {**server, "feeds": None} == {
        "id": 1,
        "name": "Printerpoint",
        "day": document["day"],
        "outcome": "collected",
        "error": None,
        "feeds": None,
    }
    assert server["feeds"] == [
        {
            "id": 1,
            "customer_name": "Harbour Architects, LLP",
            "outcome": "collected",
            "pages": 700,
            "devices": 1,
            "incomplete": 0,
            "duplicates": 0,
            "skipped": [],
            "error": None,
        },
        {
            "id": 2,
            "customer_name": "Rosie's Bakery",
            "outcome": "collected",
            "pages": 0,
            "devices": 1,
            "incomplete": 0,
            "duplicates": 0,
            "skipped": [],
            "error": None,
        },
    ]


def test_collecting_twice_deposits_once(harbour: Releaf, printerpoint: Sandbox) -> None:
    harbour.made("collect")
    printerpoint.set_time(clock.now())
    printerpoint.print_pages("CNB1", 700)

    harbour.made("collect")
    again = harbour.made("collect")

    assert [feed["pages"] for feed in again["servers"][0]["feeds"]] == [0, 0]
    assert sum(row["pages"] for row in harbour.made("list", "deposits")) == 700


def test_the_first_collection_is_scheduled_and_later_ones_are_manual(harbour: Releaf) -> None:
    harbour.made("collect")
    harbour.made("collect", "--server", "Northwind")
    harbour.made("collect", "--feed", "2")

    with harbour.session() as session:
        runs = session.scalars(select(Collection).order_by(Collection.id)).all()
        assert [(run.kind, run.feed_id, run.state) for run in runs] == [
            ("scheduled", None, "finished"),
            ("manual", None, "finished"),
            ("manual", 2, "finished"),
        ]


def test_one_feed_is_collected_by_the_name_of_its_account(harbour: Releaf) -> None:
    document = harbour.made("collect", "--feed", "Rosie's Bakery")

    (server,) = document["servers"]
    assert [feed["id"] for feed in server["feeds"]] == [2]


def test_rows_that_are_not_counted_are_reported(harbour: Releaf, printerpoint: Sandbox) -> None:
    for count in (5, 4_000):
        printerpoint.add_printer("Rosie's Bakery", count=count)

    document = harbour.made("collect")
    plain = harbour("collect")

    assert (
        document["servers"][0]["feeds"][1]["skipped"]
        == [
            {
                "reason": "The row has neither an asset ID nor a serial number",
                "asset_id": None,
                "serial_number": None,
            }
        ]
        * 2
    )
    assert "not counted: a printer: The row has neither" in plain.out


def test_an_inactive_feed_is_not_collected(harbour: Releaf) -> None:
    with harbour.session() as session:
        pauses.deactivate(session, session.get_one(Feed, 2), clock.now())

    result = harbour("collect", "--feed", "2", "--json")

    assert result.code == 2
    assert result.error == ("feed", "Feed 2 is inactive and is not collected.")


def test_a_refusing_server_does_not_affect_the_others(
    harbour: Releaf, printerpoint: Sandbox
) -> None:
    printerpoint.add_dealer("second-token")
    other = harbour.made("server", "add", "--account", "1", stdin="second-token")
    printerpoint.data.tokens.remove("second-token")

    result = harbour("collect", "--json")

    assert result.code == 1
    first, second = result.json["servers"]
    assert (first["outcome"], len(first["feeds"])) == ("collected", 2)
    assert (second["id"], second["outcome"], second["feeds"]) == (other["id"], "failed", [])
    assert "token" in second["error"]
    assert "second-token" not in result.out + result.err


def test_a_paused_server_is_tried_and_resumes(harbour: Releaf, printerpoint: Sandbox) -> None:
    printerpoint.return_html()
    failed = harbour("collect")
    printerpoint.recover()

    resumed = harbour("collect")

    assert failed.code == 1
    assert "failed. Printerpoint" in failed.out
    assert resumed.code == 0
    assert harbour.made("list", "servers")[0]["health"] == "healthy"
    with harbour.session() as session:
        assert session.scalars(select(Collection.state)).all() == ["finished"]


def test_a_customer_that_fails_does_not_stop_the_others(harbour: Releaf) -> None:
    with harbour.session() as session:
        session.execute(
            text(
                "create trigger broken before insert on device when new.feed_id = 1 "
                "begin select raise(abort, 'broken'); end"
            )
        )

    result = harbour("collect", "--json")

    assert result.code == 1
    outcomes = [feed["outcome"] for feed in result.json["servers"][0]["feeds"]]
    assert outcomes == ["failed", "collected"]
    assert "error: feed 1 of collection 1 failed (IntegrityError)" in result.err
    assert "warning: feed 1: no job of its own, Redis cannot be reached" in result.err
    assert "Traceback" not in result.err


def test_a_server_removed_while_others_are_collected_is_reported(
    harbour: Releaf, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed = command.Wanted(1, "Printerpoint")
    monkeypatch.setattr(command, "_plan", lambda *_: [removed])
    harbour.made("server", "remove", "1")

    result = harbour("collect", "--json")

    assert result.code == 1
    assert result.json["servers"][0]["error"] == "The server was removed"


def test_a_token_that_cannot_be_decrypted_is_reported(harbour: Releaf) -> None:
    other_key = "4hHB0Lq2nzkxlPzQ6vS6mNfLkPZ2xR0z4u6yqT0c1aU="

    harbour.surroundings["ENCRYPTION_KEYS"] = other_key
    result = harbour("collect", "--json")

    assert result.code == 1
    assert "ENCRYPTION_KEYS" in result.json["servers"][0]["error"]


def test_the_progress_of_another_process_is_shown(
    harbour: Releaf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night that another process collects ends with the outcomes of that process."""
    night = _begun_by_another(harbour, clock.now())

    def end(_seconds: float) -> None:
        with harbour.session() as session:
            running = session.get_one(Collection, night)
            session.add(
                Outcome(
                    collection_id=night, feed_id=1, outcome="collected", pages=4_321, devices=1,
                    skipped=[], at=clock.now(),
                )
            )  # fmt: skip
            service.finish(session, running, clock.now())

    # The other process ends while the command waits for the first time.
    monkeypatch.setattr("webapp.cli.collect.time", SimpleNamespace(sleep=end))
    document = harbour.made("collect")

    assert [feed["pages"] for feed in document["servers"][0]["feeds"]] == [4_321]


def test_a_night_whose_process_was_killed_is_continued(harbour: Releaf) -> None:
    night = _begun_by_another(harbour, clock.now() - 2 * heartbeat.STALE_AFTER)

    document = harbour.made("collect")

    assert len(document["servers"][0]["feeds"]) == 2
    with harbour.session() as session:
        assert session.get_one(Collection, night).state == "finished"


def test_a_night_of_a_removed_server_is_not_waited_for(
    harbour: Releaf, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = _begun_by_another(harbour, clock.now() - 2 * heartbeat.STALE_AFTER)
    monkeypatch.setattr(command, "_plan", lambda *_: [command.Wanted(1, "Printerpoint")])
    monkeypatch.setattr(command, "_request", lambda _: night)
    harbour.made("server", "remove", "1")

    assert harbour("collect", "--json").json["servers"][0]["error"] == "The server was removed"


@pytest.mark.processes
def test_a_terminal_sees_a_progress_bar_and_scripts_do_not(harbour: Releaf) -> None:
    terminal, its_end = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "webapp.cli", "collect", "--json"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "TERM": "xterm", **harbour.surroundings},
        stdout=subprocess.PIPE,
        stderr=its_end,
        check=True,
        timeout=300,
    )
    os.close(its_end)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    quiet = harbour.process("collect")

    assert "2/2" in shown
    assert len(json.loads(done.stdout)["servers"][0]["feeds"]) == 2
    assert quiet.err == ""


def _begun_by_another(harbour: Releaf, at: datetime) -> int:
    with harbour.session() as session:
        server = session.get_one(Server, 1)
        day = requests.due_day(server.account, clock.now())
        night = requests.request(session, server, day=day, kind="scheduled", now=at)
        service.claim(session, night.id, at)
        return night.id
