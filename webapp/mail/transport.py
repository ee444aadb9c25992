"""Email transport: an SMTP server, or a folder with a file for each message."""

import os
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from webapp.domain.reasons import Reason, reason
from webapp.messages import sentence

#: Seconds for connecting, and for each response of the server.
TIMEOUT_SECONDS = 20
#: Delivers a message. Raises MailError.
Send = Callable[[EmailMessage], None]


class MailError(Exception):
    """A message was not accepted, for a ``reason``. ``permanent``: retries cannot help.

    ``transport_failed``: the transport as a whole fails, so that other messages need not be tried.
    """

    def __init__(
        self, reason: Reason, *, permanent: bool = False, transport_failed: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.transport_failed = transport_failed

    def __str__(self) -> str:
        return sentence(self.reason)


@contextmanager
def open_transport(url: str, instance: Path) -> Iterator[Send]:
    """Open the transport of MAIL_URL and yield its ``send``. Raises MailError.

    ``smtps://`` is encrypted from the start, ``smtp://`` by STARTTLS; ``mailbox:`` is a folder of
    the instance. If the connection fails before the response to a message, the message may have
    been accepted. It is sent again with the same Message-ID, by which duplicates are detected.
    """
    if url == "mailbox:":
        yield partial(_store, instance / "mailbox")
        return
    parts = urlsplit(url)
    with ExitStack() as stack:
        try:
            server = _connect(parts)
            stack.callback(_quit, server)
            _log_in(server, parts)
        except OSError as error:
            raise MailError(_reason(error), transport_failed=True) from error
        yield partial(_send, server)


def _store(folder: Path, message: EmailMessage) -> None:
    """Write a message to a file named by its Message-ID, so that duplicates are stored once."""
    name = str(message["Message-ID"]).strip("<>").replace("/", "_")
    part = folder / f".{name}.{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.write_bytes(message.as_bytes())
        part.replace(folder / f"{name}.eml")
    except OSError as error:
        detail = error.strerror or type(error).__name__
        why = reason("mailbox_not_writable", folder=str(folder), error=detail)
        raise MailError(why, transport_failed=True) from error


def _connect(url: SplitResult) -> smtplib.SMTP:
    host = url.hostname or ""
    if url.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    return smtplib.SMTP(host, url.port or 587, timeout=TIMEOUT_SECONDS)


def _log_in(server: smtplib.SMTP, url: SplitResult) -> None:
    """Encrypt the connection, or fail: names and addresses are not sent unencrypted. Log in."""
    server.ehlo()
    local = url.hostname in ("127.0.0.1", "::1", "localhost")
    if url.scheme == "smtp" and (server.has_extn("starttls") or not local):
        server.starttls(context=ssl.create_default_context())
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))


def _quit(server: smtplib.SMTP) -> None:
    with suppress(OSError):
        server.quit()


def _send(server: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        [(code, response)] = error.recipients.values()  # a message has one recipient
        why = reason("recipient_refused", response=f"{code} {_text(response)}")
        raise MailError(why, permanent=code >= 500) from error
    except smtplib.SMTPDataError as error:
        raise MailError(_reason(error), permanent=error.smtp_code >= 500) from error
    except smtplib.SMTPNotSupportedError as error:  # an address that needs SMTPUTF8
        raise MailError(_reason(error), permanent=True) from error
    except OSError as error:
        raise MailError(_reason(error), transport_failed=True) from error


def _reason(error: OSError) -> Reason:
    """Return the reason of an error, without anything that was sent; smtplib’s are OSErrors."""
    if isinstance(error, smtplib.SMTPResponseException):
        return reason("mail_refused", response=f"{error.smtp_code} {_text(error.smtp_error)}")
    if isinstance(error, smtplib.SMTPException):
        return reason("mail_failed", error=_text(str(error)) or type(error).__name__)
    if isinstance(error, TimeoutError):
        return reason("mail_server_timeout")
    if isinstance(error, ssl.SSLError):
        return reason("mail_server_untrusted")
    return reason("mail_server_unreachable", error=error.strerror or type(error).__name__)


def _text(response: bytes | str) -> str:
    text = response.decode("utf-8", "replace") if isinstance(response, bytes) else response
    text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())[:200]
