"""Translation of HTTP statuses and library exceptions to PrinterpointError."""

import socket
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from webapp.domain.reasons import reason
from webapp.printerpoint.errors import Malformed, PrinterpointError, Refused, Unreachable


def check_status(response: requests.Response, url: str) -> None:
    """Raise the error of a status other than 200."""
    status = response.status_code
    if status == 200:
        return
    if status in (401, 403):
        raise Refused(
            reason("token_refused", status=status),
            status=status,
            url=url,
        )
    if status == 429:
        raise Unreachable(
            reason("rate_limited"),
            kind="rate_limited",
            status=status,
            url=url,
            retryable=True,
            retry_after=_retry_after(response),
        )
    if status >= 500:
        raise Unreachable(
            reason("server_error", status=status),
            status=status,
            url=url,
            retryable=True,
            retry_after=_retry_after(response),
        )
    if 300 <= status < 400:
        code = "redirected"
    elif status == 404:
        code = "address_not_found"
    else:
        code = "unexpected_status"
    raise Malformed(reason(code, status=status), status=status, url=url)


def _retry_after(response: requests.Response) -> float | None:
    """Return seconds from a number or a date, which is compared with the response's date."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
        sent = parsedate_to_datetime(response.headers.get("Date", ""))
        return max(0.0, (until - sent).total_seconds())
    except (TypeError, ValueError):
        return None  # absent, or no date


def explain(error: Exception, late: bool, url: str) -> PrinterpointError:
    """Translate the exception of a library, without its text, which may contain the request."""
    causes = _causes(error)

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    host = urlsplit(url).hostname or ""
    if late:
        return timeout(url)
    if among(urllib3.exceptions.NameResolutionError, socket.gaierror):
        return Unreachable(reason("host_not_found", host=host), url=url)
    if among(requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        return Unreachable(reason("insecure_connection", host=host), url=url)
    # Before time-outs, since urllib3 counts it among them.
    if among(urllib3.exceptions.NewConnectionError):
        return Unreachable(reason("connection_failed", host=host), url=url)
    if among(requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
        return timeout(url)
    if among(IncompleteRead, ConnectionError, urllib3.exceptions.IncompleteRead):
        return Unreachable(reason("connection_lost"), url=url, retryable=True)
    if among(HTTPException, urllib3.exceptions.HTTPError, requests.exceptions.InvalidURL):
        return Malformed(reason("not_http", host=host), url=url)
    return Unreachable(reason("unreachable"), url=url)


def timeout(url: str) -> Unreachable:
    """Return the error of a time-out."""
    return Unreachable(
        reason("timeout"),
        kind="timeout",
        url=url,
        retryable=True,
    )


def _causes(error: BaseException) -> list[BaseException]:
    """Return an error and its causes, contexts, reasons and arguments."""
    found: list[BaseException] = []
    left: list[object] = [error]
    while left and len(found) < 20:
        one = left.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            left += [*one.args, one.__cause__, one.__context__, getattr(one, "reason", None)]
    return found
