"""The values of documents, and the error of a document that could not be rendered."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from webapp import i18n
from webapp.domain.business_review import BusinessReview

#: What networks and messengers show whole.
SHARE_WIDTH, SHARE_HEIGHT = 1200, 630


class PdfError(Exception):
    """The document could not be rendered; the message has the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class CertificateValues:
    """The values of a certificate.

    ``month``: the first day of the month. ``late_pages`` of ``pages`` were printed in earlier
    months, whose first days are ``late_months``, ascending; 0 and () if there were none.
    ``corrections``: pages that earlier months counted too many, negative; ``carried_pages``: those
    of earlier months without a certificate, the first and the last of which are ``carried_months``;
    ``pages`` includes both.
    ``logo``: the partner's, a PNG. ``language``: of the document.
    """

    number: str
    account_name: str
    partner_name: str
    month: date
    pages: int
    late_pages: int
    late_months: tuple[date, ...]
    trees: Decimal
    pages_per_tree: int
    project: str
    issued_on: date
    verify_url: str
    logo: bytes | None = None
    language: str = i18n.DEFAULT
    corrections: int = 0
    carried_pages: int = 0
    carried_months: tuple[date, date] | None = None

    @property
    def earlier_lines(self) -> int:
        """The number of lines on pages of earlier months."""
        return sum(map(bool, (self.carried_pages, self.late_pages, self.corrections)))


@dataclass(frozen=True, slots=True)
class CardValues:
    """The values of a card. ``holder``: None if the name is not public."""

    number: str
    holder: str | None
    month: date
    pages: int
    trees: Decimal
    project: str
    language: str = i18n.DEFAULT


@dataclass(frozen=True, slots=True)
class BusinessReviewValues:
    """The values of a business review.

    ``period``, ``before``: the names of the period and of the one before it, in ``language``.
    ``colour``: the brand's, as ``#rrggbb``; ``logo``: its PNG.
    """

    partner_name: str
    period: str
    before: str
    review: BusinessReview
    colour: str | None = None
    logo: bytes | None = None
    language: str = i18n.DEFAULT
