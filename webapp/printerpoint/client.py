"""The client: GET ``/dealer/printers`` with a token, page after page, within limits."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from requests.auth import HTTPBasicAuth

from webapp.printerpoint.answers import BadRow, Envelope, Printer, read_row
from webapp.printerpoint.errors import Malformed, PrinterpointError, Refused, Unreachable
from webapp.printerpoint.fleet import Customer, Fleet
from webapp.settings import is_loopback

__all__ = [
    "BadRow",
    "Client",
    "Customer",
    "Fleet",
    "Limits",
    "Malformed",
    "Printer",
    "PrinterpointError",
    "Refused",
    "Unreachable",
]

_CHUNK = 64 * 1024
_decode = msgspec.json.Decoder(Envelope).decode


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of every call: seconds, bytes after decompression, pages, attempts."""

    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    total_seconds: float = 60.0
    fleet_seconds: float = 600.0
    max_pages: int = 2_000
    max_bytes_per_page: int = 64 * 1024 * 1024
    retries: int = 3
    backoff_seconds: float = 1.0
    max_retry_after_seconds: float = 60.0


class Client:
    """One dealer's Printerpoint. It reads; it never writes."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme != "https" and not (
            parts.scheme == "http" and is_loopback(parts.hostname)
        ):
            raise ValueError("Printerpoint is read over https only")
        self._first = f"{base_url.rstrip('/')}/dealer/printers"
        self._origin = _origin(self._first)
        self._limits = limits or Limits()
        self._sleep = sleep
        self._monotonic = monotonic
        self._session = requests.Session()
        # No proxies, no .netrc: nothing but our own token goes to nowhere but this host.
        self._session.trust_env = False
        self._session.auth = HTTPBasicAuth(token, "")
        self._session.headers["Accept"] = "application/json"

    def __repr__(self) -> str:
        return f"Client({self._first!r})"

    def check(self) -> None:
        """One authenticated call. Raises Unreachable, Refused or Malformed."""
        self._page(self._first)

    def fleet(self, on_page: Callable[[int], None] | None = None) -> Fleet:
        """The whole fleet. ``on_page`` is told how many printers were read so far.

        Raises Unreachable, Refused or Malformed; then nothing of it is kept.
        """
        fleet = Fleet()
        try:
            self._read_into(fleet, on_page)
        except BaseException:
            fleet.close()
            raise
        return fleet

    def _read_into(self, fleet: Fleet, on_page: Callable[[int], None] | None) -> None:
        following: str | None = self._first
        seen: set[str] = set()
        deadline = self._monotonic() + self._limits.fleet_seconds
        while following is not None:
            if following in seen:
                raise self._malformed("its pages lead in a circle")
            if len(seen) >= self._limits.max_pages:
                raise self._malformed(f"it has more than {self._limits.max_pages:,} pages")
            if self._monotonic() > deadline:
                raise self._timeout("the whole fleet took too long to send")
            seen.add(following)
            envelope = self._page(following)
            fleet.add(read_row(raw) for raw in envelope.results)
            following = self._following(following, envelope)
            if on_page is not None:
                on_page(fleet.printers)

    def _following(self, current: str, envelope: Envelope) -> str | None:
        if envelope.next is None:
            return None
        try:
            following = urljoin(current, envelope.next)
            same = _origin(following) == self._origin and not urlsplit(following).username
        except ValueError:
            same, following = False, ""
        if not same:
            raise self._malformed("its next page is on another host, which would get the token")
        return following

    def _page(self, url: str) -> Envelope:
        """One page, tried again a bounded number of times where that may help."""
        attempt = 0
        while True:
            try:
                return self._attempt(url)
            except Unreachable as error:
                attempt += 1
                if attempt > self._limits.retries:
                    raise
                wait = self._limits.backoff_seconds * 2 ** (attempt - 1)
                asked = error.__dict__.get("retry_after")
                if isinstance(asked, float):
                    if asked > self._limits.max_retry_after_seconds:
                        raise
                    wait = max(wait, asked)
                self._sleep(wait)

    def _attempt(self, url: str) -> Envelope:
        limits = self._limits
        deadline = self._monotonic() + limits.total_seconds
        try:
            with self._session.get(
                url,
                timeout=(limits.connect_seconds, limits.read_seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                self._check_status(response)
                body = self._body(response, deadline)
        except requests.Timeout:
            raise self._timeout("it did not answer in time") from None
        except requests.exceptions.ContentDecodingError:
            raise self._malformed("its answer is damaged (decompression failed)") from None
        except requests.exceptions.ChunkedEncodingError:
            raise self._unreachable("the connection broke in the middle of the answer") from None
        except requests.exceptions.SSLError:
            raise self._unreachable("its certificate is not trusted") from None
        except requests.RequestException:
            # The cause is left out on purpose: it holds the request, and with it the token.
            raise self._unreachable("no connection could be made") from None
        try:
            return _decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise self._malformed("its answer is not the list of printers we expect") from None

    def _check_status(self, response: requests.Response) -> None:
        status = response.status_code
        if status in (401, 403):
            raise Refused(
                "refused",
                f"Printerpoint refused the token ({status}). Make a new one under My Account > "
                "Account Settings > API Access (Admin only) and enter it here.",
                status=status,
                url=self._first,
            )
        if status == 429 or status >= 500:
            kind = "rate_limited" if status == 429 else "unreachable"
            words = "asks us to slow down" if status == 429 else "has a fault of its own"
            error = Unreachable(
                kind,
                f"Printerpoint {words} ({status}). It is tried again by itself; "
                "nothing needs to be done now.",
                status=status,
                retryable=True,
                url=self._first,
            )
            error.__dict__["retry_after"] = _retry_after(response)
            raise error
        if status != 200:
            raise self._malformed(f"it answered with status {status}", status)

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        for part in response.iter_content(_CHUNK):
            size += len(part)
            if size > self._limits.max_bytes_per_page:
                raise self._malformed("its answer is larger than any fleet")
            if self._monotonic() > deadline:
                raise self._timeout("its answer took too long to send")
            parts.append(part)
        return b"".join(parts)

    def _malformed(self, what: str, status: int | None = None) -> Malformed:
        return Malformed(
            "malformed",
            f"Printerpoint's answer cannot be used: {what}. Nothing was counted from it. "
            "If this stays so, tell us and Printerpoint's support.",
            status=status,
            url=self._first,
        )

    def _timeout(self, what: str) -> Unreachable:
        return Unreachable(
            "timeout",
            f"Printerpoint is too slow: {what}. It is tried again by itself.",
            retryable=True,
            url=self._first,
        )

    def _unreachable(self, what: str) -> Unreachable:
        return Unreachable(
            "unreachable",
            f"Printerpoint cannot be reached: {what}. Check the network and "
            "Printerpoint's status; it is tried again by itself.",
            retryable=True,
            url=self._first,
        )


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, port


def _retry_after(response: requests.Response) -> float | None:
    """Seconds to wait, as the answer asks (a number, or a date against its own Date)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):
        return None
    if until.tzinfo is None or sent.tzinfo is None:
        until, sent = until.replace(tzinfo=UTC), sent.replace(tzinfo=UTC)
    return max(0.0, (until - sent) / (datetime.resolution * 1_000_000))
