"""Messages: a message with a plain part and an HTML part."""

from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime, parseaddr

from webapp.domain.reasons import reason
from webapp.mail.transport import MailError


@dataclass(frozen=True, slots=True)
class Attachment:
    """An inline PNG of the HTML part."""

    content: bytes
    content_id: str


@dataclass(frozen=True, slots=True)
class PdfAttachment:
    """A PDF beside the text of a message."""

    filename: str
    content: bytes


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
    unsubscribe_url: str | None,
    made_at: datetime,
    logo: Attachment | None = None,
    pdf: PdfAttachment | None = None,
) -> EmailMessage:
    """Return a message to (full name, address). All attempts have the same ``message_id``.

    Raises MailError for an address that is not one.
    """
    name, address = parseaddr(sender)
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = _recipient(*to)
    message["Subject"] = " ".join(title.split())
    message["Date"] = format_datetime(made_at)
    message["Message-ID"] = f"<{message_id}@{address.rpartition('@')[2]}>"
    if unsubscribe_url is not None:
        # RFC 8058: mail programs display a button that posts to the link.
        message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(plain, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    if logo is not None:
        _add_inline(message, logo)
    if pdf is not None:
        message.add_attachment(
            pdf.content, maintype="application", subtype="pdf", filename=pdf.filename
        )
    return message


def _add_inline(message: EmailMessage, logo: Attachment) -> None:
    # External pictures are blocked, or disclose who reads.
    part = message.get_payload()[-1]  # type: ignore[index]
    part.add_related(  # type: ignore[union-attr]
        logo.content,
        "image",
        "png",
        cid=f"<{logo.content_id}>",
        disposition="inline",
        filename="logo.png",
    )


def _recipient(full_name: str, email: str) -> Address:
    try:
        return Address(" ".join(full_name.split()), addr_spec=email)
    except (ValueError, MessageError, AttributeError) as error:  # the last for "ada@[", by a defect
        raise MailError(reason("address_invalid"), permanent=True) from error
