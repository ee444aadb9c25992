"""Letters: plain values to a message with a plain and an HTML part."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webapp import filters, i18n

_TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a letter tells: a title, facts as (name, value), what to do, and where."""

    title: str
    facts: Sequence[tuple[str, str]]
    step: str
    url: str


@dataclass(frozen=True, slots=True)
class Sign:
    """Who seems to write: a name, a colour with that of the text on it, and perhaps a logo.

    ``logo`` is the Content-ID of a picture in the message, ``size`` what it is shown in.
    """

    name: str = "Releaf"
    colour: str = "#1f7a4d"
    text: str = "#ffffff"
    logo: str | None = None
    size: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A PNG that the HTML of a message shows."""

    content: bytes
    content_id: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter tells. ``why``: why the reader gets it; the links are to change that."""

    title: str
    lead: str
    entries: Sequence[Entry]
    why: str
    settings_url: str
    unsubscribe_url: str
    sign: Sign = field(default_factory=Sign)


class LetterPrinter:
    """Makes the text of letters."""

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
        self._plain = environment.get_template("mails/letter.txt")
        self._html = environment.get_template("mails/letter.html")

    def print(self, letter: Letter) -> tuple[str, str]:
        """The plain part and the HTML part."""
        return self._plain.render(letter=letter), self._html.render(letter=letter)


def message_of(
    *,
    sender: str,
    to: tuple[str, str],
    title: str,
    plain: str,
    html: str,
    message_id: str,
    unsubscribe_url: str,
    made_at: datetime,
    logo: Enclosure | None = None,
) -> EmailMessage:
    """A message to (full name, address). Its ``message_id`` is one for ever: see ``Smtp``."""
    name, address = parseaddr(sender)
    message = EmailMessage()
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(" ".join(to[0].split()), addr_spec=to[1])
    message["Subject"] = " ".join(title.split())
    message["Date"] = format_datetime(made_at)
    message["Message-ID"] = f"<{message_id}@{address.rpartition('@')[2]}>"
    # RFC 8058: mail programs show a button that posts to the link.
    message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain)
    message.add_alternative(html, subtype="html")
    if logo is not None:
        # Within the message: pictures from elsewhere are not shown, or tell who reads.
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
