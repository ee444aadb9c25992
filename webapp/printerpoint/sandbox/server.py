"""The sandbox's HTTP: the documented call, and commands of other processes."""

import base64
import binascii
import gzip
import logging
import socket
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from webapp.printerpoint.sandbox import malformed
from webapp.printerpoint.sandbox.app import SandboxApp
from webapp.printerpoint.sandbox.faults import Fault

BASE = "/apis/v1"
_PRINTERS = f"{BASE}/dealer/printers"
_COMMANDS = "/_sandbox/"
_LONGEST_COMMAND = 32 * 1024 * 1024
_HANGS_SECONDS = 120.0

log = logging.getLogger("releaf.sandbox")


class Server(ThreadingHTTPServer):
    """An HTTP server on loopback only."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, app: SandboxApp) -> None:
        self.app = app
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore closed connections of clients."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
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
            self._send_json(404, {"message": f"there is only GET {_PRINTERS}"})
            return
        text = parse_qs(parts.query).get("page", ["1"])[0]
        page = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
        if page < 1:
            self._send_json(400, {"message": "page must be a number from 1"})
            return
        app = self.server.app
        app.calls.append(f"{self.command} {self.path}")
        released = app.released
        if app.delay:
            released.wait(app.delay)
        fault = app.fault_for(page)
        if fault is not None and self._fails(fault, released):
            return
        token = self._token()
        if token is None or token not in app.data.tokens:
            self._send_json(401, {"message": "no such token"}, {"WWW-Authenticate": "Basic"})
            return
        self._send_page(token, page, fault, released)

    def do_POST(self) -> None:
        """Run a command: ``POST /_sandbox/<command>`` with the arguments as a JSON object."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LONGEST_COMMAND:
            self.close_connection = True
            self._send_json(411, {"message": "Content-Length is missing or too large"})
            return
        body = self.rfile.read(int(length))
        if not self.path.startswith(_COMMANDS):
            self._send_json(405, {"message": "only GET"}, {"Allow": "GET"})
            return
        # A web page of another origin cannot send this type without a preflight.
        if self.headers.get_content_type() != "application/json":
            self._send_json(415, {"message": "send application/json"})
            return
        try:
            arguments = msgspec.json.decode(body or b"{}", type=dict[str, Any])
            result = self.server.app.run_command(self.path.removeprefix(_COMMANDS), arguments)
        except (LookupError, TypeError, ValueError) as error:
            self._send_json(400, {"message": str(error)})
            return
        self._send_json(200, {"result": result})

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

    def _fails(self, fault: Fault, released: Event) -> bool:
        """Fail before the page is built; False when the page itself is wrong."""
        if fault.kind == "down":
            # With a linger time of 0, close() resets the connection.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return True
        if fault.kind == "hangs":
            released.wait(_HANGS_SECONDS)
            self.close_connection = True
            return True
        if fault.kind == "status":
            retry_after = fault.options.get("retry_after")
            headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
            self._send_json(fault.options["status"], {"message": "simulated"}, headers)
            return True
        return False

    def _send_page(self, token: str, number: int, fault: Fault | None, released: Event) -> None:
        app = self.server.app
        start = (number - 1) * app.page_size
        rows, more = app.rows_of(token, start, start + app.page_size)
        base = f"http://{self.headers.get('Host', '')}{_PRINTERS}"
        following = f"{base}?page={number + 1}" if more else None
        if fault is not None and fault.kind == "looping_next":
            following = f"{base}?page={number}"
        if fault is not None and fault.kind == "wrong_next":
            following = str(fault.options["next"])
        page = {"links": {"next": following}, "results": rows}
        body = msgspec.json.encode(page)
        content = malformed.body_of(fault.kind, body) if fault is not None else None
        if content is not None:
            self._send(200, *content)
        elif fault is not None and fault.kind in malformed.KINDS:
            malformed.respond(fault.kind, self, body, fault.options, released)
        else:
            self._send(200, body, {})

    def _send_json(
        self, status: int, content: object, headers: dict[str, str] | None = None
    ) -> None:
        self._send(status, msgspec.json.encode(content), headers or {})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        compresses = (
            self.server.app.compresses
            and "gzip" in self.headers.get("Accept-Encoding", "")
            and "Content-Encoding" not in headers
        )
        if compresses:
            body, headers = gzip.compress(body, 1), headers | {"Content-Encoding": "gzip"}
        self.send_response(status)
        sent = {"Content-Type": "application/json; charset=utf-8"} | headers
        for name, value in sent.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
