"""An uploaded logo, and why one is refused."""

from typing import Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from webapp import filters, images
from webapp.errors import Invalid
from webapp.images import ImageFault, InvalidImage, Picture

_MESSAGES: Final = {
    ImageFault.FILE_SIZE: _l("This file has more than 512 KB. Save the logo smaller, or as SVG."),
    ImageFault.UNKNOWN: _l(
        "This file is not a supported image. Choose a PNG, JPEG, WebP or SVG file."
    ),
    ImageFault.DAMAGED: _l(
        "This image is damaged. Save it again, as PNG if you can, and choose that file."
    ),
    ImageFault.ANIMATED: _l(
        "This image is animated or has several pages. Choose a single, still image."
    ),
    ImageFault.EMPTY: _l("This image is completely transparent. Choose another."),
    ImageFault.SVG_UNREADABLE: _l(
        "This SVG file cannot be read. Save it again as plain SVG, or as PNG."
    ),
    ImageFault.SVG_TEXT: _l(
        "This SVG has text, which depends on installed fonts. Convert the text to paths."
    ),
    ImageFault.SVG_IMAGE: _l("This SVG has an embedded image. Save the logo as PNG instead."),
    ImageFault.SVG_ELEMENT: _l(
        "This SVG has parts that are not drawn, such as scripts, animations or filters. Save it "
        "as plain SVG, or as PNG."
    ),
    ImageFault.CRASHED: _l(
        "This image cannot be drawn. Save it in another format, e.g. PNG, and try again."
    ),
    ImageFault.BUSY: _l("Another image is being processed. Try again in a few seconds."),
}


def sanitized(upload: bytes) -> Picture:
    """Return the logo of an upload, encoded again. Raises Invalid with the reason."""
    try:
        return images.sanitize_logo(upload)
    except InvalidImage as error:
        raise Invalid("logo", _message(error.reason)) from error


def _message(reason: ImageFault) -> str:
    if reason is ImageFault.DIMENSIONS:
        return gettext(
            "This image is too large. It can be at most %(largest)s pixels wide and high.",
            largest=filters.number(images.LARGEST_SIDE),
        )
    if reason is ImageFault.PROPORTIONS:
        return gettext(
            "This image is too flat or too narrow. Without transparent margins, one side can be "
            "at most %(largest)s times as long as the other.",
            largest=images.LARGEST_RATIO,
        )
    if reason is ImageFault.SVG_NESTING:
        return gettext(
            "This SVG has more than %(largest)s levels of nested elements. Ungroup some of them, "
            "or save the logo as PNG.",
            largest=images.LARGEST_DEPTH,
        )
    if reason is ImageFault.TOO_COMPLEX:
        return gettext(
            "Drawing this image takes more than %(seconds)s seconds or %(memory)s MB of memory. "
            "Simplify it, or save it as PNG.",
            seconds=images.CPU_SECONDS,
            memory=images.MEMORY_MIB,
        )
    return str(_MESSAGES[reason])
