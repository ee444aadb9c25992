"""The transport: a folder, and a real SMTP server."""

import socket
import ssl
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.factories import NOW
from tests.mail.mail_server import Handler, free_port, serving, write_certificate
from webapp.mail import MailError, build_message, open_transport, transport

#: As long as those that are sent.
UNSUBSCRIBE = "https://releaf.example/unsubscribe/" + "WzEyMywiZmVlZCJd.aSsN4g." * 8


def message(number: int = 1, to: str = "ada@example.com") -> EmailMessage:
    """A message."""
    return build_message(
        sender="Releaf <releaf@releaf.example>",
        to=("Ada Byrón\nBcc: eve@example.com", to),
        title="Café Nord is unhealthy\r\nBcc: eve@example.com",
        plain="Collection is paused.\n",
        html="<p>Collection is paused.</p>",
        message_id=f"releaf-{number}",
        unsubscribe_url=UNSUBSCRIBE,
        made_at=NOW,
    )


def deliver(url: str, instance: Path) -> None:
    """Deliver one message."""
    with open_transport(url, instance) as send:
        send(message())


@pytest.fixture
def office() -> Handler:
    """The handler of the mail server."""
    return Handler()


@pytest.fixture
def url(office: Handler) -> Iterator[str]:
    """The URL of a mail server without encryption."""
    with serving(office) as port:
        yield f"smtp://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a self-signed certificate for localhost, and its key."""
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    write_certificate(path)
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """The server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_message_is_delivered_unchanged(office: Handler, url: str, tmp_path: Path) -> None:
    with open_transport(url, tmp_path) as send:
        send(message(1))
        send(message(2))

    received = office.messages[0]
    assert office.recipients == ["ada@example.com"] * 2
    assert received["Subject"] == "Café Nord is unhealthy Bcc: eve@example.com"
    assert received["Bcc"] is None
    assert received["From"] == "Releaf <releaf@releaf.example>"
    assert received["Message-ID"] == "<releaf-1@releaf.example>"
    assert f"List-Unsubscribe: <{UNSUBSCRIBE}>\r\n".encode() in office.contents[0]
    assert received["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert received["Date"] == "Tue, 17 Nov 2026 09:30:00 +0000"
    parts = [part.get_content_type() for part in received.iter_parts()]
    assert parts == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    ("response", "permanent"), [("550 no such user", True), ("450 mailbox is busy", False)]
)
def test_a_recipient_that_is_refused_concerns_one_message(
    office: Handler, url: str, tmp_path: Path, response: str, permanent: bool
) -> None:
    office.refuse_recipient = response
    with open_transport(url, tmp_path) as send:
        with pytest.raises(MailError, match=f"refuses the recipient: {response}") as refusal:
            send(message())
        office.refuse_recipient = ""
        send(message())

    assert (refusal.value.permanent, refusal.value.transport_failed) == (permanent, False)
    assert len(office.messages) == 1


def test_a_refused_message_raises_the_reason(office: Handler, url: str, tmp_path: Path) -> None:
    office.refuse_data = "554 looks like spam"
    with (
        open_transport(url, tmp_path) as send,
        pytest.raises(MailError, match="554 looks like spam") as refusal,
    ):
        send(message())

    assert (refusal.value.permanent, refusal.value.transport_failed) == (True, False)


def test_an_address_that_the_server_does_not_support_concerns_one_message(
    office: Handler, tmp_path: Path
) -> None:
    with (
        serving(office, enable_SMTPUTF8=False) as port,
        open_transport(f"smtp://127.0.0.1:{port}", tmp_path) as send,
    ):
        with pytest.raises(MailError) as refusal:
            send(message(to="ada@münchen.example"))
        send(message())

    assert (refusal.value.permanent, refusal.value.transport_failed) == (True, False)
    assert len(office.messages) == 1


@pytest.mark.parametrize(
    "address", ["ada..byron@example.com", "adá@example.com", "a[@x.com", "[@x"]
)
def test_an_address_that_no_message_can_have_concerns_one_message(address: str) -> None:
    with pytest.raises(MailError, match="address") as refusal:
        message(to=address)

    assert (refusal.value.permanent, refusal.value.transport_failed) == (True, False)


def test_an_unreachable_mail_server_fails_every_message(tmp_path: Path) -> None:
    url = f"smtp://127.0.0.1:{free_port()}"
    with pytest.raises(MailError, match="cannot be reached") as refusal:
        deliver(url, tmp_path)

    assert refusal.value.transport_failed


def test_a_time_out_fails_every_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "TIMEOUT_SECONDS", 0.01)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(MailError, match=r"in time|timed out") as refusal:
            deliver(url, tmp_path)

    assert refusal.value.transport_failed


def test_a_broken_connection_fails_every_message(office: Handler, url: str, tmp_path: Path) -> None:
    office.disconnect = True

    with pytest.raises(MailError, match="closed") as refusal:
        deliver(url, tmp_path)

    assert refusal.value.transport_failed


def test_a_refused_login_is_reported_without_the_password(url: str, tmp_path: Path) -> None:
    secret = url.replace("smtp://", "smtp://releaf:hush%40hush@")

    with pytest.raises(MailError) as refusal:
        deliver(secret, tmp_path)

    assert refusal.value.transport_failed
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_connection_is_encrypted_before_the_login(
    office: Handler,
    tls: ssl.SSLContext,
    certificate: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    passwords = []

    def check(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
    ) -> AuthResult:
        passwords.append((login.login, login.password))
        return AuthResult(success=True)

    # aiosmtpd offers a login on connections that STARTTLS has encrypted only, unless it is set.
    options: dict[str, Any] = (
        {"tls_context": tls, "require_starttls": True}
        if scheme == "smtp"
        else {"ssl_context": tls, "auth_require_tls": False}
    )
    with serving(office, "localhost", authenticator=check, **options) as port:
        deliver(f"{scheme}://releaf:hush%40hush@localhost:{port}", tmp_path)

    assert passwords == [(b"releaf", b"hush@hush")]
    assert len(office.messages) == 1


def test_a_server_with_another_certificate_receives_nothing(
    office: Handler, tls: ssl.SSLContext, tmp_path: Path
) -> None:
    with (
        serving(office, tls_context=tls) as port,
        pytest.raises(MailError, match="cannot be trusted") as refusal,
    ):
        deliver(f"smtp://127.0.0.1:{port}", tmp_path)

    assert refusal.value.transport_failed
    assert office.messages == []


def test_another_machine_without_encryption_receives_nothing(
    office: Handler, tmp_path: Path
) -> None:
    with (
        serving(office, "127.0.0.2") as port,
        pytest.raises(MailError, match="STARTTLS extension not supported") as refusal,
    ):
        deliver(f"smtp://127.0.0.2:{port}", tmp_path)

    assert refusal.value.transport_failed
    assert office.messages == []


def test_the_mailbox_has_a_message_once_however_often_it_is_delivered(tmp_path: Path) -> None:
    with open_transport("mailbox:", tmp_path) as send:
        for number in (1, 2, 1):
            send(message(number))

    files = sorted((tmp_path / "mailbox").iterdir())
    assert [file.name for file in files] == [
        "releaf-1@releaf.example.eml",
        "releaf-2@releaf.example.eml",
    ]
    stored = message_from_bytes(files[0].read_bytes(), policy=default)
    assert stored["To"] == '"Ada Byrón Bcc: eve@example.com" <ada@example.com>'


def test_a_mailbox_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("a file")

    with pytest.raises(MailError, match="cannot be written") as refusal:
        deliver("mailbox:", tmp_path)

    assert refusal.value.transport_failed
    assert [path.name for path in tmp_path.iterdir()] == ["mailbox"]
