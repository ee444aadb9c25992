"""Email: messages to users, and the transports that deliver them.

Uses ``smtplib`` and ``email`` of the standard library, because the outbox needs to know which
messages a server accepted, which Flask's mail extensions do not report.
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
