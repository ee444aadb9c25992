"""Emails of drafts, as users receive them."""

from flask_babel import force_locale

from webapp.mail import EmailBranding, EmailContent, render
from webapp.services.accounts.users import language_of
from webapp.services.notifications.notices import EmailDraft


def rendered(draft: EmailDraft) -> EmailContent:
    """The email of a draft, in the language of its user; needs ``public_app``."""
    values = {
        **draft.values,
        "subject": draft.subject,
        "branding": EmailBranding(),
        "unsubscribe_url": "https://releaf.example/unsubscribe/token",
    }
    with force_locale(language_of(draft.user)):
        return render(draft.template, values)
