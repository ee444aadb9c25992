"""Text fitting: names as large as possible, in lines of similar length.

Widths are estimated generously, so that the layout rarely breaks a line itself.
"""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple
from unicodedata import category, combining, east_asian_width, normalize


class Size(NamedTuple):
    """A type size in points, and the number of lines that fit."""

    points: float
    lines: int


class FittedText(NamedTuple):
    """A text in its size. A single line that is too long is broken by the layout."""

    points: float
    lines: list[str]


def fit_text(text: str, sizes: Sequence[Size], width: float) -> FittedText:
    """Return the text in the first of the sizes that it fits; ``width`` is in points.

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
    """Estimate the width of a text in the certificate's typefaces, in ems."""
    return sum(map(_em, normalize("NFD", text)))


def printable(text: str) -> str:
    """Return a text without unprintable characters, also for a document's metadata."""
    return " ".join("".join(" " if category(c) in ("Cc", "Cs") else c for c in text).split())


def _wrap(text: str, limit: float) -> list[str]:
    """Return lines of whole words, at most ``limit`` wide unless a single word is wider."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and text_width(f"{lines[-1]} {word}") <= limit:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _evened(text: str, lines: list[str]) -> list[str]:
    """Return as many lines, as narrow as possible, so that no word is alone on the last."""
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
