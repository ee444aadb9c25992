"""Logos: whatever is uploaded is judged by its content, taken apart and made anew as a PNG.

Plain bytes in, plain bytes out. Nothing of an upload is ever kept or served as it came.
"""

from webapp.logos.raster import HEIGHT, WIDTH, Picture, redraw
from webapp.logos.refusal import Refusal
from webapp.logos.svg import Drawing, clean, drawn

__all__ = ["HEIGHT", "WIDTH", "Drawing", "Picture", "Refusal", "clean", "drawn", "redraw"]
