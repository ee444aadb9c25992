"""The log: lines with time, level and the ids of the request and the job, without one-time links.

A job that a request has enqueued logs the id of that request, too.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable
from contextvars import ContextVar

from flask import Flask, Response, request

#: The ids of the request and of the job that this thread is at; empty if there is none.
request_id: ContextVar[str] = ContextVar("request_id", default="")
job_id: ContextVar[str] = ContextVar("job_id", default="")

HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
#: Libraries whose messages below WARNING are of no use to operations.
_LIBRARIES = ("alembic", "fontTools", "weasyprint")
_FORMAT = "%(asctime)s %(levelname)s %(name)s [%(ids)s] %(message)s"
#: A warning or error is logged so many times in so many seconds.
_MOST_REPEATS = 3
_REPEAT_SECONDS = 60.0
_MOST_REMEMBERED = 1_000


def configure(level: str) -> None:
    """Log to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacting(_FORMAT))
    handler.addFilter(add_ids)
    handler.addFilter(Damping())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # It logs every failed request to Redis, although it then counts without it.
    logging.getLogger("flask-limiter").setLevel(logging.CRITICAL)
    for library in _LIBRARIES:
        logging.getLogger(library).setLevel(logging.WARNING)


def register(app: Flask) -> None:
    """Give every request an id, which its response has as a header.

    An id in the request's header is used if it is well formed.
    """
    app.before_request(_begin)
    app.after_request(_add_header)


def _begin() -> None:
    given = request.headers.get(HEADER, "")
    request_id.set(given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(8))


def _add_header(response: Response) -> Response:
    response.headers[HEADER] = request_id.get()
    return response


def add_ids(record: logging.LogRecord) -> bool:
    """Add the ids of the request and the job to a record; a filter of the handler."""
    ids = (("request", request_id.get()), ("job", job_id.get()))
    record.ids = " ".join(f"{name}={value}" for name, value in ids if value) or "-"
    return True


class Damping(logging.Filter):
    """Drops a warning or error that was logged three times in the last minute."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        #: Since when, and how often.
        self._seen: dict[tuple[object, ...], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log the record; note on it which ones are not logged."""
        if record.levelno < logging.WARNING:
            return True
        error = record.exc_info[0] if record.exc_info else None
        key = (record.name, record.levelno, record.getMessage(), error)
        now = self._now()
        since, times = self._seen.get(key, (now, 0))
        record.note = ""
        if now - since >= _REPEAT_SECONDS:
            if times > _MOST_REPEATS:
                record.note = f" ({times - _MOST_REPEATS} like it were not logged)"
            since, times = now, 0
        if len(self._seen) >= _MOST_REMEMBERED:
            self._seen.clear()
        self._seen[key] = since, times + 1
        if times + 1 == _MOST_REPEATS:
            record.note = f" (not logged again for {_REPEAT_SECONDS:.0f} seconds)"
        return times < _MOST_REPEATS


class Redacting(logging.Formatter):
    """Removes one-time links from log records, including the development server's."""

    _LINK = re.compile(r"(/invitations/|/unsubscribe/|/profile/email/)[^\s\"'<>]+")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line, with the note of ``Damping``."""
        return super().formatMessage(record) + getattr(record, "note", "")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback if there is one."""
        return self._LINK.sub(r"\1...", super().format(record))
