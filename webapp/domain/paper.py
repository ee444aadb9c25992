"""Paper: what large-format counters measure, turned into whole US Letter pages.

The LIFETIME figure is divided and floored, never a difference of two, so that deltas telescope.
"""

#: Area of a US Letter page (8.5 x 11 inch) in hundredths of a square millimetre.
LETTER_AREA = 6_032_246
_SQUARE_MICROMETRES_PER_UNIT = 10_000


def pages_of_area(area: int) -> int:
    """Whole Letter pages in a lifetime area given in hundredths of a square millimetre."""
    return area // LETTER_AREA


def pages_of_length(length: int, roll_width_mm: int) -> int:
    """Whole Letter pages in a lifetime length (micrometres) of a roll ``roll_width_mm`` wide."""
    return length * roll_width_mm * 1_000 // (LETTER_AREA * _SQUARE_MICROMETRES_PER_UNIT)
