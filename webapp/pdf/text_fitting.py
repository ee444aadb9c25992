"""Names in documents: set as large as they can be, in lines of about one length.

Widths are estimated, on the generous side, so that the layout seldom has to break a line itself.
"""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple
from unicodedata import category, combining, east_asian_width, normalize


class Size(NamedTuple):
    """A type size in points, and how many lines of it there is room for."""

    points: float
    lines: int


class FittedText(NamedTuple):
    """A text in its size. A single line that is too long is left to the layout to break."""

    points: float
    lines: list[str]


def fit_text(text: str, sizes: Sequence[Size], width: float) -> FittedText:
    """The text in the first of the sizes that has room for it; ``width`` is in points.

    A text that fits none of them gets the last.
    """
    for size in sizes:
        limit = width / size.points
        lines = _wrap(text, limit)
        if _widest(lines) > limit:
            # A word longer than a line, or a script without spaces.
            if ceil(text_width(text) / limit) <= size.lines:
                return FittedText(size.points, [text])
        elif len(lines) <= size.lines:
            return FittedText(size.points, _evened(text, lines))
    return FittedText(sizes[-1].points, [text])


def text_width(text: str) -> float:
    """About how wide a text is in the certificate's typefaces, in ems."""
    return sum(map(_em, normalize("NFD", text)))


def printable(text: str) -> str:
    """Without characters that neither print nor may stand in a document's metadata."""
    return " ".join("".join(" " if category(c) in ("Cc", "Cs") else c for c in text).split())


def _wrap(text: str, limit: float) -> list[str]:
    """Lines of whole words, none wider than ``limit`` unless a single word is."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and text_width(f"{lines[-1]} {word}") <= limit:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _evened(text: str, lines: list[str]) -> list[str]:
    """As many lines, but the narrowest there are: no word stands alone on the last."""
    while True:
        widest = _widest(lines)
        narrower = _wrap(text, widest - 0.01)
        if len(narrower) > len(lines) or _widest(narrower) >= widest:
            return lines
        lines = narrower


def _widest(lines: Sequence[str]) -> float:
    return max(map(text_width, lines))


def _em(character: str) -> float:
    if combining(character):
        return 0.0
    if east_asian_width(character) in "WF":
        return 1.0
    if character in " .,:;'’|!()[]ijlIft-":
        return 0.32
    if character in "MW@&%—mw":
        return 0.85
    if character.islower() or character.isdecimal():
        return 0.51
    return 0.73
