"""SVG, rasterized by resvg, which runs no scripts and reads no address.

resvg reads the files that an image element names, so elements are limited to a list.
"""

from typing import Final
from xml.etree.ElementTree import Element, ParseError, tostring  # nosec B405 - parses nothing

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from resvg_py import svg_to_bytes

from webapp.images.errors import ImageFault, InvalidImage
from webapp.images.limits import HEIGHT, LARGEST_DEPTH, WIDTH

_SVG: Final = "{http://www.w3.org/2000/svg}"
_ELEMENTS: Final = frozenset(
    {"svg", "g", "defs", "symbol", "use", "path", "rect", "circle", "ellipse", "line", "polyline",
     "polygon", "linearGradient", "radialGradient", "stop", "pattern", "clipPath", "mask", "style",
     "title", "desc", "metadata"}
)  # fmt: skip
_REASONS: Final = {
    "text": ImageFault.SVG_TEXT,
    "image": ImageFault.SVG_IMAGE,
}


def is_markup(upload: bytes) -> bool:
    """Whether this may be SVG, to be decided by its parser. File names are ignored."""
    start = upload[:64].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    return start.startswith(b"<")


def rasterize(content: bytes) -> bytes:
    """Return a transparent PNG of twice the stored size, so that its edges are smooth.

    Raises InvalidImage.
    """
    try:
        root = fromstring(content, forbid_dtd=False, forbid_entities=True, forbid_external=True)
        if root.tag != f"{_SVG}svg":
            raise InvalidImage(ImageFault.UNKNOWN)
        _check(root)
        return svg_to_bytes(
            # What was checked is what is drawn: one encoding, no declarations.
            svg_string=tostring(root, encoding="unicode"),
            width=2 * WIDTH,
            height=2 * HEIGHT,
            skip_system_fonts=True,
        )
    # LookupError: an unknown encoding.
    except (DefusedXmlException, ParseError, ValueError, LookupError) as error:
        raise InvalidImage(ImageFault.SVG_UNREADABLE) from error


def _check(root: Element) -> None:
    """Check the elements level by level, without recursion. Raises InvalidImage."""
    level = [root]
    for _ in range(LARGEST_DEPTH):
        for element in level:
            # Drawing programs write elements of other namespaces.
            element[:] = [child for child in element if child.tag.startswith(_SVG)]
            name = element.tag.removeprefix(_SVG)
            if name not in _ELEMENTS:
                raise InvalidImage(_REASONS.get(name, ImageFault.SVG_ELEMENT))
        level = [child for element in level for child in element]
    if level:
        raise InvalidImage(ImageFault.SVG_NESTING)
