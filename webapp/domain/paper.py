"""Paper: counters of large-format printers, converted to whole US Letter pages.

The lifetime value is divided and floored, never a difference of two, so that deltas telescope.
"""

#: Area of a US Letter page (8.5 x 11 inch) in hundredths of a square millimetre.
LETTER_AREA = 6_032_246
_SQUARE_MICROMETRES_PER_UNIT = 10_000


def pages_of_area(area: int) -> int:
    """Return whole Letter pages of a lifetime area in hundredths of a square millimeter."""
    return area // LETTER_AREA


def pages_of_length(length: int, roll_width_mm: int) -> int:
    """Return whole Letter pages of a lifetime length in micrometers, for a roll width."""
    return length * roll_width_mm * 1_000 // (LETTER_AREA * _SQUARE_MICROMETRES_PER_UNIT)
