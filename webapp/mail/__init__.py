"""Email: messages to users, and the transports that deliver them.

Uses ``smtplib`` and ``email`` of the standard library, because the outbox needs to know which
messages a server accepted, which Flask's mail extensions do not report.
"""

from webapp.mail.messages import Attachment, PdfAttachment, build_message
from webapp.mail.rendering import EmailBranding, EmailContent, render
from webapp.mail.transport import MailError, Send, open_transport

__all__ = [
    "Attachment",
    "EmailBranding",
    "EmailContent",
    "MailError",
    "PdfAttachment",
    "Send",
    "build_message",
    "open_transport",
    "render",
]
