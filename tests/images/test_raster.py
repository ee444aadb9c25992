"""Raster images: encoded again; large, damaged and animated ones are refused."""

from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from tests.images import pictures
from webapp.images import HEIGHT, WIDTH, InvalidImage, raster


def size_of(png: bytes) -> tuple[int, int]:
    """Return width and height."""
    with Image.open(BytesIO(png)) as image:
        return image.size


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_becomes_a_png_of_our_size(kind: str) -> None:
    drawn = raster.encode(pictures.png((1_600, 800), kind=kind))

    with Image.open(BytesIO(drawn)) as image:
        assert image.format == "PNG"
        assert image.size == (400, 200)
        assert image.getpixel((200, 100)) == pytest.approx((192, 0, 0, 255), abs=2)


@pytest.mark.parametrize(
    "size", [(1_600, 80), (80, 1_600), (20, 1), (1, 20), (1_600, 1_600), (1, 1), (641, 200)]
)
def test_a_picture_is_reduced_but_never_enlarged(size: tuple[int, int]) -> None:
    width, height = size_of(raster.encode(pictures.png(size)))

    assert 1 <= width <= min(WIDTH, size[0])
    assert 1 <= height <= min(HEIGHT, size[1])


def test_only_the_pixels_are_stored() -> None:
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
        drawn = raster.encode(upload)

        assert b"Ada" not in drawn
        kinds = [drawn[at + 4 : at + 8] for at in _chunks(drawn)]
        assert set(kinds) <= {b"IHDR", b"IDAT", b"IEND"}


def _chunks(png: bytes) -> list[int]:
    found, at = [], 8
    while at < len(png):
        found.append(at)
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return found


def test_the_orientation_of_the_camera_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    drawn = raster.encode(pictures.png((400, 100), kind="JPEG", exif=exif))

    assert size_of(drawn) == (50, 200)


def test_transparent_margins_are_cut_off() -> None:
    image = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    image.paste((0, 0, 255, 255), (100, 100, 200, 150))
    file = BytesIO()
    image.save(file, "PNG")

    drawn = raster.encode(file.getvalue())

    assert size_of(drawn) == (100, 50)


def test_the_proportions_are_those_without_margins() -> None:
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 100, 400, 110))
    file = BytesIO()
    image.save(file, "PNG")

    with pytest.raises(InvalidImage, match="proportions"):
        raster.encode(file.getvalue())


@pytest.mark.parametrize(
    ("upload", "reason"),
    [
        (b"", "unknown"),
        (b"just words", "unknown"),
        (b"%PDF-1.7", "unknown"),
        (b"PK\x03\x04", "unknown"),
        (b"<html><script>alert(1)</script></html>", "unknown"),
        (pictures.moving("GIF"), "unknown"),
        (pictures.png(kind="BMP"), "unknown"),
        (pictures.png(kind="TIFF"), "unknown"),
        (pictures.png(kind="ICO"), "unknown"),
        (pictures.png(kind="PPM"), "unknown"),
        (pictures.moving("PNG"), "animated"),
        (pictures.moving("WEBP"), "animated"),
        (pictures.png(colour=(255, 255, 255, 0)), "empty"),
        (pictures.png((1_601, 10)), "dimensions"),
        (pictures.png((10, 1_601), kind="JPEG"), "dimensions"),
        (pictures.png((10, 1_601), kind="WEBP"), "dimensions"),
        (pictures.png((10, 1_601), kind="WEBP", lossless=True), "dimensions"),
        (pictures.png((1_600, 79)), "proportions"),
        (pictures.png((79, 1_600), kind="JPEG"), "proportions"),
        (pictures.png((21, 1), kind="WEBP"), "proportions"),
        (pictures.bomb(30_000, 30_000), "dimensions"),
        (pictures.bomb(2**31 - 1, 2**31 - 1), "dimensions"),
    ],
    ids=lambda value: value if isinstance(value, str) else "upload",
)
def test_other_images_are_refused_with_the_reason(upload: bytes, reason: str) -> None:
    with pytest.raises(InvalidImage) as refused:
        raster.encode(upload)

    assert refused.value.reason == reason


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
def test_other_content_of_a_picture_is_removed(tail: bytes) -> None:
    comment = pictures.png(kind="JPEG", comment=tail)
    for upload in (pictures.png() + tail, pictures.png(kind="JPEG") + tail, comment):
        drawn = raster.encode(upload)

        assert tail not in drawn
        assert drawn.endswith(b"IEND\xaeB`\x82")
