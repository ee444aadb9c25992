"""The minimum of a partner's certificates: fewer pages are carried to the next certificate."""

from flask_babel import gettext

from webapp import filters
from webapp.errors import Invalid
from webapp.models import Account

#: About 120 trees; more is a typing error.
LARGEST = 1_000_000


def change(partner: Account, pages: int | None) -> bool:
    """Set the fewest pages of a certificate, None or 0: none; return whether it changed.

    It applies to months that close from now on. Without one, or with a smaller one, pages that are
    carried already are certified when the next month closes. Raises Invalid.
    """
    if partner.kind != "partner":
        raise Invalid("minimum_pages", gettext("A customer has its partner’s minimum."))
    if pages is not None and not 0 <= pages <= LARGEST:
        raise Invalid(
            "minimum_pages",
            gettext(
                "Enter a number of pages from 1 to %(largest)s. 0 or an empty field means no "
                "minimum.",
                largest=filters.number(LARGEST),
            ),
        )
    before, partner.minimum_pages = partner.minimum_pages, pages or None
    return before != partner.minimum_pages
