"""The client: GET ``/dealer/printers`` with a dealer's token, page by page, within limits."""

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import requests

from webapp.domain.reasons import Reason, reason
from webapp.printerpoint import http
from webapp.printerpoint.errors import Malformed, PrinterpointError, Unreachable
from webapp.printerpoint.fleet import Fleet
from webapp.printerpoint.schema import PATH, Page, Unreadable, read_page, read_row
from webapp.setting_values import is_loopback

_LONGEST_URL = 4_000
_SHORTEST_SECRET = 8
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Limits of time and size for responses.

    ``total_seconds``: one page, its streamed body included; for ``Client.check``, everything.
    ``max_bytes_per_page``: after decompression. ``retries``: of a page, with ``backoff_seconds``
    doubled each time. A Retry-After above ``max_retry_after_seconds`` is not waited for.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    total_seconds: float = 60.0
    fleet_seconds: float = 600.0
    max_pages: int = 2_000
    max_printers: int = 1_000_000
    max_bytes_per_page: int = 64 * 1024 * 1024
    retries: int = 3
    backoff_seconds: float = 1.0
    max_retry_after_seconds: float = 60.0


class Client:
    """The Printerpoint API of one dealer, read-only.

    Raises ValueError for an address that is not https (http is for loopback only).
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        limits: RequestLimits | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first = base_url.rstrip("/") + PATH
        parts = urlsplit(self._first)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            raise ValueError("Printerpoint is read over https only, or over http on loopback")
        if parts.username or parts.password or not parts.hostname:
            raise ValueError("Printerpoint's address must be a host without credentials")
        self._origin = _origin(parts)
        self._token = token
        self._authorization = "Basic " + base64.b64encode(f"{token}:".encode()).decode()
        self._limits = limits or RequestLimits()
        self._sleep = sleep
        self._monotonic = monotonic

    def __repr__(self) -> str:
        return f"<Client of {self._first}>"

    def check(self) -> None:
        """Make one authenticated call: the first page. Raises PrinterpointError."""
        deadline = self._monotonic() + self._limits.total_seconds
        with http.open_session(self._authorization) as session:
            self._page(session, self._first, deadline, _ignore)

    def fleet(self, on_page: Callable[[int], None] | None = None) -> Fleet:
        """Return the whole fleet, to be closed by the caller.

        ``on_page`` receives the number of printers read so far, after every page and, as a
        heartbeat, before and after every pause. Raises PrinterpointError; then nothing of it is
        kept.
        """
        fleet = Fleet()
        try:
            with http.open_session(self._authorization) as session:
                self._read(session, fleet, on_page or _ignore)
        except BaseException:
            fleet.close()
            raise
        return fleet

    def _read(
        self, session: requests.Session, fleet: Fleet, on_page: Callable[[int], None]
    ) -> None:
        deadline = self._monotonic() + self._limits.fleet_seconds
        url: str | None = self._first
        seen: set[str] = set()
        while url is not None:
            if url in seen:
                raise _malformed(reason("malformed.circular_pages"), url)
            if len(seen) >= self._limits.max_pages:
                raise _malformed(
                    reason("malformed.too_many_pages", max_pages=self._limits.max_pages), url
                )
            seen.add(url)
            page = self._page(session, url, deadline, lambda: on_page(fleet.printers))
            fleet.add(read_row(raw) for raw in page.rows)
            if fleet.rows > self._limits.max_printers:
                raise _malformed(
                    reason("malformed.too_many_printers", max_printers=self._limits.max_printers),
                    url,
                )
            on_page(fleet.printers)
            url = self._next_url(url, page)

    def _next_url(self, url: str, page: Page) -> str | None:
        """Return the address of the next page, or None. Raises Malformed for another host."""
        if page.next_url is None:
            return None
        next_url = page.next_url if len(page.next_url) < _LONGEST_URL else ""
        if self._repeats_token(next_url):
            raise _malformed(reason("malformed.repeats_token"), url)
        try:
            parts = urlsplit(urljoin(url, next_url))
            same = next_url and _origin(parts) == self._origin and "@" not in parts.netloc
        except ValueError:
            same, parts = False, urlsplit(url)
        if not same:
            raise _malformed(reason("malformed.other_host"), url)
        # Rebuilt for our own host, so that other URL parsers cannot find another one in it.
        query = f"?{parts.query}" if parts.query else ""
        return urljoin(self._first, "/") + parts.path.lstrip("/") + query

    def _repeats_token(self, url: str) -> bool:
        """Whether an address contains the token, which must not be logged."""
        secrets = (self._token, self._authorization.partition(" ")[2].rstrip("="))
        return any(len(secret) >= _SHORTEST_SECRET and secret in url for secret in secrets)

    def _page(
        self,
        session: requests.Session,
        url: str,
        deadline: float,
        heartbeat: Callable[[], None],
    ) -> Page:
        """Return one page, with a limited number of retries."""
        attempt = 0
        while True:
            answer = self._attempt(session, url, deadline)
            if isinstance(answer, Page):
                return answer
            pause = self._pause(answer, attempt)
            if pause is None or self._monotonic() + pause >= deadline:
                # Raised here without a cause, which could contain the token.
                raise answer
            heartbeat()
            self._sleep(pause)
            heartbeat()
            attempt += 1

    def _attempt(
        self, session: requests.Session, url: str, deadline: float
    ) -> Page | PrinterpointError:
        limits = self._limits
        seconds = min(limits.total_seconds, deadline - self._monotonic())
        if seconds <= 0:
            return Unreachable(
                reason("fleet_timeout"),
                kind="timeout",
                url=http.without_secrets(url),
            )
        try:
            body = http.get(
                session,
                url,
                connect_seconds=limits.connect_seconds,
                read_seconds=limits.read_seconds,
                seconds=seconds,
                max_bytes=limits.max_bytes_per_page,
            )
            return read_page(body)
        except PrinterpointError as error:
            return error
        except Unreadable as error:
            return _malformed(reason("malformed.body", error=error.reason), url)

    def _pause(self, failure: PrinterpointError, attempt: int) -> float | None:
        """Return the seconds before the next attempt; None if there is none."""
        if not failure.retryable or attempt == self._limits.retries:
            return None
        pause = self._limits.backoff_seconds * float(2**attempt)
        if failure.retry_after is None:
            return pause
        if failure.retry_after > self._limits.max_retry_after_seconds:
            return None
        return max(pause, failure.retry_after)


def _ignore(*_: object) -> None:
    """Do nothing."""


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _malformed(what: Reason, url: str) -> Malformed:
    return Malformed(reason("malformed", what=what), url=http.without_secrets(url))
