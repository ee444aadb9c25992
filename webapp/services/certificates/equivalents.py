"""Equivalents of pages: operations enter a factor and its source, or remove them."""

from datetime import datetime
from decimal import Decimal, InvalidOperation

from flask_babel import gettext
from sqlalchemy.orm import Session

from webapp import filters
from webapp.errors import Invalid
from webapp.models import Equivalent
from webapp.models.equivalent import LONGEST_SOURCE, EquivalentKind

LARGEST = Decimal(1_000_000)
_MOST_DECIMALS = 6


def factor(kind: EquivalentKind, text: str) -> Decimal:
    """Return the factor that a text means. Raises Invalid."""
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("nan")
    exponent = value.as_tuple().exponent
    if not (
        value.is_finite()
        and 0 < value <= LARGEST
        and isinstance(exponent, int)
        and exponent >= -_MOST_DECIMALS
    ):
        raise Invalid(
            f"{kind}_factor",
            gettext(
                "Enter a number above 0 and up to %(largest)s, with at most 6 decimals.",
                largest=filters.number(int(LARGEST)),
            ),
        )
    return value


def change(
    session: Session, kind: EquivalentKind, per_thousand: Decimal, source: str, now: datetime
) -> tuple[str, str] | None:
    """Set the factor per 1,000 pages and its source; return what was and is stored, if it changed.

    Raises Invalid without a source.
    """
    source = _clean_source(kind, source)
    row = session.get(Equivalent, kind)
    before, after = _describe(row), f"{per_thousand:f}, {source}"
    if before == after:
        return None
    if row is None:
        row = Equivalent(kind=kind)
        session.add(row)
    row.per_thousand, row.source, row.changed_at = per_thousand, source, now
    session.flush()
    return before, after


def remove(session: Session, kind: EquivalentKind) -> tuple[str, str] | None:
    """Switch an equivalent off; return what was and is stored, if it was on."""
    row = session.get(Equivalent, kind)
    if row is None:
        return None
    before = _describe(row)
    session.delete(row)
    session.flush()
    return before, _describe(None)


def _clean_source(kind: EquivalentKind, text: str) -> str:
    field, source = f"{kind}_source", " ".join(text.split())
    if not source:
        raise Invalid(field, gettext("Enter the source of the factor."))
    if len(source) > LONGEST_SOURCE:
        raise Invalid(
            field, gettext("Shorten the source to %(longest)s characters.", longest=LONGEST_SOURCE)
        )
    if not source.isprintable():
        raise Invalid(
            field,
            gettext("The source contains characters that cannot be displayed; type it again."),
        )
    return source


def _describe(row: Equivalent | None) -> str:
    return "–" if row is None else f"{row.per_thousand:f}, {row.source}"
