"""Mail: letters to users, and the post that takes them.

The standard library's ``smtplib`` and ``email``, because jobs have no Flask application, which the
mail extensions of Flask ask for, and because these need to be exact about what was handed over.
"""

from webapp.mail.letters import Enclosure, Entry, Letter, LetterPrinter, Sign, message_of
from webapp.mail.post import Mailbox, MailError, Post, Smtp, post_of

__all__ = [
    "Enclosure",
    "Entry",
    "Letter",
    "LetterPrinter",
    "MailError",
    "Mailbox",
    "Post",
    "Sign",
    "Smtp",
    "message_of",
    "post_of",
]
