"""Drawings: SVG rebuilt from an allow-list of elements and attributes, to be rasterized.

Scripts, external references and unbounded structures are refused with a message; metadata of
drawing programs and other attributes are dropped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from resvg_py import svg_to_bytes

from webapp.images import styles
from webapp.images.errors import InvalidImage

_SVG: Final = "http://www.w3.org/2000/svg"
_SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
_GRADIENTS = frozenset({"linearGradient", "radialGradient"})
#: No image: the rasterizer would read any file that it names.
_ELEMENTS = frozenset({"svg", "g", "defs", "stop", "clipPath", "style"}) | _SHAPES | _GRADIENTS
#: Texts about the drawing, which are not displayed.
_UNSEEN = frozenset({"title", "desc", "metadata"})
_MOST_ELEMENTS = 3_000
_DEEPEST = 40

_NUMBERS = re.compile(r"[-+\w.,%()\s]*", re.ASCII)
_NAME = re.compile(r"[\w.:-]+", re.ASCII)
_NAMES = re.compile(r"[\w.: -]+", re.ASCII)
_OWN = re.compile(r"\s*url\(\s*#([\w.:-]+)\s*\)\s*", re.ASCII)
_LENGTH = re.compile(r"\s*(\d{1,6}(?:\.\d{1,9})?|\.\d{1,9})\s*(?:px|pt|mm|cm|in)?\s*", re.ASCII)

_GEOMETRY = frozenset(
    {"x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "fx", "fy", "fr", "r", "rx", "ry", "width",
     "height", "points", "d", "viewBox", "transform", "offset", "gradientTransform"}
)  # fmt: skip
_CHOICES = frozenset({"gradientUnits", "clipPathUnits"})

_UNREADABLE = _l("This SVG file cannot be read. Save it again as plain SVG, or as PNG.")
_REFERS = _l("This SVG has external references. Save it with everything embedded, or as PNG.")
_ACTS = _l("This SVG has scripts or events. Save it as plain SVG or as PNG.")
_TOO_MUCH = _l("This drawing has too many parts for a logo. Simplify it, or save it as PNG.")
_NO_SIZE = _l("This SVG has no size (viewBox). Save it again, or as PNG.")
_PARTS = {
    "text": _l("This SVG has text, which depends on installed fonts. Convert the text to paths."),
    "image": _l("This SVG has an embedded image. Save the logo as PNG instead."),
    "use": _l("This SVG has reused elements (use). Save it as plain SVG or as PNG."),
}


@dataclass(frozen=True, slots=True)
class SanitizedSvg:
    """A sanitized SVG, and its width per height."""

    content: bytes
    ratio: float


def sanitize_svg(content: bytes) -> SanitizedSvg:
    """Return the drawing with shapes and their colors only. Raises InvalidImage."""
    try:
        root = fromstring(content, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise InvalidImage(_REFERS) from error
    except (ParseError, ValueError, LookupError) as error:  # LookupError: an unknown encoding
        raise InvalidImage(_UNREADABLE) from error
    if root.tag != f"{{{_SVG}}}svg":
        raise InvalidImage(_UNREADABLE)
    made = Element("svg", {"xmlns": _SVG})
    _fill(made, root)
    ratio = _frame(made)
    _refuse_circles(made)
    return SanitizedSvg(tostring(made, encoding="utf-8"), ratio)


def rasterize(svg: SanitizedSvg, width: int, height: int) -> bytes:
    """Return a transparent PNG of the drawing that fits into the frame. Raises InvalidImage."""
    scale = min(width / svg.ratio, height)
    try:
        return svg_to_bytes(
            svg_string=svg.content.decode(),
            width=max(1, round(scale * svg.ratio)),
            height=max(1, round(scale)),
            skip_system_fonts=True,
        )
    except ValueError as error:
        raise InvalidImage(_UNREADABLE) from error


def _fill(made: Element, root: Element) -> None:
    """Rebuild the allowed elements, level by level, without recursion."""
    waiting = [(root, made, 1)]
    count = 0
    while waiting:
        element, copy, depth = waiting.pop()
        copy.attrib.update(_attributes(element, copy.tag))
        for child in element:
            kind = _kind(child)
            if kind is None:
                continue
            count += 1
            if count > _MOST_ELEMENTS or depth >= _DEEPEST:
                raise InvalidImage(_TOO_MUCH)
            if kind == "style":
                SubElement(copy, "style").text = styles.sheet("".join(child.itertext()))
            else:
                waiting.append((child, SubElement(copy, kind), depth + 1))


def _kind(element: Element) -> str | None:
    """Return the element's name; None if it is dropped. Raises InvalidImage for others."""
    space, _, name = element.tag.rpartition("}")
    if space != f"{{{_SVG}":
        if name.lower() in ("script", "iframe", "object", "embed", "handler"):
            raise InvalidImage(_ACTS)
        return None  # of a drawing program
    if name in _UNSEEN:
        return None
    if name in ("script", "foreignObject", "handler", "set") or name.startswith("animate"):
        raise InvalidImage(_ACTS)
    if name not in _ELEMENTS:
        part = "text" if name in ("tspan", "textPath") else name
        shown = name if _NAME.fullmatch(name) else "?"
        raise InvalidImage(
            _PARTS.get(part, f"This SVG has a part that we do not draw ({shown}). Save it as PNG.")
        )
    return name


