"""A month through the command line: real processes, each on its own day, on a real sandbox."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Releaf
from webapp.domain.paper import LETTER_AREA
from webapp.printerpoint.sandbox import Sandbox

pytestmark = pytest.mark.processes


@pytest.fixture
def operator(releaf: Releaf, faketime_library: Path) -> Releaf:
    """An operator at Northwind, in New York."""
    releaf.faketime = faketime_library
    return releaf


def test_a_month_from_the_token_to_the_certificate(
    operator: Releaf, printerpoint: Sandbox, tmp_path: Path
) -> None:
    # Wednesday, October 28, 2026: two customers, one of them without an ID.
    printerpoint.set_time(datetime(2026, 10, 28, 16, tzinfo=UTC))
    harbour = printerpoint.add_customer("Harbour Architects, LLP", "HARB01")
    studio = printerpoint.add_printer(harbour, serial="CNB1", asset="HA-1", count=182_345)
    plotter = printerpoint.add_printer(
        harbour,
        serial="PLT1",
        asset="HA-2",
        counters={"paperAreaTotalInHundredthsOfASquareMillimeter": 1000 * LETTER_AREA + 17},
    )
    bakery = printerpoint.add_customer("Rosie's Bakery")
    counter = printerpoint.add_printer(bakery, serial="BRN1", count=2_319)
    operator.set_time("2026-10-28 16:00:00")
    partner = json_of(operator, "account", "add", "Northwind", "--time-zone", "America/New_York")
    server = json_of(
        operator, "server", "add", "--account", "Northwind", stdin=f"{printerpoint.token}\n"
    )
    feeds = json_of(operator, "feed", "add", server["id"], "--all")["feeds"]
    assert [feed["customer_name"] for feed in feeds] == [
        "Harbour Architects, LLP",
        "Rosie's Bakery",
    ]
    harbour_feed, bakery_feed = (feed["id"] for feed in feeds)

    # Thursday to Saturday nights, 12:15 in New York: a baseline, then two days of printing.
    assert night(operator, printerpoint, "2026-10-29 04:15:00") == {
        "day": "2026-10-28",
        harbour_feed: ("collected", 0),
        bakery_feed: ("collected", 0),
    }
    printerpoint.print_pages(studio, 700)
    printerpoint.print_pages(counter, 1)
    printerpoint.set_count(plotter, 0)
    printerpoint.override_fields(
        plotter,
        {"counters": {"paperAreaTotalInHundredthsOfASquareMillimeter": 1041 * LETTER_AREA + 3}},
    )
    assert night(operator, printerpoint, "2026-10-30 04:15:00") == {
        "day": "2026-10-29",
        harbour_feed: ("collected", 741),
        bakery_feed: ("collected", 1),
    }
    printerpoint.print_pages(studio, 4_167 - 741)
    assert night(operator, printerpoint, "2026-10-31 04:15:00")["day"] == "2026-10-30"
    assert night(operator, printerpoint, "2026-11-01 04:15:00") == {
        "day": "2026-10-31",
        harbour_feed: ("collected", 0),
        bakery_feed: ("collected", 0),
    }
    # Clocks in New York went back at two o'clock. Monday's pages belong to November.
    printerpoint.print_pages(studio, 55)
    assert night(operator, printerpoint, "2026-11-02 05:15:00")[harbour_feed] == ("collected", 55)

    # October closes on 2 November at 6:00 in New York, which is 11:00 in UTC.
    operator.set_time("2026-11-02 10:59:00")
    early = operator.process("certificates", "issue", "--month", "2026-10", "--json")
    assert (early.code, early.json["certificates"]) == (1, [])
    assert "closes on 2026-11-02 at 06:00 (America/New_York)" in early.json["waiting"][0]["reason"]
    operator.set_time("2026-11-02 11:01:00")
    issued = json_of(operator, "certificates", "issue", "--month", "2026-10")
    assert [
        (row["account_name"], row["month"], row["pages"], row["trees"], row["issued_on"])
        for row in issued["certificates"]
    ] == [
        ("Harbour Architects, LLP", "2026-10", 4_167, "0.50", "2026-11-02"),
        ("Rosie's Bakery", "2026-10", 1, "0.00012", "2026-11-02"),
    ]
    assert json_of(operator, "certificates", "issue", "--month", "2026-10") == issued

    number = issued["certificates"][0]["number"]
    file = tmp_path / "certificate.pdf"
    download = operator.made("certificates", "download", number, "-o", file)
    assert file.read_bytes().startswith(b"%PDF-")
    assert download["bytes"] == file.stat().st_size

    deposits = operator.made("list", "deposits", "--account", partner["id"])
    assert [(row["feed"], row["day"], row["pages"], row["counted_in"]) for row in deposits] == [
        (harbour_feed, "2026-10-29", 741, "2026-10"),
        (harbour_feed, "2026-10-30", 3_426, "2026-10"),
        (harbour_feed, "2026-11-01", 55, "2026-11"),
        (bakery_feed, "2026-10-29", 1, "2026-10"),
    ]
    devices = operator.made("list", "devices", "--feed", harbour_feed)
    assert [
        (row["asset_id"], row["initial_count"], row["latest_count"], row["life_count"])
        for row in devices
    ] == [("HA-1", 182_345, 186_526, 4_181), ("HA-2", 1_000, 1_041, 41)]
    certificates = operator.made("list", "certificates", "--month", "2026-10")
    assert sum(Decimal(row["trees"]) for row in certificates) == Decimal("0.50012")
    assert certificates[0]["url"].startswith("https://trees.example.com/c/")


def json_of(operator: Releaf, *arguments: Any, stdin: str = "") -> Any:
    """The document of a command that succeeds, run as a process."""
    result = operator.process(*arguments, "--json", stdin=stdin)
    assert result.code == 0, result
    return result.json


def night(operator: Releaf, printerpoint: Sandbox, moment: str) -> dict[Any, Any]:
    """Collect at a time of UTC; returns the day, and outcome and pages by feed."""
    printerpoint.set_time(datetime.fromisoformat(f"{moment}+00:00"))
    operator.set_time(moment)
    document = json_of(operator, "collect")
    (server,) = document["servers"]
    return {"day": document["day"]} | {
        feed["id"]: (feed["outcome"], feed["pages"]) for feed in server["feeds"]
    }
