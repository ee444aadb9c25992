"""Malformed responses, written byte by byte where HTTP itself is violated."""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from itertools import repeat
from threading import Event
from typing import Any

_MEBIBYTE = 1 << 20
_BOMB_MEBIBYTES = 1024

#: Kinds of ``respond``; others are in ``body_of``.
KINDS = frozenset(
    ("drops", "endless", "gzip_bomb", "not_http", "redirect", "slow_body", "slow_head")
)


def body_of(kind: str, body: bytes) -> tuple[bytes, dict[str, str]] | None:
    """Return body and headers of malformed content; None if the HTTP itself is malformed."""
    bodies: dict[str, tuple[bytes, dict[str, str]]] = {
        "html": (
            b"<!DOCTYPE html><title>Sign in</title><p>Please sign in.",
            {"Content-Type": "text/html; charset=utf-8"},
        ),
        "not_json": (b"It works!", {}),
        "empty": (b"", {}),
        "truncated": (body[: len(body) // 2], {}),
        "no_envelope": (body[body.index(b"[") : body.rindex(b"]") + 1], {}),
        "wrong_results": (b'{"links": {"next": null}, "results": {"0": {}}}', {}),
        "charset": (
            body.decode().encode("utf-16"),
            {"Content-Type": "application/json; charset=utf-16"},
        ),
        "latin1": (b'{"links": {"next": null}, "results": [{"locationName": "Caf\xe9"}]}', {}),
        "deep": (b'{"results": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", {}),
        "cut_gzip": (gzip.compress(body)[:-20], {"Content-Encoding": "gzip"}),
    }
    return bodies.get(kind)


def respond(
    kind: str,
    handler: BaseHTTPRequestHandler,
    body: bytes,
    options: Mapping[str, Any],
    released: Event,
) -> None:
    """Send one of KINDS; ``released`` ends a response that has no end."""
    handler.close_connection = True
    seconds = float(options.get("seconds", 0.02))
    if kind == "not_http":
        handler.wfile.write(b"220 mail.printerpoint.example ESMTP\r\n")
    elif kind == "slow_head":
        _drip(handler, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 60_000, seconds, released)
    elif kind == "redirect":
        headers = {"Location": str(options["location"]), "Content-Length": "0"}
        _begin(handler, int(options.get("status", 302)), headers)
    elif kind == "drops":
        _begin(handler, 200, {"Content-Length": str(len(body))})
        handler.wfile.write(body[: len(body) // 2])
    elif kind == "slow_body":
        _begin(handler, 200, {"Content-Length": str(len(body))})
        _drip(handler, body, seconds, released)
    elif kind == "endless":
        _begin(handler, 200, {})
        _pour(handler, repeat(b" " * _MEBIBYTE), released)
    elif kind == "gzip_bomb":
        _begin(handler, 200, {"Content-Encoding": "gzip"})
        _pour(handler, _bomb(), released)


def _begin(handler: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str]) -> None:
    handler.send_response(status)
    sent = {"Content-Type": "application/json", "Connection": "close", **headers}
    for name, value in sent.items():
        handler.send_header(name, value)
    handler.end_headers()


def _pour(handler: BaseHTTPRequestHandler, parts: Iterable[bytes], released: Event) -> None:
    for part in parts:
        if released.is_set():
            return
        handler.wfile.write(part)


def _drip(handler: BaseHTTPRequestHandler, content: bytes, seconds: float, released: Event) -> None:
    for byte in content:
        handler.wfile.write(bytes((byte,)))
        if released.wait(seconds):
            return


def _bomb() -> Iterator[bytes]:
    """Yield a gibibyte of spaces as a mebibyte of gzip, compressed while it is sent."""
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(_BOMB_MEBIBYTES):
        yield packer.compress(b" " * _MEBIBYTE)
    yield packer.flush()
