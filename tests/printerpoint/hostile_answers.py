"""Hostile answers of a server, written byte by byte where HTTP itself is violated."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import repeat
from threading import Event
from typing import Any

from webapp.printerpoint.sandbox import Sandbox
from webapp.printerpoint.sandbox.server import Handler

_MEBIBYTE = 1 << 20
_BOMB_MEBIBYTES = 1024

Content = tuple[bytes, dict[str, str]]

#: Body and headers of malformed content, from the right body.
_BODIES: Mapping[str, Callable[[bytes], Content]] = {
    "html": lambda _: (b"<!DOCTYPE html><title>Sign in</title>", {"Content-Type": "text/html"}),
    "not_json": lambda _: (b"It works!", {}),
    "empty": lambda _: (b"", {}),
    # Whole as HTTP, cut off as JSON.
    "truncated": lambda body: (body[: len(body) // 2], {}),
    "no_envelope": lambda body: (body[body.index(b"[") : body.rindex(b"]") + 1], {}),
    "wrong_results": lambda _: (b'{"links": {"next": null}, "results": {"0": {}}}', {}),
    "charset": lambda body: (
        body.decode().encode("utf-16"),
        {"Content-Type": "application/json; charset=utf-16"},
    ),
    "latin1": lambda _: (
        b'{"links": {"next": null}, "results": [{"locationName": "Caf\xe9"}]}',
        {},
    ),
    "deep": lambda _: (b'{"results": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", {}),
    "gzip": lambda body: (gzip.compress(body), {"Content-Encoding": "gzip"}),
    "cut_gzip": lambda body: (gzip.compress(body)[:-20], {"Content-Encoding": "gzip"}),
}


def answer(
    printerpoint: Sandbox,
    how: str,
    page: int | None = None,
    times: int | None = None,
    **options: Any,
) -> None:
    """Answer with one of ANSWERS; its options are keyword arguments of its function."""
    printerpoint.respond_with(partial(ANSWERS[how], **options), page, times)


def _content(how: str, handler: Handler, body: bytes, _released: Event) -> None:
    handler.send(200, *_BODIES[how](body))


def _looping_next(handler: Handler, body: bytes, released: Event) -> None:
    """Link the page to itself."""
    host = handler.headers["Host"]
    _wrong_next(handler, body, released, next_url=f"http://{host}{handler.path}")


def _wrong_next(handler: Handler, body: bytes, _released: Event, *, next_url: str) -> None:
    """Link the page to another address."""
    content = json.loads(body)
    content["links"]["next"] = next_url
    handler.send_json(200, content)


def _redirect(
    handler: Handler, _body: bytes, _released: Event, *, location: str, status: int = 302
) -> None:
    _begin(handler, status, {"Location": location, "Content-Length": "0"})


def _drop(handler: Handler, body: bytes, _released: Event) -> None:
    """Break the connection in the middle of the body."""
    _begin(handler, 200, {"Content-Length": str(len(body))})
    handler.wfile.write(body[: len(body) // 2])


def _not_http(handler: Handler, _body: bytes, _released: Event) -> None:
    handler.close_connection = True
    handler.wfile.write(b"220 mail.printerpoint.example ESMTP\r\n")


def _slow_head(handler: Handler, _body: bytes, released: Event) -> None:
    handler.close_connection = True
    _drip(handler, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 60_000, released)


def _slow_body(handler: Handler, body: bytes, released: Event) -> None:
    _begin(handler, 200, {"Content-Length": str(len(body))})
    _drip(handler, body, released)


def _endless(handler: Handler, _body: bytes, released: Event) -> None:
    _begin(handler, 200, {})
    _pour(handler, repeat(b" " * _MEBIBYTE), released)


def _gzip_bomb(handler: Handler, _body: bytes, released: Event) -> None:
    _begin(handler, 200, {"Content-Encoding": "gzip"})
    _pour(handler, _bomb(), released)


#: The hostile answers by name.
ANSWERS: Mapping[str, Callable[..., None]] = {
    **{how: partial(_content, how) for how in _BODIES},
    "looping_next": _looping_next,
    "wrong_next": _wrong_next,
    "redirect": _redirect,
    "drop": _drop,
    "not_http": _not_http,
    "slow_head": _slow_head,
    "slow_body": _slow_body,
    "endless": _endless,
    "gzip_bomb": _gzip_bomb,
}
#: Those that are no data.
MALFORMED = tuple(how for how in ANSWERS if how not in ("gzip", "drop"))


def _begin(handler: Handler, status: int, headers: Mapping[str, str]) -> None:
    handler.close_connection = True
    handler.send_response(status)
    sent = {"Content-Type": "application/json", "Connection": "close", **headers}
    for name, value in sent.items():
        handler.send_header(name, value)
    handler.end_headers()


def _pour(handler: Handler, parts: Iterable[bytes], released: Event) -> None:
    for part in parts:
        if released.is_set():
            return
        handler.wfile.write(part)


def _drip(handler: Handler, content: bytes, released: Event) -> None:
    for byte in content:
        handler.wfile.write(bytes((byte,)))
        if released.wait(0.02):
            return


def _bomb() -> Iterator[bytes]:
    """Yield a gibibyte of spaces as a mebibyte of gzip, compressed while it is sent."""
    packer = zlib.compressobj(9, wbits=31)
    for _ in range(_BOMB_MEBIBYTES):
        yield packer.compress(b" " * _MEBIBYTE)
    yield packer.flush()
