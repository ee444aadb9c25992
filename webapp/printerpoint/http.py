"""A GET request with limits of time and memory."""

import socket
import threading
import zlib
from contextvars import ContextVar
from typing import Any, Self
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from webapp.domain.reasons import reason
from webapp.printerpoint.errors import Malformed, PrinterpointError
from webapp.printerpoint.failures import check_status, explain, timeout

_CHUNK = 64 * 1024


def open_session(authorization: str) -> requests.Session:
    """Return a session with this header; it ignores proxy settings and .netrc."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())
    # Gzip is decompressed here, to limit the size of the result.
    session.headers.update(
        {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "Releaf"}
    )
    session.auth = _Authorization(authorization)
    return session


def get(
    session: requests.Session,
    url: str,
    *,
    connect_seconds: float,
    read_seconds: float,
    seconds: float,
    max_bytes: int,
) -> bytearray:
    """Return the body of a response with status 200, at most ``max_bytes`` after decompression.

    Takes at most ``seconds`` after name resolution. Raises PrinterpointError.
    """
    shown = without_secrets(url)
    with _Watchdog(seconds) as watchdog:
        try:
            with session.get(
                url,
                stream=True,
                allow_redirects=False,
                timeout=(min(connect_seconds, seconds), min(read_seconds, seconds)),
            ) as response:
                check_status(response, shown)
                body = _body_of(response, shown, max_bytes)
            if not watchdog.expired:
                return body
            # A connection closed by the watchdog may look like one that has ended.
            failure: PrinterpointError = timeout(shown)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            failure = explain(error, watchdog.expired, shown)
    # Raised outside the handler, without a cause, which would contain the request and its token.
    raise failure


def without_secrets(url: str) -> str:
    """Return a URL without credentials and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


class _Authorization(requests.auth.AuthBase):
    """The header, in an object that does not display it."""

    def __init__(self, header: str) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._header
        return request


class _Watchdog:
    """Closes the connection in use after a time limit.

    Time-outs of sockets restart with every byte, so a slow response could last for days.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(max(0.0, seconds), self._expire)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._before = _watchdog.set(self)
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _watchdog.reset(self._before)
        with self._lock:
            self._socket = None

    def watch(self, connection: socket.socket | None) -> None:
        """Watch this connection."""
        with self._lock:
            self._socket = connection
        if self.expired:
            self._expire()

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            try:
                if self._socket is not None:
                    # Not SSLSocket.shutdown: it takes the TLS layer from under a reading thread.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return  # closed already


_watchdog: ContextVar[_Watchdog | None] = ContextVar("watchdog", default=None)


def _watch(connection: HTTPConnection) -> None:
    watchdog = _watchdog.get()
    if watchdog is not None:
        watchdog.watch(connection.sock)


class _Connection(HTTPConnection):
    def getresponse(self) -> Any:
        """Watch the connection from the first byte of the response."""
        _watch(self)
        return super().getresponse()


class _SecureConnection(HTTPSConnection):
    def getresponse(self) -> Any:
        """Watch the connection from the first byte of the response."""
        _watch(self)
        return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use connections that can be watched."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _body_of(response: requests.Response, url: str, max_bytes: int) -> bytearray:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Malformed(reason("unknown_encoding"), url=url)
    unpack = _Gzip() if encoding.endswith("gzip") else None
    body = bytearray()
    received = 0
    while True:
        part = response.raw.read(_CHUNK, decode_content=False)
        if not part:
            break
        received += len(part)
        try:
            body += unpack.feed(part, max_bytes + 1 - len(body)) if unpack else part
        except zlib.error:
            raise Malformed(reason("damaged"), url=url) from None
        if max(received, len(body)) > max_bytes:
            raise Malformed(reason("too_large", value=max_bytes // (1 << 20)), url=url)
    if unpack and not unpack.is_complete:
        raise Malformed(reason("truncated"), url=url)
    return body


class _Gzip:
    """Decompresses gzip in parts, never beyond a limit."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)

    @property
    def is_complete(self) -> bool:
        """Whether the end was reached."""
        return self._stream.eof

    def feed(self, part: bytes, room: int) -> bytes:
        """Return the decompressed part; at most ``room`` bytes. Raises zlib.error."""
        made = bytearray()
        while part and len(made) < room:
            if self._stream.eof:  # one gzip may follow another
                self._stream = zlib.decompressobj(wbits=31)
            made += self._stream.decompress(part, room - len(made))
            part = self._stream.unused_data
        return bytes(made)
