"""The guide's pictures, taken from the running product.

In every language of the product. Beside each picture stands the text it shows; a test compares it
with the present text, and ``make guide`` takes them all again.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from PIL import Image
from playwright.sync_api import BrowserContext, Page

from tests.browser.served_app import ServedApp
from tests.browser.walk import QUIET
from webapp.views.public.guide import PICTURED, PICTURES

WIDTH, HEIGHT = 1280, 900
SCHEMES = ("light", "dark")
#: Addresses, and names that factories number, differ from one start to the next.
_RESTLESS = re.compile(r"https?://127\.0\.0\.1:\d+|\bCNB1L\d+|\bR-\d{4}-\d\d-\d+|\bA-\d+")


@dataclass(frozen=True, slots=True)
class View:
    """A page to be photographed."""

    path: str
    who: str = "guide_admin"


VIEWS = {
    "register": View("/servers/new"),
    "choose": View("/servers/{guide_server}/feeds/new?read=1"),
    "progress": View("/collections/{running_collection}", "partner_admin"),
    "device": View("/devices/{guide_device}"),
    "feed": View("/feeds/{guide_feed}"),
    "review": View("/review/{guide_review}"),
    "certificate": View("/certificates/{guide_certificate}"),
    "sharing": View("/accounts/{guide_customer}/sharing"),
}


def text_of(page: Page, served_app: ServedApp, name: str) -> str:
    """What a picture would show now, in the language of the window."""
    return _open(page, served_app, VIEWS[name])


def take(served_app: ServedApp, context: BrowserContext, language: str) -> Iterator[str]:
    """Take the pictures of all views, light and dark, in the language of the context; return
    the names of the files.
    """
    folder = PICTURES / language
    folder.mkdir(parents=True, exist_ok=True)
    page = context.new_page()
    listed = {}
    for name, view in VIEWS.items():
        text = ""
        for scheme in SCHEMES:
            page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            text = _open(page, served_app, view)
            image = Image.open(BytesIO(page.screenshot())).convert("RGB")
            path = folder / f"{name}-{scheme}.webp"
            image.save(path, "WEBP", quality=72, method=6)
            yield f"{language}/{path.name}"
        (folder / f"{name}.txt").write_text(text)
        listed[name] = {"width": WIDTH, "height": HEIGHT, "words": str(PICTURED[name])}
    (PICTURES / "pictures.json").write_text(json.dumps(listed, indent=2) + "\n")


def _open(page: Page, served_app: ServedApp, view: View) -> str:
    page.context.clear_cookies()
    served_app.log_in(page.context, view.who)
    response = page.goto(served_app.address + view.path.format_map(served_app.ids))
    assert response is not None
    assert response.status == 200, view.path
    page.evaluate(QUIET)
    page.evaluate("document.fonts.ready")
    lines = page.inner_text("main").splitlines()
    return "\n".join(_RESTLESS.sub("…", line.strip()) for line in lines if line.strip()) + "\n"
