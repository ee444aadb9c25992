"""Prepared emails to customers, which the user sends from their own mail program."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from flask_babel import force_locale, gettext

from webapp import filters
from webapp.models import Feed


@dataclass(frozen=True, slots=True)
class PreparedEmail:
    """An email in ``language``, the customer's."""

    language: str
    subject: str
    text: str

    @property
    def mailto(self) -> str:
        """The address that opens the email in a mail program, without a recipient (RFC 6068)."""
        body = self.text.replace("\n", "\r\n")
        return f"mailto:?subject={quote(self.subject, safe='')}&body={quote(body, safe='')}"


def stopped_dca(feed: Feed, *, last_data_on: date, days: int, signature: str) -> PreparedEmail:
    """Return the email about a data collection agent that stopped.

    ``days``: business days without data; ``signature``: the names below the text.
    """
    language = feed.account.document_language
    with force_locale(language):
        day = filters.day(last_data_on)
        paragraphs = (
            gettext("Hello,"),
            gettext(
                "We have received no data from the printers of %(customer)s for %(days)s. The last "
                "data is from %(day)s. The data collection agent (DCA), the program that reads the "
                "meters of your printers, has probably stopped.",
                customer=feed.customer_name,
                days=filters.pluralize(days, "business day"),
                day=day,
            ),
            "\n".join(
                (
                    gettext("Please check:"),
                    gettext("1. Is the computer with the DCA on and connected to the network?"),
                    gettext("2. Is the DCA running? If not, start it or restart the computer."),
                    gettext("3. Was the computer, the network or the firewall changed recently?"),
                )
            ),
            gettext(
                "Your printers continue counting. When they report again, the pages of the missed "
                "days are added. Please reply if you need help."
            ),
            signature,
        )
        subject = gettext(
            "No data from the printers of %(customer)s since %(day)s",
            customer=feed.customer_name,
            day=day,
        )
    return PreparedEmail(language, subject, "\n\n".join(paragraphs))
