"""Trees: the conversion of standard pages."""

from decimal import ROUND_HALF_UP, Context, Decimal

#: Standard pages (US Letter, 74 g/m2) per tree.
PAGES_PER_TREE = 8_333


def trees(pages: int) -> Decimal:
    """Return the trees for whole standard pages, rounded once (half up).

    They have 2 decimals: 2,469,134 pages are 296.31 trees. Up to 83 pages, which are less than
    0.01 trees, have 2 significant digits: 22 pages are 0.0026 trees.
    """
    exact = Decimal(pages) / PAGES_PER_TREE
    if 0 < abs(exact) < Decimal("0.01"):
        return Context(prec=2, rounding=ROUND_HALF_UP).plus(exact)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
