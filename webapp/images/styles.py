"""Styles of drawings: an allow-list of properties with plain values."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import tinycss2
from flask_babel import lazy_gettext as _l

from webapp.images.errors import InvalidImage

_COLOURS = frozenset({"fill", "stroke", "stop-color", "color"})
_WORDS = frozenset(
    {"fill-rule", "clip-rule", "stroke-linecap", "stroke-linejoin", "display", "visibility"}
)
_FIGURES = frozenset(
    {"opacity", "fill-opacity", "stroke-opacity", "stop-opacity", "stroke-width",
     "stroke-miterlimit"}
)  # fmt: skip
#: Without dashes: a short value can require millions of them.
PROPERTIES = _COLOURS | _WORDS | _FIGURES

_COLOUR = re.compile(
    r"[a-zA-Z]+|#[0-9a-fA-F]{3,8}|(?:rgb|hsl)a?\([-+\d.,%/\s]+\)|(?:rgb|hsl)a?\([\d.,%\s]+deg[^()]*\)",
    re.ASCII,
)
_WORD = re.compile(r"[a-z-]+", re.ASCII)
_FIGURE = re.compile(r"[\d.]{1,12}(?:e-?\d)?(?:px|pt|mm|cm|in|%)?", re.ASCII)
_SELECTOR = re.compile(r"[\w.#,*>\s-]+", re.ASCII)

_REFERS = _l(
    "This SVG has a style with an external reference (url). Save it as plain SVG or as PNG."
)
_RULES = _l("This SVG has unsupported style rules (@). Save it as plain SVG or as PNG.")


def value(name: str, text: str) -> str | None:
    """Return the value of a property, or None if it is not a plain one."""
    text = text.strip()
    allowed = _COLOUR if name in _COLOURS else _WORD if name in _WORDS else _FIGURE
    return text if allowed.fullmatch(text) else None


def declarations(text: str) -> str:
    """Return the allowed declarations of a style attribute. Raises InvalidImage."""
    parsed = tinycss2.parse_declaration_list(text, skip_comments=True, skip_whitespace=True)
    return ";".join(_kept(parsed))


def sheet(text: str) -> str:
    """Return the allowed rules of a style element. Raises InvalidImage."""
    rules = []
    for rule in tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True):
        if rule.type == "at-rule":
            raise InvalidImage(_RULES)
        if rule.type != "qualified-rule":
            continue
        _refuse_references([*rule.prelude, *rule.content])
        selector = tinycss2.serialize(rule.prelude).strip()
        if _SELECTOR.fullmatch(selector):
            parsed = tinycss2.parse_declaration_list(
                rule.content, skip_comments=True, skip_whitespace=True
            )
            rules.append(f"{selector}{{{';'.join(_kept(parsed))}}}")
    return "".join(rules)


def _kept(parsed: Iterable[Any]) -> Iterator[str]:
    for declaration in parsed:
        if declaration.type == "at-rule":
            raise InvalidImage(_RULES)
        if declaration.type != "declaration":
            continue
        _refuse_references(declaration.value)
        name = declaration.lower_name
        if name in PROPERTIES:
            plain = value(name, tinycss2.serialize(declaration.value))
            if plain is not None:
                yield f"{name}:{plain}"


def _refuse_references(tokens: Iterable[Any]) -> None:
    """Refuse whatever loads or runs; tokens have no escapes any more."""
    waiting = list(tokens)
    while waiting:
        token = waiting.pop()
        if token.type in ("url", "error"):
            raise InvalidImage(_REFERS)
        if token.type == "function":
            if token.lower_name not in ("rgb", "rgba", "hsl", "hsla"):
                raise InvalidImage(_REFERS)
            waiting += token.arguments
        elif token.type in ("() block", "[] block", "{} block"):
            waiting += token.content
