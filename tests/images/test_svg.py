"""SVG: what is not on the list of elements is refused; nothing else is read or run."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.images import pictures
from tests.images.pictures import CIRCLE, svg
from webapp.images import LARGEST_DEPTH, InvalidImage
from webapp.images.svg import rasterize

XML = '<?xml version="1.0"?>'
RED = (192, 0, 0, 255)
CLEAR = (0, 0, 0, 0)


def entities(of: str, use: str) -> bytes:
    """A drawing with a declaration in front."""
    return f"{XML}<!DOCTYPE svg [{of}]>".encode() + svg(f"<title>{use}</title>{CIRCLE}")


LAUGHS = '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
)

REFUSED = {
    "script": (svg("<script>alert(1)</script>"), "svg_element"),
    "script with address": (svg('<script href="https://evil.example/x.js"/>'), "svg_element"),
    "foreignObject": (
        svg('<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>'),
        "svg_element",
    ),
    "animate": (svg('<animate attributeName="href" to="javascript:alert(1)"/>'), "svg_element"),
    "set": (svg('<set attributeName="onclick" to="alert(1)"/>'), "svg_element"),
    "link": (svg('<a xlink:href="javascript:alert(1)"><circle r="4"/></a>'), "svg_element"),
    "image http": (svg('<image href="http://evil.example/x.png"/>'), "svg_image"),
    "image file": (svg('<image xlink:href="file:///etc/passwd"/>'), "svg_image"),
    "image data": (svg('<image href="data:image/png;base64,AAAA"/>'), "svg_image"),
    "image in definitions": (svg('<defs><g><image href="/x.png"/></g></defs>'), "svg_image"),
    "filter": (svg('<filter id="f"><feImage href="/etc/passwd"/></filter>'), "svg_element"),
    "feImage": (svg('<feImage href="/etc/passwd"/>'), "svg_element"),
    "text": (svg("<text>Releaf</text>"), "svg_text"),
    "billion laughs": (entities(LAUGHS, "&a9;"), "svg_unreadable"),
    "blow-up": (entities(f'<!ENTITY a "{"ha" * 5_000}">', "&a;" * 500), "svg_unreadable"),
    "outer entity": (entities('<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;"), "svg_unreadable"),
    "parameter entity": (
        entities('<!ENTITY % a SYSTEM "http://evil.example/"> %a;', ""),
        "svg_unreadable",
    ),
    "entity in an attribute": (
        f"{XML}<!DOCTYPE svg [<!ENTITY a 'x'>]>".encode() + svg('<g id="&a;"/>'),
        "svg_unreadable",
    ),
    "no XML": (b"<svg", "svg_unreadable"),
    "unknown encoding": (
        b'<?xml version="1.0" encoding="x-unknown"?>' + svg(),
        "svg_unreadable",
    ),
    "HTML": (b"<html><svg/></html>", "unknown"),
    "SVG of no namespace": (b'<svg viewBox="0 0 9 9"/>', "unknown"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_elements_and_entities_are_refused(name: str) -> None:
    upload, reason = REFUSED[name]

    with pytest.raises(InvalidImage) as refused:
        rasterize(upload)

    assert refused.value.reason == reason


def nested(levels: int, start: str = "<g>") -> bytes:
    """Return a drawing of a circle at this level; the root is at the first."""
    return svg(start * (levels - 2) + CIRCLE + "</g>" * (levels - 2))


def test_elements_can_be_nested_to_the_largest_depth() -> None:
    assert opened(nested(LARGEST_DEPTH)).getpixel((200, 200)) == RED


@pytest.mark.parametrize(
    "upload",
    [
        nested(LARGEST_DEPTH + 1),
        nested(20_000),
        nested(500, '<g opacity=".5">'),
        svg('<mask id="m">' * 200 + "</mask>" * 200),
        svg("<defs>" + "<symbol>" * 200 + "</symbol>" * 200 + "</defs>"),
    ],
)
def test_deeper_elements_are_refused(upload: bytes) -> None:
    with pytest.raises(InvalidImage, match="svg_nesting"):
        rasterize(upload)


#: Drawings of a red circle, with something that must have no effect.
IGNORED = {
    "event of the root": svg().replace(b"viewBox", b'onload="alert(1)" viewBox'),
    "event": svg(f'<g onclick="alert(1)" OnMouseOver="alert(1)">{CIRCLE}</g>'),
    "script of XHTML": svg(
        f'{CIRCLE}<s:script xmlns:s="http://www.w3.org/1999/xhtml">alert(1)</s:script>'
    ),
    "base": svg(CIRCLE).replace(b"viewBox", b'xml:base="file:///etc/" viewBox'),
    "style sheet": f'{XML}<?xml-stylesheet href="file:///etc/passwd"?>'.encode() + svg(),
    "rules": svg(f"<style>@import url(//evil.example); @font-face{{src:url(/x)}}</style>{CIRCLE}"),
    "empty entity": svg().replace(b"<svg", b"<!DOCTYPE svg []><svg"),
}


@pytest.mark.parametrize("name", IGNORED)
def test_external_references_have_no_effect(name: str) -> None:
    drawn = opened(IGNORED[name])

    assert drawn.getpixel((200, 200)) == RED
    assert drawn.getpixel((800, 200)) == CLEAR


@pytest.mark.parametrize(
    "inner",
    [
        '<use href="{file}"/>',
        '<use href="{file}#x"/>',
        '<x:image xmlns:x="urn:x" xlink:href="{file}" width="300" height="100"/>',
        '<image xmlns="" href="{file}" width="300" height="100"/>',
        '<rect width="300" height="100" fill="url({file})"/>',
        '<rect width="300" height="100" fill="url({file}#x)"/>',
        '<rect width="300" height="100" style="fill:url({file})"/>',
        '<style>rect{{fill:url(\'{file}\')}}</style><rect width="300" height="100"/>',
        '<rect width="300" height="100" fill="url(#p)"/><pattern id="p" href="{file}"/>',
        '<rect width="300" height="100" fill="none" mask="url({file})" clip-path="url({file})"/>',
        '<rect width="300" height="100" fill="none" filter="url({file})"/>',
    ],
)
def test_no_file_is_read(inner: str, tmp_path: Path) -> None:
    drawing, raster = tmp_path / "secret.svg", tmp_path / "secret.png"
    drawing.write_bytes(svg('<rect id="x" width="300" height="100" fill="#0000c0"/>'))
    raster.write_bytes(pictures.png((300, 100), (0, 0, 192, 255)))

    for secret in (drawing, raster):
        for address in (str(secret), secret.as_uri()):
            colours = opened(svg(inner.format(file=address))).getcolors()
            assert colours is not None
            assert {colour for _, colour in colours} <= {CLEAR, (0, 0, 0, 255)}


@pytest.mark.parametrize(
    "inner",
    [
        '<g id="a"><use href="#a"/></g>',
        '<linearGradient id="a" href="#b"/><linearGradient id="b" href="#a"/>'
        '<rect width="9" height="9" fill="url(#a)"/>',
        '<pattern id="a" width="1" height="1"><rect width="9" height="9" fill="url(#a)"/></pattern>'
        '<rect width="9" height="9" fill="url(#a)"/>',
        '<mask id="a" mask="url(#a)"><rect width="9" height="9" mask="url(#a)"/></mask>'
        '<rect width="9" height="9" mask="url(#a)"/>',
        '<clipPath id="a" clip-path="url(#a)"><rect width="9" height="9" clip-path="url(#a)"/>'
        '</clipPath><rect width="9" height="9" clip-path="url(#a)"/>',
    ],
)
def test_circular_references_end(inner: str) -> None:
    assert opened(svg(inner + CIRCLE)).getpixel((200, 200)) == RED


def opened(upload: bytes) -> Any:
    """The drawing as an image."""
    return Image.open(BytesIO(rasterize(upload))).convert("RGBA")


def test_files_of_drawing_programs_are_rendered() -> None:
    upload = f"""{XML}<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
      "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"><!-- Generator: A Program -->
    <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
      xmlns:ink="http://www.inkscape.org/namespaces/inkscape" version="1.1" id="Layer_1" x="0px"
      y="0px" viewBox="0 0 300 100" xml:space="preserve" enable-background="new 0 0 300 100"
      ink:version="1.3"><title>Ada's logo</title><desc>drawn by Ada</desc>
    <metadata><rdf xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#">Ada</rdf></metadata>
    <ink:view ink:zoom="1"/><style type="text/css">.st0{{fill:#C00000;font-family:Ada}}</style>
    <defs><linearGradient id="a"><stop offset="0" style="stop-color:#00f;stop-opacity:1"/>
    <stop offset="100%" stop-color="rgb(0, 128, 0)"/></linearGradient>
    <linearGradient id="b" xlink:href="#a" gradientTransform="rotate(45)"/>
    <clipPath id="c"><rect width="300" height="100"/></clipPath></defs>
    <g clip-path="url(#c)" ink:label="Layer" data-name="Layer"><circle class="st0" cx="50" cy="50"
    r="40"/><path d="M110 10h180v80h-180z" fill="url(#b)"/></g></svg>"""

    shown = opened(upload.encode())

    assert shown.size == (1200, 400)
    assert shown.getpixel((200, 200)) == RED
    assert shown.getpixel((10, 10)) == CLEAR
    _, _, blue, opaque = shown.getpixel((460, 60))
    assert (blue > 100, opaque) == (True, 255)


def test_the_size_may_replace_the_view_box() -> None:
    upload = svg().replace(b'viewBox="0 0 300 100"', b'width="200px" height="100"')

    assert opened(upload).size == (800, 400)


@pytest.mark.parametrize(
    "box", ["300 0", "1e999 100", "nan inf", "300000 1", "1 300000", "1e30 1", "-1 -1", ""]
)
def test_a_drawing_of_any_size_fits_the_frame(box: str) -> None:
    width, height = opened(svg().replace(b"300 100", box.encode())).size

    assert 1 <= width <= 1280
    assert 1 <= height <= 400


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_encoding_of_xml_is_read(encoding: str) -> None:
    assert opened(svg().decode().encode(encoding)).getpixel((200, 200)) == RED
