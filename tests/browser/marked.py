"""Marked: a language in which every translatable text is between two signs.

What a page shows outside of them is not translated, so it must be stored data.
"""

import re
from collections.abc import Iterator
from gettext import NullTranslations
from html.parser import HTMLParser

BEGIN, END = "⟦", "⟧"
#: Attributes that are read out or shown.
_SHOWN = frozenset({"alt", "title", "aria-label", "placeholder", "content", "data-copied"})
_NOT_SHOWN = frozenset({"script", "style", "code", "time"})
_SPACE = re.compile(r"\s+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


class Marking(NullTranslations):
    """Marks every message, and translates none."""

    def gettext(self, message: str) -> str:
        """A message between the signs."""
        return f"{BEGIN}{message}{END}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The form of a number between the signs."""
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """A message between the signs."""
        return self.gettext(message)

    # As Flask-Babel calls them.
    ugettext, ungettext, upgettext = gettext, ngettext, pgettext


class _Reading(HTMLParser):
    """The text of a page in its order, and its attributes that are shown."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.attributes: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        # Regions and time zones have names of their own.
        if tag in _NOT_SHOWN or given.get("name") in ("region", "time_zone", "country"):
            self._hidden.append(tag)
        if tag == "meta" and given.get("name") not in ("description", "twitter:title"):
            return
        for name, value in attrs:
            if name in _SHOWN and value:
                self.attributes.append(value)
        if tag == "input" and given.get("type") in ("submit", "button"):
            self.attributes.append(given.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()
        self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text.append(data)


def unmarked(html: str) -> Iterator[str]:
    """The pieces of a page that stand outside of the signs and have words in them."""
    reading = _Reading()
    reading.feed(html)
    for text in ("".join(reading.text), *reading.attributes):
        for piece in _outside(text):
            if _LETTERS.search(piece):
                yield piece


def _outside(text: str) -> Iterator[str]:
    depth, piece = 0, ""
    for letter in text:
        if letter == BEGIN:
            depth += 1
            if depth == 1:
                yield from _lines(piece)
                piece = ""
        elif letter == END:
            depth -= 1
        elif depth == 0:
            piece += letter
    yield from _lines(piece)


def _lines(piece: str) -> Iterator[str]:
    for line in piece.split("\n"):
        words = _SPACE.sub(" ", line).strip()
        if words:
            yield words
