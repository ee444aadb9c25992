"""Translation of HTTP statuses and library exceptions to PrinterpointError."""

import socket
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from webapp.printerpoint.errors import Malformed, PrinterpointError, Refused, Unreachable
from webapp.words import Words

WRONG = Words(
    "See that the address of Printerpoint is right; if it is, tell Printerpoint's support."
)
_LATER = Words("Nothing was counted; it is tried again later by itself.")


def check_status(response: requests.Response, url: str) -> None:
    """Raise what another status than 200 means."""
    status = response.status_code
    if status == 200:
        return
    if status in (401, 403):
        raise Refused(
            Words(
                "Printerpoint refuses the API token (status %(status)s). Copy it again from "
                "Printerpoint, My Account > Account Settings > API Access, or make a new one "
                "there, and replace it here.",
                status=status,
            ),
            status=status,
            url=url,
        )
    if status == 429:
        raise Unreachable(
            Words("Printerpoint asks us to call less often (status 429). %(later)s", later=_LATER),
            kind="rate_limited",
            status=status,
            url=url,
            retryable=True,
            retry_after=_retry_after(response),
        )
    if status >= 500:
        raise Unreachable(
            Words(
                "Printerpoint has a fault of its own (status %(status)s). %(later)s If it stays, "
                "ask Printerpoint's support.",
                status=status,
                later=_LATER,
            ),
            status=status,
            url=url,
            retryable=True,
            retry_after=_retry_after(response),
        )
    if 300 <= status < 400:
        message = Words(
            "Printerpoint sends us on to another address, which would get the API token: not "
            "followed (status %(status)s). %(wrong)s",
            status=status,
            wrong=WRONG,
        )
    elif status == 404:
        message = Words(
            "Printerpoint does not know the address we ask (status %(status)s). %(wrong)s",
            status=status,
            wrong=WRONG,
        )
    else:
        message = Words(
            "Printerpoint answers in a way we do not know (status %(status)s). %(wrong)s",
            status=status,
            wrong=WRONG,
        )
    raise Malformed(message, status=status, url=url)


def _retry_after(response: requests.Response) -> float | None:
    """Seconds to wait, given as a number or as a date; a date is read by the answer's own clock."""
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
    """Our words for what the libraries say. Theirs are left out: they may hold the request."""
    causes = _causes(error)

    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    host = urlsplit(url).hostname or ""
    if late:
        return timeout(url)
    if among(urllib3.exceptions.NameResolutionError, socket.gaierror):
        return Unreachable(
            Words(
                "The address %(host)s cannot be found. See that this machine is on the internet "
                "and that the address is right.",
                host=host,
            ),
            url=url,
        )
    if among(requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        return Unreachable(
            Words(
                "The connection to %(host)s is not secure: its certificate or encryption cannot "
                "be trusted. See that nothing stands between this machine and Printerpoint, and "
                "that this machine's clock is right.",
                host=host,
            ),
            url=url,
        )
    # Before time-outs, since urllib3 counts it among them.
    if among(urllib3.exceptions.NewConnectionError):
        return Unreachable(
            Words(
                "Nothing answers at %(host)s. See that this machine reaches the internet; "
                "Printerpoint itself may be down. %(later)s",
                host=host,
                later=_LATER,
            ),
            url=url,
        )
    if among(requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
        return timeout(url)
    if among(IncompleteRead, ConnectionError, urllib3.exceptions.IncompleteRead):
        return Unreachable(
            Words(
                "The connection to Printerpoint broke off in the middle. %(later)s", later=_LATER
            ),
            url=url,
            retryable=True,
        )
    if among(HTTPException, urllib3.exceptions.HTTPError, requests.exceptions.InvalidURL):
        return Malformed(
            Words("What answers at %(host)s is no web server. %(wrong)s", host=host, wrong=WRONG),
            url=url,
        )
    return Unreachable(Words("Printerpoint cannot be reached. %(later)s", later=_LATER), url=url)


def timeout(url: str) -> Unreachable:
    """It took too long."""
    return Unreachable(
        Words("Printerpoint does not answer in time. %(later)s", later=_LATER),
        kind="timeout",
        url=url,
        retryable=True,
    )


def _causes(error: BaseException) -> list[BaseException]:
    """An error and everything it was made of, by cause, context, reason or argument."""
    found: list[BaseException] = []
    left: list[object] = [error]
    while left and len(found) < 20:
        one = left.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            left += [*one.args, one.__cause__, one.__context__, getattr(one, "reason", None)]
    return found
