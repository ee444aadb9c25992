"""Exceptions raised by the Printerpoint client. No message contains a token."""

from typing import Literal

from webapp import messages
from webapp.domain.reasons import Reason

Kind = Literal["unreachable", "timeout", "refused", "rate_limited", "malformed"]


class PrinterpointError(Exception):
    """Printerpoint could not be read.

    ``reason``: what happened and what to do; ``message``: its sentence. ``status``: of the HTTP
    response, if there was one. ``url``: of the request, without query and credentials.
    ``retryable``: the same call may succeed later. ``retry_after``: the seconds that Printerpoint
    requested.
    """

    kind: Kind = "unreachable"

    def __init__(
        self,
        reason: Reason,
        *,
        kind: Kind | None = None,
        status: int | None = None,
        retryable: bool = False,
        url: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind or type(self).kind
        self.status = status
        self.retryable = retryable
        self.url = url
        self.retry_after = retry_after

    @property
    def message(self) -> str:
        """The reason as a sentence in the current language."""
        return messages.sentence(self.reason)

    def __str__(self) -> str:
        return self.message


class Unreachable(PrinterpointError):
    """No response: name, connection, TLS, time-out; or 429 and 5xx after all retries."""

    kind: Kind = "unreachable"


class Refused(PrinterpointError):
    """The token is not accepted. Retries cannot help."""

    kind: Kind = "refused"


class Malformed(PrinterpointError):
    """A response that is not Printerpoint's, or exceeds the limits."""

    kind: Kind = "malformed"
