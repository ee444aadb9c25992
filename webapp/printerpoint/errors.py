"""What can go wrong with Printerpoint: one rich exception in three kinds."""

from typing import Literal

Kind = Literal["unreachable", "timeout", "refused", "rate_limited", "malformed"]


class PrinterpointError(Exception):
    """A call that did not bring an answer.

    ``message`` is for the dealer and says what to do; it never holds the token. ``retryable``:
    whether the same call may pass later without anybody doing anything.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        status: int | None = None,
        retryable: bool = False,
        url: str | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.status = status
        self.retryable = retryable
        self.url = url


class Unreachable(PrinterpointError):
    """No answer: DNS, connection, TLS, time-out, or 429 and 5xx after all retries."""


class Refused(PrinterpointError):
    """The token was refused (401, 403)."""


class Malformed(PrinterpointError):
    """An answer that is not Printerpoint's, or one that leads astray."""
