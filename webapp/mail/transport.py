"""Email transports: an SMTP server, or a folder with a file for each message."""

import os
import smtplib
import ssl
from contextlib import AbstractContextManager, suppress
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

#: Seconds for connecting, and for each response of the server.
TIMEOUT_SECONDS = 20


class MailError(Exception):
    """A message was not accepted. ``lasting``: retries cannot help.

    ``everybody``: the transport as a whole fails, so that other messages need not be tried.
    """

    def __init__(self, message: str, *, lasting: bool = False, everybody: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting
        self.everybody = everybody


class Transport(AbstractContextManager["Transport"], Protocol):
    """Delivers messages, one after another, while it is open."""

    def send(self, message: EmailMessage) -> None:
        """Deliver a message. Raises MailError."""


class FileTransport:
    """A folder with a file for each message, named by its Message-ID.

    A message that is delivered twice is stored once: files are not replaced.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise MailError(
                f"the mailbox {self._folder} cannot be made ({error.strerror})", everybody=True
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def send(self, message: EmailMessage) -> None:
        """Store a message. Raises MailError."""
        name = str(message["Message-ID"]).strip("<>").replace("/", "_")
        path = self._folder / f"{name}.eml"
        part = self._folder / f".{name}.{os.getpid()}"
        try:
            part.write_bytes(message.as_bytes())
            with suppress(FileExistsError):
                os.link(part, path)
            part.unlink()
        except OSError as error:
            raise MailError(
                f"the mailbox cannot be written ({error.strerror})", everybody=True
            ) from error


class SmtpTransport:
    """An SMTP server. ``smtps://`` is encrypted from the start, ``smtp://`` by STARTTLS.

    If the connection fails before the response to a message, it is unknown whether it was accepted.
    It is sent again with the same Message-ID, by which mail systems detect duplicates.
    """

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        host, port = self._url.hostname or "", self._url.port
        try:
            if self._url.scheme == "smtps":
                self._server = smtplib.SMTP_SSL(
                    host, port or 465, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context()
                )
            else:
                self._server = smtplib.SMTP(host, port or 587, timeout=TIMEOUT_SECONDS)
                self._encrypt(self._server)
            if self._url.username:
                self._server.login(unquote(self._url.username), unquote(self._url.password or ""))
        except (OSError, smtplib.SMTPException) as error:
            self.__exit__(None, None, None)
            raise MailError(f"the mail server {host}: {_words(error)}", everybody=True) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._server.quit()
            self._server = None

    def send(self, message: EmailMessage) -> None:
        """Deliver a message. Raises MailError."""
        if self._server is None:
            raise RuntimeError("the transport is not open")
        try:
            self._server.send_message(message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            code = _code(error)
            raise MailError(_words(error), lasting=500 <= code < 600) from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailError(_words(error), everybody=True) from error

    def _encrypt(self, server: smtplib.SMTP) -> None:
        """Encrypt the connection, or fail: names and addresses are not sent unencrypted."""
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        elif self._url.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise smtplib.SMTPException("it offers no encryption (STARTTLS); use smtps://")


def transport_for(url: str, instance: Path) -> Transport:
    """Return the transport for MAIL_URL; ``mailbox:`` is a folder of the instance."""
    return FileTransport(instance / "mailbox") if url == "mailbox:" else SmtpTransport(url)


def _code(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> int:
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code
    return max((code for code, _ in error.recipients.values()), default=0)


def _words(error: Exception) -> str:
    """Return an error's text, without anything that was sent."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = max(error.recipients.values(), default=(0, b""))
        return f"it refuses the recipient ({code} {_text(said)})"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it answers {error.smtp_code} {_text(error.smtp_error)}"
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    if isinstance(error, ssl.SSLError):
        return "its certificate or encryption cannot be trusted"
    if isinstance(error, smtplib.SMTPException):
        return str(error) or type(error).__name__
    return f"it cannot be reached ({getattr(error, 'strerror', None) or type(error).__name__})"


def _text(said: bytes | str) -> str:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(words.split())[:200]
