"""Errors of uploaded images."""

from enum import StrEnum


class ImageFault(StrEnum):
    """Why an upload is refused."""

    FILE_SIZE = "file_size"
    UNKNOWN = "unknown"
    DAMAGED = "damaged"
    DIMENSIONS = "dimensions"
    PROPORTIONS = "proportions"
    ANIMATED = "animated"
    EMPTY = "empty"
    SVG_UNREADABLE = "svg_unreadable"
    SVG_TEXT = "svg_text"
    SVG_IMAGE = "svg_image"
    SVG_ELEMENT = "svg_element"
    SVG_NESTING = "svg_nesting"
    TOO_COMPLEX = "too_complex"
    CRASHED = "crashed"
    BUSY = "busy"


class InvalidImage(Exception):
    """An upload is refused."""

    def __init__(self, reason: ImageFault) -> None:
        super().__init__(reason)
        self.reason = reason
