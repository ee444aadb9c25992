"""The sandbox's HTTP: the documented call, and commands of other processes."""

import base64
import binascii
import logging
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import msgspec

if TYPE_CHECKING:
    from webapp.printerpoint.sandbox.sandbox import Sandbox

BASE = "/apis/v1"
_PRINTERS = f"{BASE}/dealer/printers"
_COMMANDS = "/_sandbox/"
_LONGEST_COMMAND = 32 * 1024 * 1024

log = logging.getLogger("releaf.sandbox")


class Server(ThreadingHTTPServer):
    """An HTTP server on loopback only."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, sandbox: "Sandbox") -> None:
        self.sandbox = sandbox
        super().__init__(("127.0.0.1", port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore closed connections of clients."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Responds to the documented call, and to commands."""

    protocol_version = "HTTP/1.1"
    server_version = "PrinterpointSandbox"
    # Head and body are two writes; without this the second waits 40 ms for the first one's ACK.
    disable_nagle_algorithm = True
    timeout = 60
    server: Server

    def do_GET(self) -> None:
        """Respond to the documented call."""
        parts = urlsplit(self.path)
        if parts.path != _PRINTERS:
            self.send_json(404, {"message": f"there is only GET {_PRINTERS}"})
            return
        text = parse_qs(parts.query).get("page", ["1"])[0]
        page = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
        if page < 1:
            self.send_json(400, {"message": "page must be a number from 1"})
            return
        sandbox = self.server.sandbox
        sandbox.calls.append(f"{self.command} {self.path}")
        released = sandbox.released
        if sandbox.delay:
            released.wait(sandbox.delay)
        fault = sandbox.fault_for(page)
        token = self._token()
        if fault is not None:
            fault(self, self._page(token, page), released)
        elif token not in sandbox.data.tokens:
            self.send_json(401, {"message": "no such token"}, {"WWW-Authenticate": "Basic"})
        else:
            self.send(200, self._page(token, page), {})

    def do_POST(self) -> None:
        """Run a command: ``POST /_sandbox/<command>`` with the arguments as a JSON object."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LONGEST_COMMAND:
            self.close_connection = True
            self.send_json(411, {"message": "Content-Length is missing or too large"})
            return
        body = self.rfile.read(int(length))
        if not self.path.startswith(_COMMANDS):
            self.send_json(405, {"message": "only GET"}, {"Allow": "GET"})
            return
        # A web page of another origin cannot send this type without a preflight.
        if self.headers.get_content_type() != "application/json":
            self.send_json(415, {"message": "send application/json"})
            return
        try:
            arguments = msgspec.json.decode(body or b"{}", type=dict[str, Any])
            result = self.server.sandbox.run_command(self.path.removeprefix(_COMMANDS), arguments)
        except (LookupError, TypeError, ValueError) as error:
            self.send_json(400, {"message": str(error)})
            return
        self.send_json(200, {"result": result})

    def log_message(self, *args: Any) -> None:
        """Log calls without their headers."""
        log.debug(*args)

    def _token(self) -> str | None:
        scheme, _, code = self.headers.get("Authorization", "").partition(" ")
        try:
            credentials = base64.b64decode(code, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        token, colon, password = credentials.rpartition(":")
        return token if scheme.lower() == "basic" and colon and not password else None

    def _page(self, token: str | None, number: int) -> bytes:
        sandbox = self.server.sandbox
        start = (number - 1) * sandbox.page_size
        rows, more = sandbox.rows_of(token, start, start + sandbox.page_size)
        base = f"http://{self.headers.get('Host', '')}{_PRINTERS}"
        next_url = f"{base}?page={number + 1}" if more else None
        return msgspec.json.encode({"links": {"next": next_url}, "results": rows})

    def send_json(
        self, status: int, content: object, headers: dict[str, str] | None = None
    ) -> None:
        """Send an object as JSON."""
        self.send(status, msgspec.json.encode(content), headers or {})

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        """Send a whole response."""
        self.send_response(status)
        sent = {"Content-Type": "application/json; charset=utf-8"} | headers
        for name, value in sent.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
