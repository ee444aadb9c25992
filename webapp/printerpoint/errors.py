"""Exceptions raised by the Printerpoint client. No message contains a token."""

from typing import Literal

from webapp import messages
from webapp.domain.reasons import Reason

Kind = Literal["unreachable", "timeout", "refused", "rate_limited", "malformed"]


class PrinterpointError(Exception):
    """Printerpoint could not be read.

    ``reason`` says what happened and what to do; ``message`` is its sentence.
    ``status``: of the HTTP answer, if there was one. ``url``: what was asked, without query and
    credentials. ``retryable``: the same call may pass a moment later. ``retry_after``: seconds
    Printerpoint asked us to wait.
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
    """No answer: name, connection, TLS, time-out; or 429 and 5xx that lasted."""

    kind: Kind = "unreachable"


class Refused(PrinterpointError):
    """The token is not accepted. Trying again cannot help."""

    kind: Kind = "refused"


class Malformed(PrinterpointError):
    """An answer that is not Printerpoint's, or larger or longer than any of them can be."""

    kind: Kind = "malformed"
