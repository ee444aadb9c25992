"""The post: a folder, and a real SMTP server."""

import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.factories import NOW
from webapp.mail import FileTransport, MailError, SmtpTransport, build_message, transport_for

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


class Office:
    """A mail server that keeps what it takes, and refuses what it is told to."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.contents: list[bytes] = []
        self.recipients: list[str] = []
        self.refuse_recipient = ""
        self.refuse_data = ""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        """Take a recipient, or not."""
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Take a message, or not."""
        if self.refuse_data:
            return self.refuse_data
        content = envelope.content
        assert isinstance(content, bytes)
        self.contents.append(content)
        self.taken.append(message_from_bytes(content, policy=default))
        self.recipients += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def office() -> Office:
    """What the mail server keeps."""
    return Office()


@pytest.fixture
def url(office: Office) -> Iterator[str]:
    """A mail server on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()


def test_a_message_arrives_whole(office: Office, url: str, tmp_path: Path) -> None:
    with transport_for(url, tmp_path) as post:
        post.send(message(1))
        post.send(message(2))

    taken = office.taken[0]
    assert office.recipients == ["ada@example.com"] * 2
    assert taken["Subject"] == "Café Nord is unhealthy Bcc: eve@example.com"
    assert taken["Bcc"] is None
    assert taken["From"] == "Releaf <releaf@releaf.example>"
    assert taken["Message-ID"] == "<releaf-1@releaf.example>"
    assert f"List-Unsubscribe: <{UNSUBSCRIBE}>\r\n".encode() in office.contents[0]
    assert taken["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert taken["Date"] == "Tue, 17 Nov 2026 09:30:00 +0000"
    parts = [part.get_content_type() for part in taken.iter_parts()]
    assert parts == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    ("response", "lasting"), [("550 no such user", True), ("450 mailbox is busy", False)]
)
def test_a_recipient_that_is_refused_concerns_one_message(
    office: Office, url: str, tmp_path: Path, response: str, lasting: bool
) -> None:
    office.refuse_recipient = response
    with transport_for(url, tmp_path) as post:
        with pytest.raises(MailError, match=f"refuses the recipient .{response}") as refusal:
            post.send(message())
        office.refuse_recipient = ""
        post.send(message())

    assert (refusal.value.lasting, refusal.value.everybody) == (lasting, False)
    assert len(office.taken) == 1


def test_a_message_that_is_refused_says_why(office: Office, url: str, tmp_path: Path) -> None:
    office.refuse_data = "554 looks like spam"
    with (
        transport_for(url, tmp_path) as post,
        pytest.raises(MailError, match="554 looks like spam") as refusal,
    ):
        post.send(message())

    assert (refusal.value.lasting, refusal.value.everybody) == (True, False)


def test_a_server_that_nobody_runs_concerns_everybody() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(MailError, match="cannot be reached") as refusal, SmtpTransport(url):
            pass

    assert refusal.value.everybody


def test_a_connection_that_breaks_concerns_everybody(url: str, tmp_path: Path) -> None:
    post = SmtpTransport(url)
    with post:
        assert post._server is not None
        assert post._server.sock is not None
        post._server.sock.shutdown(socket.SHUT_RDWR)
        with pytest.raises(MailError) as refusal:
            post.send(message())

    assert refusal.value.everybody


def test_a_login_that_is_refused_says_so_without_the_password(url: str) -> None:
    secret = url.replace("smtp://", "smtp://releaf:hush%40hush@")

    with pytest.raises(MailError) as refusal, SmtpTransport(secret):
        pass

    assert refusal.value.everybody
    assert "hush" not in str(refusal.value)


def test_the_mailbox_keeps_a_message_once_however_often_it_is_handed_over(tmp_path: Path) -> None:
    with transport_for("mailbox:", tmp_path) as post:
        for number in (1, 2, 1):
            post.send(message(number))

    files = sorted((tmp_path / "mailbox").iterdir())
    assert [file.name for file in files] == [
        "releaf-1@releaf.example.eml",
        "releaf-2@releaf.example.eml",
    ]
    kept = message_from_bytes(files[0].read_bytes(), policy=default)
    assert kept["To"] == '"Ada Byrón Bcc: eve@example.com" <ada@example.com>'


def test_a_mailbox_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("a file")

    with (
        pytest.raises(MailError, match="cannot be made") as refusal,
        FileTransport(tmp_path / "mailbox"),
    ):
        pass
    assert refusal.value.everybody
    assert [path.name for path in tmp_path.iterdir()] == ["mailbox"]
