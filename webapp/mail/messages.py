"""Messages: from plain values to a message with a plain and an HTML part."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, parseaddr
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webapp import filters, i18n

_TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class EmailSection:
    """A section of an email: a title, facts as (name, value), the next step, and a link."""

    title: str
    facts: Sequence[tuple[str, str]]
    step: str
    url: str


@dataclass(frozen=True, slots=True)
class EmailBranding:
    """The displayed sender: a name, a color, the color of text on it, and optionally a logo.

    ``logo``: the Content-ID of an attachment; ``size``: its width and height in pixels.
    """

    name: str = "Releaf"
    colour: str = "#1f7a4d"
    text: str = "#ffffff"
    logo: str | None = None
    size: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Attachment:
    """An inline PNG of the HTML part."""

    content: bytes
    content_id: str


@dataclass(frozen=True, slots=True)
class EmailContent:
    """The content of an email. ``why``: why the user receives it; the links change that."""

    title: str
    lead: str
    sections: Sequence[EmailSection]
    why: str
    settings_url: str
    unsubscribe_url: str
    branding: EmailBranding = field(default_factory=EmailBranding)


class EmailRenderer:
    """Renders the parts of emails."""

    def __init__(self) -> None:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        i18n.use_in(environment)
        filters.add_filters(environment)
        self._plain = environment.get_template("mail/notification.txt")
        self._html = environment.get_template("mail/notification.html")

    def render(self, content: EmailContent) -> tuple[str, str]:
        """Return the plain part and the HTML part."""
        return self._plain.render(content=content), self._html.render(content=content)


#: RFC 5322 allows 998 characters a line. A longer List-Unsubscribe would be folded into encoded
#: words, which mail programs do not read.
_POLICY = default.clone(max_line_length=998)


def build_message(
    *,
    sender: str,
    to: tuple[str, str],
    title: str,
    plain: str,
    html: str,
    message_id: str,
    unsubscribe_url: str,
    made_at: datetime,
    logo: Attachment | None = None,
) -> EmailMessage:
    """Return a message to (full name, address). All attempts have the same ``message_id``."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(" ".join(to[0].split()), addr_spec=to[1])
    message["Subject"] = " ".join(title.split())
    message["Date"] = format_datetime(made_at)
    message["Message-ID"] = f"<{message_id}@{address.rpartition('@')[2]}>"
    # RFC 8058: mail programs display a button that posts to the link.
    message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    if logo is not None:
        # Inline: external pictures are blocked, or disclose who reads.
        part = message.get_payload()[-1]  # type: ignore[index]
        part.add_related(  # type: ignore[union-attr]
            logo.content,
            "image",
            "png",
            cid=f"<{logo.content_id}>",
            disposition="inline",
            filename="logo.png",
        )
    return message
