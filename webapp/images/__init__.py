"""Logos: an upload is checked by its content, decoded and encoded again as a PNG.

Bytes in, bytes out. An upload is never stored or served unchanged.
"""

from webapp.images.errors import InvalidImage
from webapp.images.raster import HEIGHT, WIDTH, Picture, sanitize_logo
from webapp.images.svg import SanitizedSvg, rasterize, sanitize_svg

__all__ = [
    "HEIGHT",
    "WIDTH",
    "InvalidImage",
    "Picture",
    "SanitizedSvg",
    "rasterize",
    "sanitize_logo",
    "sanitize_svg",
]
