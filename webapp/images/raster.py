"""Raster images: PNG, JPEG and WebP, encoded again as a small PNG without metadata."""

from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from webapp.images.errors import ImageFault, InvalidImage
from webapp.images.limits import HEIGHT, LARGEST_RATIO, LARGEST_SIDE, WIDTH

_FORMATS: Final = ("PNG", "JPEG", "WEBP")


def encode(content: bytes) -> bytes:
    """Return a PNG of at most 640 by 200 pixels, without metadata. Raises InvalidImage."""
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            if max(image.size) > LARGEST_SIDE:
                raise InvalidImage(ImageFault.DIMENSIONS)
            if getattr(image, "is_animated", False):
                raise InvalidImage(ImageFault.ANIMATED)
            image.load()
            image_in_size = _normalize(image)
    except UnidentifiedImageError as error:
        raise InvalidImage(ImageFault.UNKNOWN) from error
    except Image.DecompressionBombError as error:
        raise InvalidImage(ImageFault.DIMENSIONS) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # Pillow's errors for damage
        raise InvalidImage(ImageFault.DAMAGED) from error
    file = BytesIO()
    image_in_size.save(file, "PNG", optimize=True)
    return file.getvalue()


def _normalize(image: Image.Image) -> Image.Image:
    """Return the image upright, without transparent margins, in the stored size.

    Raises InvalidImage.
    """
    upright = ImageOps.exif_transpose(image).convert("RGBA")
    box = upright.getbbox(alpha_only=True)
    if box is None:
        raise InvalidImage(ImageFault.EMPTY)
    fitted = upright.crop(box)
    if max(fitted.size) > LARGEST_RATIO * min(fitted.size):
        raise InvalidImage(ImageFault.PROPORTIONS)
    fitted.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    # Pixels alone: whatever else Pillow has read would be written again.
    return Image.frombytes("RGBA", fitted.size, fitted.tobytes())
