"""The process that decodes uploads: hostile ones end at its limits."""

import logging
import sys
import zlib
from contextlib import ExitStack, suppress
from io import BytesIO
from threading import Thread

import pytest
from PIL import Image

from tests.images import pictures
from tests.images.pictures import CIRCLE, svg
from webapp.images import (
    LARGEST_FILE,
    ImageFault,
    InvalidImage,
    limits,
    logo,
    sanitize_logo,
)

RULES = "circle{" + "fill:red;" * 45_000 + "}"
CLIP = '<clipPath id="c"><rect width="300" height="100"/></clipPath>'
LAYER = f'<g opacity=".5">{CIRCLE}{CIRCLE}</g>'
USES = '<g id="g0"><circle r="1"/></g>' + "".join(
    f'<g id="g{n + 1}">' + f'<use href="#g{n}"/>' * 10 + "</g>" for n in range(9)
)
MASKS = "".join(
    f'<mask id="m{n}">' + f'<rect width="9" height="9" mask="url(#m{n + 1})"/>' * 2 + "</mask>"
    for n in range(30)
)

SLOW = {
    "declarations": svg(f"<style>{RULES}</style>{CIRCLE}"),
    "declarations of an element": svg(f'<circle r="9" style="{"fill:red;" * 45_000}"/>'),
    "nested selectors": svg(
        f"<style>{'g ' * 15_000}circle{{fill:red}}</style>{'<g>' * 30}{CIRCLE * 1_000}{'</g>' * 30}"
    ),
    "clip groups": svg(CLIP + f'<g clip-path="url(#c)">{CIRCLE}</g>' * 6_000),
    "opacity layers": svg(LAYER * 3_500),
    "nested masks": svg(f'{MASKS}<rect width="9" height="9" mask="url(#m0)"/>'),
    "long path": svg(
        f'<path id="p" stroke="red" stroke-width="9" d="M0 0{"L300 99L0 50" * 38_000}"/>'
        + '<use href="#p"/>' * 10
    ),
}
LARGE = {
    "nested clip groups": svg(
        CLIP + '<g clip-path="url(#c)">' * 700 + CIRCLE + "</g>" * 700,
    ),
    "nested opacity layers": svg('<g opacity=".5">' * 700 + CIRCLE + "</g>" * 700),
    "nested groups": svg("<g>" * 30_000 + "</g>" * 30_000),
    "large canvas": pictures.webp_bomb(),
    "large image": pictures.bomb(30_000, 30_000),
    "scans": pictures.png((1_600, 1_600), kind="JPEG", progressive=True)[:-2]
    + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * 40_000,
    "compressed text": pictures.png()[:33]
    + pictures.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(40_000_001), 9))
    + pictures.png()[33:],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_an_image_that_takes_long_is_refused(name: str) -> None:
    with pytest.raises(InvalidImage, match="too_complex"):
        sanitize_logo(SLOW[name])


def test_an_image_that_multiplies_is_refused() -> None:
    upload = svg(f'{USES}<use href="#g9"/>')

    with pytest.raises(InvalidImage):
        sanitize_logo(upload)


def test_masks_of_masks_are_refused() -> None:
    masks = "".join(
        f'<mask id="m{n}"><rect width="300" height="100" mask="url(#m{n + 1})"/></mask>'
        for n in range(3_000)
    )

    with pytest.raises(InvalidImage, match=r"crashed|too_complex"):  # by the size of the stack
        sanitize_logo(svg(f'{masks}<rect width="300" height="100" mask="url(#m0)"/>'))


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("kill -SEGV $$", ImageFault.CRASHED),
        ("exit 1", ImageFault.CRASHED),
        ("kill -KILL $$", ImageFault.TOO_COMPLEX),
        ("kill -XCPU $$", ImageFault.TOO_COMPLEX),
        ("kill -ABRT $$", ImageFault.TOO_COMPLEX),
    ],
)
def test_a_crash_of_the_process_is_not_a_limit(
    monkeypatch: pytest.MonkeyPatch, end: str, reason: ImageFault
) -> None:
    # In place of the decoder, a program that ends like it.
    monkeypatch.setattr(logo, "COMMAND", ["/bin/sh", "-c", f"cat >/dev/null; {end}"])

    with pytest.raises(InvalidImage) as refused:
        sanitize_logo(svg())

    assert refused.value.reason is reason


