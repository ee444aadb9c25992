"""Equivalents of pages: liters of water, kilograms of CO2."""

from decimal import ROUND_HALF_UP, Context, Decimal


def amount(pages: int, per_thousand: Decimal) -> Decimal:
    """Return the amount for whole standard pages, rounded once (half up).

    From 100 on it is whole, from 1 on it has 1 decimal, below 1 it has 2 significant digits.
    """
    exact = Decimal(pages) * per_thousand / 1_000
    if exact >= 100:
        return exact.quantize(Decimal(1), ROUND_HALF_UP)
    if exact >= 1:
        return exact.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return Context(prec=2, rounding=ROUND_HALF_UP).plus(exact)
