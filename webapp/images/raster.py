"""Raster images: PNG, JPEG and WebP, encoded again as a small PNG without metadata."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from PIL import Image, ImageOps, UnidentifiedImageError

from webapp import filters
from webapp.images.errors import InvalidImage

#: The largest stored size.
WIDTH: Final = 640
HEIGHT: Final = 200
#: The largest upload, in pixels per side.
LARGEST = 1_600
_FORMATS = ("PNG", "JPEG", "WEBP")
#: A progressive JPEG has some ten; each of thousands would be a pass over all of the picture.
_MOST_SCANS = 64
_ENDS = {b"\x89PNG": b"IEND\xaeB`\x82", b"\xff\xd8\xff": b"\xff\xd9"}
_WEBP_ANIMATED = 0x02

_UNKNOWN = _l("This file is not a supported image. Choose a PNG, JPEG, WebP or SVG file.")
_DAMAGED = _l("This image is damaged. Save it again, as PNG if you can, and choose that file.")
_MOVING = _l("This image is animated or has several pages. Choose a single, still image.")
_EMPTY = _l("This image is completely transparent. Choose another.")


@dataclass(frozen=True, slots=True)
class Picture:
    """A sanitized PNG."""

    content: bytes
    width: int
    height: int


def sanitize_logo(content: bytes) -> Picture:
    """Return a PNG of at most 640 by 200 pixels, without metadata. Raises InvalidImage."""
    _refuse_unsound(content)
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            if max(image.size) > LARGEST:
                raise _too_large()
            if getattr(image, "is_animated", False):
                raise InvalidImage(_MOVING)
            image.load()
            image_in_size = _normalize(image)
    except UnidentifiedImageError as error:
        raise InvalidImage(_UNKNOWN) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
    ) as error:  # Pillow's errors for damage
        raise InvalidImage(_DAMAGED) from error
    file = BytesIO()
    image_in_size.save(file, "PNG", optimize=True)
    return Picture(file.getvalue(), image_in_size.width, image_in_size.height)


def _normalize(image: Image.Image) -> Image.Image:
    """Return the image upright, without transparent margins, in the stored size."""
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    box = upright.getbbox(alpha_only=True)
    if box is None:
        raise InvalidImage(_EMPTY)
    fitted = upright.crop(box)
    fitted.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    # Pixels alone: whatever else Pillow has read would be written again.
    return Image.frombytes("RGBA", fitted.size, fitted.tobytes())


def _refuse_unsound(content: bytes) -> None:
    """Refuse truncated images, and those that take memory or time before Pillow knows their size.

    Pillow itself accepts truncated images once another library (WeasyPrint) has enabled that.
    """
    if any(content.startswith(start) and end not in content for start, end in _ENDS.items()):
        raise InvalidImage(_DAMAGED)
    if content[:3] == b"\xff\xd8\xff" and content.count(b"\xff\xda") > _MOST_SCANS:
        raise InvalidImage(_DAMAGED)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        if len(content) < int.from_bytes(content[4:8], "little") + 8:
            raise InvalidImage(_DAMAGED)
        size, animated = _webp(content)
        if max(size) > LARGEST:
            raise _too_large()
        if animated:
            raise InvalidImage(_MOVING)


def _webp(content: bytes) -> tuple[tuple[int, int], bool]:
    """Return width and height by the first chunk, and whether it is animated, before Pillow
    allocates it.
    """
    kind, body = content[12:16], content[20:30]
    if len(body) < 10:
        raise InvalidImage(_DAMAGED)
    if kind == b"VP8X":
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
        return (width, height), bool(body[0] & _WEBP_ANIMATED)
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return ((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1), False
    if kind == b"VP8 ":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return (width, height), False
    raise InvalidImage(_DAMAGED)


def _too_large() -> InvalidImage:
    return InvalidImage(
        gettext(
            "This image is too large. It can be at most %(largest)s pixels wide and high.",
            largest=filters.number(LARGEST),
        )
    )
