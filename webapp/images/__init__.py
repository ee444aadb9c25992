"""Logos: an upload is checked by its content, decoded and encoded again as a PNG.

Bytes in, bytes out. An upload is decoded in a process of its own (``child``), which has limits of
time and memory, and is never stored or served unchanged.
"""

from webapp.images.errors import ImageFault, InvalidImage
from webapp.images.limits import (
    CPU_SECONDS,
    HEIGHT,
    LARGEST_DEPTH,
    LARGEST_FILE,
    LARGEST_RATIO,
    LARGEST_SIDE,
    MEMORY_MIB,
    WIDTH,
)
from webapp.images.logo import Picture, sanitize_logo

__all__ = [
    "CPU_SECONDS",
    "HEIGHT",
    "LARGEST_DEPTH",
    "LARGEST_FILE",
    "LARGEST_RATIO",
    "LARGEST_SIDE",
    "MEMORY_MIB",
    "WIDTH",
    "ImageFault",
    "InvalidImage",
    "Picture",
    "sanitize_logo",
]
