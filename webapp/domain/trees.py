"""Trees: the conversion of standard pages."""

from decimal import ROUND_HALF_UP, Decimal

#: Standard pages (US Letter, 74 g/m2) per tree.
PAGES_PER_TREE = 8_333


def trees(pages: int) -> Decimal:
    """Return the trees for whole standard pages, rounded once (half up) to 2 decimals.

    2,469,134 pages are 296.31 trees.
    """
    return (Decimal(pages) / PAGES_PER_TREE).quantize(Decimal("0.01"), ROUND_HALF_UP)
