"""Drawings: what acts, refers elsewhere or explodes is refused; the rest is made anew."""

from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image

from tests.images import pictures
from tests.images.pictures import CIRCLE, svg
from webapp.images import InvalidImage, rasterize, sanitize_logo, sanitize_svg

XML = '<?xml version="1.0"?>'


def entities(of: str, use: str) -> bytes:
    """A drawing with a declaration in front."""
    return f"{XML}<!DOCTYPE svg [{of}]>".encode() + svg(f"<title>{use}</title>{CIRCLE}")


LAUGHS = '<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)
)

MALICIOUS = {
    "script": svg("<script>alert(1)</script>"),
    "script with address": svg('<script href="https://evil.example/x.js"/>'),
    "script of xhtml": svg('<s:script xmlns:s="http://www.w3.org/1999/xhtml">alert(1)</s:script>'),
    "frame of xhtml": svg('<s:iframe xmlns:s="http://www.w3.org/1999/xhtml" src="/"/>'),
    "onload of the root": svg().replace(b"viewBox", b'onload="alert(1)" viewBox'),
    "onclick": svg('<circle r="4" onclick="alert(1)"/>'),
    "OnMouseOver": svg('<g OnMouseOver="alert(1)"/>'),
    "foreignObject": svg(
        '<foreignObject><p xmlns="http://www.w3.org/1999/xhtml"/></foreignObject>'
    ),
    "animate": svg('<animate attributeName="href" to="javascript:alert(1)"/>'),
    "set": svg('<set attributeName="onclick" to="alert(1)"/>'),
    "a javascript": svg('<a xlink:href="javascript:alert(1)"><circle r="4"/></a>'),
    "use of its own": svg('<circle id="c" r="4"/><use xlink:href="#c"/>'),
    "use of another file": svg('<use href="https://evil.example/x.svg#c"/>'),
    "use of data": svg('<use href="data:image/svg+xml;base64,PHN2Zy8+#x"/>'),
    "image http": svg('<image href="http://evil.example/x.png"/>'),
    "image file": svg('<image xlink:href="file:///etc/passwd"/>'),
    "image of a path": svg('<image href="/etc/passwd"/>'),
    "image data": svg('<image href="data:image/png;base64,AAAA"/>'),
    "gradient of javascript": svg('<linearGradient xlink:href="javascript:alert(1)"/>'),
    "gradient of data": svg('<linearGradient href="data:text/xml,x"/>'),
    "gradient elsewhere": svg('<radialGradient href="//evil.example/x#y"/>'),
    "gradients in circles": svg(
        '<linearGradient id="a" href="#b"/><linearGradient id="b" href="#a"/>'
    ),
    "gradients in circles, named twice": svg(
        '<linearGradient id="a" href="#b"/><linearGradient id="b" href="#a"/>'
        '<linearGradient id="b"/>'
    ),
    "fill elsewhere": svg('<circle r="4" fill="url(https://evil.example/x#y)"/>'),
    "stroke of data": svg('<circle r="4" stroke="URL(data:image/svg+xml,x)"/>'),
    "clip elsewhere": svg('<g clip-path="url(//evil.example/x#y)"/>'),
    "style url": svg('<circle r="4" style="fill:url(https://evil.example/x)"/>'),
    "style url of its own": svg('<circle r="4" style="fill:url(#x)"/>'),
    "style url, escaped": svg(r'<circle r="4" style="fill:u\72l(https://evil.example/x)"/>'),
    "style url, quoted": svg("<circle r='4' style='fill:url(\"https://evil.example/x\")'/>"),
    "style image-set": svg('<circle r="4" style="fill:image-set(&quot;x.png&quot; 1x)"/>'),
    "style expression": svg('<circle r="4" style="fill:expression(alert(1))"/>'),
    "style var in brackets": svg('<circle r="4" style="fill:(var(--x))"/>'),
    "sheet url": svg("<style>circle{fill:url(https://evil.example/x)}</style>"),
    "sheet import": svg("<style>@import 'https://evil.example/x.css';</style>"),
    "sheet import, escaped": svg(r"<style>@\69mport 'https://evil.example/x.css';</style>"),
    "sheet import within CDATA": svg("<style><![CDATA[@import url(//evil.example);]]></style>"),
    "sheet font": svg("<style>@font-face{font-family:x;src:url(//evil.example)}</style>"),
    "sheet media": svg("<style>@media all{circle{fill:url(//evil.example)}}</style>"),
    "sheet selector": svg("<style>circle url(//evil.example){fill:red}</style>"),
    "filter": svg('<filter id="f"><feImage href="//evil.example/x"/></filter>'),
    "pattern": svg('<pattern id="p"><circle r="4"/></pattern>'),
    "text": svg("<text>Releaf</text>"),
    "billion laughs": entities(LAUGHS, "&a9;"),
    "blow-up": entities(f'<!ENTITY a "{"ha" * 5_000}">', "&a;" * 500),
    "outer entity": entities('<!ENTITY a SYSTEM "file:///etc/passwd">', "&a;"),
    "outer entity of http": entities('<!ENTITY a SYSTEM "http://evil.example/">', "&a;"),
    "parameter entity": entities('<!ENTITY % a SYSTEM "http://evil.example/"> %a;', ""),
    "entity that is not used": entities('<!ENTITY a "b">', ""),
    "outer entity in an attribute": f"{XML}<!DOCTYPE svg [<!ENTITY a 'x'>]>".encode()
    + svg('<g id="&a;"/>'),
    "too many": svg("<g/>" * 3_001),
    "too deep": svg("<g>" * 41 + "</g>" * 41),
    "very deep": svg("<g>" * 30_000 + "</g>" * 30_000),
    "no SVG": b"<html><svg/></html>",
    "no XML": b"<svg",
    "SVG of no namespace": b'<svg viewBox="0 0 9 9"/>',
    "unknown encoding": b'<?xml version="1.0" encoding="x-unknown"?>' + svg(),
    "no size": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "empty box": svg().replace(b"300 100", b"300 0"),
    "endless box": svg().replace(b"300 100", b"1e999 100"),
    "box of words": svg().replace(b"300 100", b"nan inf"),
    "a line": svg().replace(b"300 100", b"300000 1"),
}