def _attributes(element: Element, kind: str) -> Iterator[tuple[str, str]]:
    """Return the allowed attributes. Raises InvalidImage for events and external references."""
    for name, value in element.attrib.items():
        plain = name.rpartition("}")[2]
        if plain.lower().startswith("on"):
            raise InvalidImage(_ACTS)
        if plain in ("href", "src"):
            if kind not in _GRADIENTS or not value.startswith("#"):
                raise InvalidImage(_REFERS)
            if not _NAME.fullmatch(value[1:]):
                raise InvalidImage(_REFERS)
            yield "href", value
        elif "}" not in name:
            safe_value = _value(name, value, kind)
            if safe_value is not None:
                yield name, safe_value


def _value(name: str, value: str, kind: str) -> str | None:
    """Return the value of an attribute; None if it is dropped."""
    if name == "style":
        return styles.declarations(value) or None
    if name == "id":
        return value if _NAME.fullmatch(value) else None
    if name == "class":
        return value if _NAMES.fullmatch(value) else None
    own = _OWN.fullmatch(value)
    if name in ("fill", "stroke", "clip-path") and own:
        # Within what others refer to, a reference could lead back to where it came from.
        return f"url(#{own[1]})" if kind not in ("clipPath", "stop") else None
    if "url" in value.lower() and name in styles.PROPERTIES | {"clip-path"}:
        raise InvalidImage(_REFERS)
    if name in _GEOMETRY:
        return value if _NUMBERS.fullmatch(value) and "url" not in value.lower() else None
    if name in _CHOICES:
        return value if _NAMES.fullmatch(value) else None
    if name in styles.PROPERTIES:
        return styles.value(name, value)
    return None


def _frame(made: Element) -> float:
    """Make the root fill its frame; return width by height."""
    sides = [_length(made.attrib.pop(name, "")) for name in ("width", "height")]
    for name in ("x", "y", "transform", "clip-path"):
        made.attrib.pop(name, None)
    box = made.get("viewBox")
    if box is None:
        if not all(sides):
            raise InvalidImage(_NO_SIZE)
        made.set("viewBox", f"0 0 {sides[0]:g} {sides[1]:g}")
    else:
        sides = [_length(part) for part in re.split(r"[\s,]+", box.strip())[2:]]
        if len(sides) != 2 or not all(sides):
            raise InvalidImage(_NO_SIZE)
    ratio = sides[0] / sides[1]
    if not 1 / 20 <= ratio <= 20:
        raise InvalidImage(
            gettext("This drawing is too long for a logo. Make it 20 times its height at most.")
        )
    return ratio


def _length(text: str) -> float:
    found = _LENGTH.fullmatch(text)
    return float(found[1]) if found else 0.0


def _refuse_circles(made: Element) -> None:
    """Refuse circular references: a gradient may refer to one that ends."""
    continuing = [each for each in made.iter() if each.tag in _GRADIENTS and each.get("href")]
    if {each.get("id") for each in continuing} & {each.attrib["href"][1:] for each in continuing}:
        raise InvalidImage(_REFERS)
    for clip in made.iter("clipPath"):
        for each in clip.iter():
            for name in ("clip-path", "fill", "stroke"):
                if each.get(name, "").startswith("url("):
                    del each.attrib[name]
