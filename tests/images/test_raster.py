"""Pictures of pixels: made anew, whatever they were called; bombs and damage are refused."""

import tracemalloc
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from tests.images import pictures
from webapp.images import HEIGHT, WIDTH, InvalidImage, sanitize_logo


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_becomes_a_png_of_our_size(kind: str) -> None:
    drawn = sanitize_logo(pictures.png((1_600, 800), kind=kind))

    with Image.open(BytesIO(drawn.content)) as image:
        assert image.format == "PNG"
        assert image.size == (drawn.width, drawn.height) == (400, 200)
        assert image.getpixel((200, 100)) == pytest.approx((192, 0, 0, 255), abs=2)


@pytest.mark.parametrize("size", [(1_600, 1), (1, 1_600), (1_600, 1_600), (1, 1), (641, 200)])
def test_it_fits_and_is_never_made_larger(size: tuple[int, int]) -> None:
    drawn = sanitize_logo(pictures.png(size))

    assert 1 <= drawn.width <= min(WIDTH, size[0])
    assert 1 <= drawn.height <= min(HEIGHT, size[1])


def test_nothing_but_the_pixels_is_kept() -> None:
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Ada Byron")
    words.add_itxt("Place", "51.5 N")
    exif = Image.Exif()
    exif[0x010E] = "Ada's office"
    for upload in (
        pictures.png(pnginfo=words, exif=exif, icc_profile=b"profile of Ada"),
        pictures.png(kind="JPEG", exif=exif, comment=b"Ada was here"),
        pictures.png(kind="WEBP", exif=exif, xmp=b"<x>Ada</x>"),
    ):
        assert b"Ada" in upload
        drawn = sanitize_logo(upload).content

        assert b"Ada" not in drawn
        kinds = [drawn[at + 4 : at + 8] for at in _chunks(drawn)]
        assert set(kinds) <= {b"IHDR", b"IDAT", b"IEND"}


def _chunks(png: bytes) -> list[int]:
    found, at = [], 8
    while at < len(png):
        found.append(at)
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return found


def test_it_stands_as_the_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    drawn = sanitize_logo(pictures.png((400, 100), kind="JPEG", exif=exif))

    assert (drawn.width, drawn.height) == (50, 200)


def test_transparent_margins_are_cut_off() -> None:
    image = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    image.paste((0, 0, 255, 255), (100, 100, 200, 150))
    file = BytesIO()
    image.save(file, "PNG")

    drawn = sanitize_logo(file.getvalue())

    assert (drawn.width, drawn.height) == (100, 50)


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (b"", "not a supported image"),
        (b"just words", "not a supported image"),
        (b"%PDF-1.7", "not a supported image"),
        (b"PK\x03\x04", "not a supported image"),
        (b"<html><script>alert(1)</script></html>", "not a supported image"),
        (pictures.moving("GIF"), "not a supported image"),
        (pictures.png(kind="BMP"), "not a supported image"),
        (pictures.png(kind="TIFF"), "not a supported image"),
        (pictures.png(kind="ICO"), "not a supported image"),
        (pictures.png(kind="PPM"), "not a supported image"),
        (pictures.moving("PNG"), "several pages"),
        (pictures.moving("WEBP"), "several pages"),
        (pictures.png(colour=(255, 255, 255, 0)), "completely transparent"),
        (pictures.png((1_601, 10)), "too large"),
        (pictures.png((10, 1_601), kind="JPEG"), "too large"),
        (pictures.png((10, 1_601), kind="WEBP"), "too large"),
        (pictures.png((10, 1_601), kind="WEBP", lossless=True), "too large"),
        (pictures.bomb(30_000, 30_000), "too large"),
        (pictures.bomb(2**31 - 1, 2**31 - 1), "too large"),
        (pictures.bomb(10_000, 9_000), "too large"),
        (pictures.webp_bomb(), "too large"),
        (pictures.png()[:150], "damaged"),
        (pictures.png(kind="JPEG")[:300], "damaged"),
        (pictures.png(kind="WEBP")[:40], "damaged"),
        (pictures.png(kind="WEBP")[:22], "damaged"),
        (pictures.png(kind="JPEG")[:-2] + b"\xff\xda\x00\x08" * 1_000, "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "upload",
)
def test_what_is_not_taken_is_refused_in_words(upload: bytes, said: str) -> None:
    with pytest.raises(InvalidImage, match=said):
        sanitize_logo(upload)


def test_a_bomb_takes_no_memory() -> None:
    words = pictures.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(40_000_001), 9))
    with_words = pictures.png()[:33] + words + pictures.png()[33:]
    for upload in (pictures.bomb(10_000, 1_000), pictures.webp_bomb(), with_words):
        tracemalloc.start()
        with suppress(InvalidImage):  # Pillow may leave out the words
            sanitize_logo(upload)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert most < 8_000_000


@pytest.mark.parametrize(
    "tail",
    [
        b"<script>alert(1)</script>",
        b"PK\x03\x04\x14\x00evil.class",
        b"%PDF-1.7\n1 0 obj",
        b"<?php system($_GET['x']); ?>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    ],
)
def test_a_picture_that_is_something_else_as_well_is_only_a_picture(tail: bytes) -> None:
    comment = pictures.png(kind="JPEG", comment=tail)
    for upload in (pictures.png() + tail, pictures.png(kind="JPEG") + tail, comment):
        drawn = sanitize_logo(upload)

        assert tail not in drawn.content
        assert drawn.content.endswith(b"IEND\xaeB`\x82")