def test_memory_that_python_cannot_allocate_is_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "from webapp.images import child, limits, raster\n"
        "raster.encode = lambda _: bytes(limits.MEMORY_MIB << 20)\n"
        "raise SystemExit(child.main())"
    )
    monkeypatch.setattr(logo, "COMMAND", [sys.executable, "-c", program])

    with pytest.raises(InvalidImage, match="too_complex"):
        sanitize_logo(pictures.png())


@pytest.mark.parametrize("name", LARGE)
def test_an_image_that_takes_much_memory_is_refused(name: str) -> None:
    assert len(LARGE[name]) < LARGEST_FILE
    with pytest.raises(InvalidImage):
        sanitize_logo(LARGE[name])


def test_an_upload_becomes_a_png_of_the_stored_size() -> None:
    for upload in (svg(), pictures.png((1_600, 1_600)), pictures.png(kind="WEBP")):
        made = sanitize_logo(upload)

        with Image.open(BytesIO(made.content)) as image:
            assert image.format == "PNG"
            assert image.size == (made.width, made.height)


def test_a_drawing_is_rendered_in_color_without_its_margins() -> None:
    made = sanitize_logo(svg())

    assert (made.width, made.height) == (200, 200)
    image = Image.open(BytesIO(made.content))
    assert image.getpixel((100, 100)) == (192, 0, 0, 255)
    assert image.getchannel("A").getpixel((0, 0)) == 0


@pytest.mark.parametrize("box", ["1e9 1", "300 1", "1 300"])
def test_a_drawing_too_flat_or_narrow_is_refused(box: str) -> None:
    upload = svg('<rect width="100%" height="100%"/>').replace(b"300 100", box.encode())

    with pytest.raises(InvalidImage, match="proportions"):
        sanitize_logo(upload)


def test_a_refusal_has_its_reason() -> None:
    for upload, reason in (
        (b"", ImageFault.UNKNOWN),
        (pictures.moving("PNG"), ImageFault.ANIMATED),
        (svg("<text>Releaf</text>"), ImageFault.SVG_TEXT),
        (bytes(LARGEST_FILE + 1), ImageFault.FILE_SIZE),
        (pictures.bomb(10_000, 9_000), ImageFault.DIMENSIONS),
        (pictures.png()[:150], ImageFault.DAMAGED),
        (pictures.png(kind="JPEG")[:300], ImageFault.DAMAGED),
        (pictures.png(kind="WEBP")[:40], ImageFault.DAMAGED),
    ):
        with pytest.raises(InvalidImage) as refused:
            sanitize_logo(upload)
        assert refused.value.reason is reason


def test_the_process_is_ended_after_some_seconds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(limits, "SECONDS", 0.01)

    with caplog.at_level(logging.WARNING), pytest.raises(InvalidImage, match="too_complex"):
        sanitize_logo(svg())

    assert "took more than 0.01 seconds" in caplog.text


def test_a_second_upload_waits_a_limited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAIT_SECONDS", 0.01)
    refused = []

    def uploads() -> None:
        try:
            sanitize_logo(svg())
        except InvalidImage as error:
            refused.append(error.reason)

    with logo.decoding:
        other = Thread(target=uploads)
        other.start()
        other.join()

    assert refused == [ImageFault.BUSY]
    with suppress(InvalidImage):
        sanitize_logo(b"")
    assert not logo.decoding.locked()


def test_more_uploads_than_may_wait_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "WAIT_SECONDS", 3600)

    with ExitStack() as stack:
        for _ in range(limits.UPLOADS):
            stack.enter_context(logo.slots)
        with logo.decoding, pytest.raises(InvalidImage, match="busy"):
            sanitize_logo(svg())


def test_an_upload_releases_its_place() -> None:
    for _ in range(limits.UPLOADS + 1):
        with pytest.raises(InvalidImage, match="unknown"):
            sanitize_logo(b"no image")


def test_the_process_has_none_of_the_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of the service")
    # In place of the decoder, a program that writes its environment.
    monkeypatch.setattr(logo, "COMMAND", ["/usr/bin/env"])

    assert b"secret" not in sanitize_logo(b"").content
