"""Mail: messages to users, and the transports that deliver them.

The standard library's ``smtplib`` and ``email``, because the outbox needs to know exactly which
messages a server accepted, which the mail extensions of Flask do not say.
"""

from webapp.mail.messages import (
    Attachment,
    EmailBranding,
    EmailContent,
    EmailRenderer,
    EmailSection,
    build_message,
)
from webapp.mail.transport import FileTransport, MailError, SmtpTransport, Transport, transport_for

__all__ = [
    "Attachment",
    "EmailBranding",
    "EmailContent",
    "EmailRenderer",
    "EmailSection",
    "FileTransport",
    "MailError",
    "SmtpTransport",
    "Transport",
    "build_message",
    "transport_for",
]
