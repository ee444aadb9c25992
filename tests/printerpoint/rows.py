"""Rows of the fleet as Printerpoint documents them, and as they are read."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from webapp.messages import sentence
from webapp.printerpoint.schema import BadRow, Printer, read_page, read_row

DOCUMENTED: dict[str, Any] = {
    "customerCompanyName": "Harbour Architects, LLP",
    "customerCompanyId": "HARB01",
    "serialNumber": "CNB1L2M345",
    "assetId": "A-1007",
    "nickname": "2nd floor",
    "make": "HP",
    "model": "LaserJet M609",
    "ipAddress": "10.1.2.3",
    "firmwareVersion": "2411",
    "locationName": "Boston",
    "lastSeen": "2026-10-26T16:45:20.1234567Z",
    "counters": {
        "coloredPagesByMonochromeInClicks": 182_345,
        "coloredPagesByColorInClicks": 20_411,
    },
}

AS_READ = Printer(
    "Harbour Architects, LLP",
    "HARB01",
    "A-1007",
    "CNB1L2M345",
    datetime(2026, 10, 26, 16, 45, 20, 123_456, tzinfo=UTC),
    {"coloredPagesByMonochrome": 182_345, "coloredPagesByColor": 20_411},
)


def read(row: object) -> Printer | BadRow:
    """Read a row of a page."""
    page = read_page(msgspec.json.encode({"links": {"next": None}, "results": [row]}))
    return read_row(page.rows[0])


def read_text(row: str) -> Printer | BadRow:
    """Read a row written as JSON text."""
    return read_row(read_page(f'{{"links": null, "results": [{row}]}}'.encode()).rows[0])


def printer(row: object) -> Printer:
    """Read a row that is good."""
    found = read(row)
    assert isinstance(found, Printer), found
    return found


def bad_row(row: object) -> BadRow:
    """Read a row that is bad."""
    found = read(row)
    assert isinstance(found, BadRow), found
    return found


def reason_of(row: dict[str, Any]) -> str:
    """Why a row is bad, in English."""
    return sentence(bad_row(row).reason)
