"""A Printerpoint that answers prepared bytes, in a process of its own.

The sandbox would spend longer making its rows than we need to read them, on both sides of every
ratio; this one only sends.
"""

import json
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from urllib.parse import parse_qs, urlsplit

PAGE_ROWS = 500
FIRST_DAY = date(2026, 10, 5)  # a Monday


def row(customer: int, device: int, night: int) -> dict[str, object]:
    """One printer in the answer of a night; every one prints on every day."""
    seen = datetime.combine(FIRST_DAY + timedelta(days=night), datetime.min.time())
    return {
        "customerCompanyName": f"Customer {customer:05}",
        "customerCompanyId": f"C{customer:05}",
        "serialNumber": f"S{customer:05}{device:03}",
        "assetId": f"A{customer:05}-{device:03}",
        "nickname": "second floor",
        "make": "HP",
        "model": "LaserJet M609",
        "ipAddress": "10.1.2.3",
        "firmwareVersion": "2411",
        "locationName": "Boston",
        "lastSeen": f"{seen + timedelta(hours=21):%Y-%m-%dT%H:%M:%S}.1234567Z",
        "counters": {
            "coloredPagesByMonochromeInClicks": 100_000 + device + night * (50 + device),
            "coloredPagesByColorInClicks": 20_000 + night * 7,
            "colorantVolumeInMicroliters": 12_345,
        },
    }


def _pages(customers: int, devices: int, night: int, base: str) -> list[bytes]:
    rows = [row(c, d, night) for c in range(customers) for d in range(devices)]
    parts = [rows[n : n + PAGE_ROWS] for n in range(0, len(rows), PAGE_ROWS)]
    pages = []
    for number, part in enumerate(parts, start=1):
        next_url = f"{base}/dealer/printers?page={number}" if number < len(parts) else None
        response = {"links": {"next": next_url}, "results": part}
        pages.append(json.dumps(response).encode())
    return pages


def _serve(customers: int, devices: int, orders: Connection) -> None:
    pages: list[bytes] = []

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            """Send the requested page."""
            number = int(parse_qs(urlsplit(self.path).query).get("page", ["0"])[0])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(pages[number])))
            self.end_headers()
            self.wfile.write(pages[number])

        def log_request(self, *args: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    base = f"http://127.0.0.1:{server.server_address[1]}/apis/v1"
    orders.send(base)
    server.timeout = 0.2
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while True:
        night = orders.recv()
        if night is None:
            return
        pages[:] = _pages(customers, devices, night, base)
        orders.send(sum(len(page) for page in pages))


class Prepared:
    """The other side of the process: its address, and which night it answers."""

    def __init__(self, url: str, orders: Connection) -> None:
        self.url = url
        self._orders = orders

    def answers_night(self, night: int) -> int:
        """Prepare the bytes of a night; returns how many there are."""
        self._orders.send(night)
        size: int = self._orders.recv()
        return size


@contextmanager
def prepared(customers: int, devices: int) -> Iterator[Prepared]:
    """Such a process for a fleet of ``customers`` x ``devices`` printers."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(customers, devices, theirs), daemon=True
    )
    process.start()
    try:
        yield Prepared(ours.recv(), ours)
    finally:
        ours.send(None)
        process.join(5)
