"""Equivalents of pages as pages of the service state them, with their sources."""

from dataclasses import dataclass
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp import filters
from webapp.db import db
from webapp.domain.equivalents import amount
from webapp.models.equivalent import EquivalentKind
from webapp.queries import equivalents as queries

LABELS: dict[EquivalentKind, LazyString] = {"water": _l("Water"), "co2": _l("CO₂")}
_UNITS: dict[EquivalentKind, LazyString] = {"water": _l("liters"), "co2": _l("kg")}


@dataclass(frozen=True, slots=True)
class ShownEquivalent:
    """An amount with its unit, and the source of the factor."""

    label: LazyString
    amount: str
    unit: LazyString
    source: str


def of(pages: int) -> list[ShownEquivalent]:
    """Return the equivalents of pages that are on; none of 0 pages."""
    if pages <= 0:
        return []
    return [
        ShownEquivalent(
            LABELS[one.kind], _number(amount(pages, one.per_thousand)), _UNITS[one.kind], one.source
        )
        for one in queries.factors(db.session())
    ]


def _number(value: Decimal) -> str:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < 0:
        return filters.decimal(value, -exponent)
    return filters.number(int(value))