@pytest.mark.parametrize("name", MALICIOUS)
def test_what_is_not_taken_is_refused_in_words(name: str) -> None:
    with pytest.raises(InvalidImage, match=r"^This .*\.$"):
        sanitize_svg(MALICIOUS[name])


def test_what_drawing_programs_write_is_taken() -> None:
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
    r="40"/><path d="M110 10h180v80h-180z" fill="url(#b)" stroke-dasharray="0.0001"/></g></svg>"""

    cleaned = sanitize_svg(upload.encode())

    assert b"Ada" not in cleaned.content
    assert b"inkscape" not in cleaned.content
    assert b"DOCTYPE" not in cleaned.content
    assert b"dasharray" not in cleaned.content
    assert cleaned.ratio == 3
    shown = Image.open(BytesIO(rasterize(cleaned, 600, 200)))
    assert shown.getpixel((100, 100)) == (192, 0, 0, 255)
    assert shown.getpixel((5, 5)) == (0, 0, 0, 0)
    _, _, blue, opaque = shown.getpixel((230, 30))  # type: ignore[misc]
    assert (blue > 100, opaque) == (True, 255)


def test_only_what_is_on_the_list_is_in_what_is_made() -> None:
    upload = (
        svg(
            '<g filter="url(#f)" mask="url(#m)" id="a&quot;b" class="&lt;x" transform="url(x)">'
            '<circle r="9" cx="9" cy="9" fill="javascript:alert(1)" xml:base="//evil.example"/></g>'
            '<clipPath id="c"><g clip-path="url(#c)"><rect fill="url(#c)"/></g></clipPath>'
        )
        .replace(b"#f", b"")
        .replace(b"#m", b"")
    )

    made = ElementTree.fromstring(sanitize_svg(upload).content)  # noqa: S314

    attributes = [each.attrib for each in made.iter()]
    assert attributes == [
        {"viewBox": "0 0 300 100"},
        {},
        {"r": "9", "cx": "9", "cy": "9"},
        {"id": "c"},
        {},
        {},
    ]


def test_the_size_may_stand_in_place_of_a_box() -> None:
    upload = svg().replace(b'viewBox="0 0 300 100"', b'width="200px" height="100"')

    assert sanitize_svg(upload).ratio == 2
    assert b'viewBox="0 0 200 100"' in sanitize_svg(upload).content


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_encoding_of_xml_is_read(encoding: str) -> None:
    assert sanitize_svg(svg().decode().encode(encoding)).ratio == 3


def test_a_drawing_is_drawn_in_colour_and_transparent_around() -> None:
    shown = sanitize_logo(rasterize(sanitize_svg(pictures.svg()), 600, 200))

    image = Image.open(BytesIO(shown.content))
    assert image.getpixel((80, 80)) == (192, 0, 0, 255)
    assert image.getpixel((0, 0))[3] == 0  # type: ignore[index]
