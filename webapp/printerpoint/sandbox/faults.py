"""Faults that the sandbox simulates on request."""

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus

from webapp.printerpoint.sandbox.server import Handler

_HANGS_SECONDS = 120.0
_HTML = b"<!DOCTYPE html><title>Sign in</title><p>Please sign in."

#: Writes a response in place of the page, from the body that the page would have. The event is set
#: when the fault ends, to release a response that has no end.
Respond = Callable[[Handler, bytes, threading.Event], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one page or of all, for a number of requests or until ``recover``."""

    respond: Respond
    page: int | None
    times: int | None


class Faults:
    """Methods that simulate a fault; a new one replaces the previous one."""

    def __init__(self) -> None:
        #: Set to release the responses that wait on it; later responses wait on a new event.
        self.released = threading.Event()
        self._fault: Fault | None = None
        self._guard = threading.Lock()

    def respond_with(
        self, respond: Respond, page: int | None = None, times: int | None = None
    ) -> None:
        """Respond by a function (the first page is 1)."""
        with self._guard:
            self._release()
            self._fault = Fault(respond, page, times)

    def go_offline(self, times: int | None = None) -> None:
        """Reset every connection before a response."""
        self.respond_with(_reset_connection, times=times)

    def refuse(self, status: int = 401) -> None:
        """Refuse every token."""
        self.return_500(status=status)

    def time_out(self, times: int | None = None, page: int | None = None) -> None:
        """Send no response."""
        self.respond_with(_hang, page, times)

    def return_500(
        self, times: int | None = None, status: int = 500, page: int | None = None
    ) -> None:
        """Respond with an internal error, or another status."""
        self.respond_with(_status(status), page, times)

    def return_429(
        self,
        retry_after: int | str | None = None,
        times: int | None = None,
        page: int | None = None,
    ) -> None:
        """Respond with "too many requests"; ``retry_after``: seconds or an HTTP date."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self.respond_with(_status(HTTPStatus.TOO_MANY_REQUESTS, headers), page, times)

    def return_html(self, page: int | None = None, times: int | None = None) -> None:
        """Respond with a web page in place of data."""
        self.respond_with(_send_html, page, times)

    def recover(self) -> None:
        """End the fault and release the responses that wait."""
        with self._guard:
            self._fault = None
            self._release()

    def fault_for(self, page: int) -> Respond | None:
        """Return the fault of this response, and count it."""
        with self._guard:
            fault = self._fault
            if fault is None or fault.page not in (None, page):
                return None
            if fault.times is not None:
                left = fault.times - 1
                self._fault = replace(fault, times=left) if left > 0 else None
            return fault.respond

    def _release(self) -> None:
        self.released.set()
        self.released = threading.Event()


def _reset_connection(handler: Handler, _body: bytes, _released: threading.Event) -> None:
    # With a linger time of 0, close() resets the connection.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def _hang(handler: Handler, _body: bytes, released: threading.Event) -> None:
    released.wait(_HANGS_SECONDS)
    handler.close_connection = True


def _status(status: int, headers: dict[str, str] | None = None) -> Respond:
    def respond(handler: Handler, _body: bytes, _released: threading.Event) -> None:
        handler.send_json(status, {"message": "simulated"}, headers)

    return respond


def _send_html(handler: Handler, _body: bytes, _released: threading.Event) -> None:
    handler.send(200, _HTML, {"Content-Type": "text/html; charset=utf-8"})
