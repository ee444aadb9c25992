"""Pictures for tests: sound ones, large ones that are small files, and files of two kinds."""

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'viewBox="0 0 300 100">{}</svg>'
)
CIRCLE = '<circle cx="50" cy="50" r="40" fill="#c00000"/>'


def svg(inner: str = CIRCLE) -> bytes:
    """A drawing."""
    return SVG.format(inner).encode()


def png(
    size: tuple[int, int] = (400, 100),
    colour: tuple[int, int, int, int] = (192, 0, 0, 255),
    kind: str = "PNG",
    **options: Any,
) -> bytes:
    """A picture of one colour."""
    file = BytesIO()
    image = Image.new("RGBA", size, colour)
    (image.convert("RGB") if kind == "JPEG" else image).save(file, kind, **options)
    return file.getvalue()


def moving(kind: str) -> bytes:
    """Two pictures that follow each other."""
    file = BytesIO()
    first, second = (Image.new("RGBA", (60, 40), colour) for colour in ("red", "blue"))
    first.save(file, kind, save_all=True, append_images=[second], duration=100)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int) -> bytes:
    """A PNG with huge dimensions in its header and a few rows."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    rows = zlib.compress(bytes(4 * min(width, 10_000) + 1) * 4)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


def webp_bomb() -> bytes:
    """A WebP whose canvas is as large as one can be."""
    body = b"\x00" * 4 + (16_382).to_bytes(3, "little") * 2
    chunks = b"VP8X" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks
