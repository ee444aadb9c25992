"""A walk from page to page, in one window; findings of the validators are collected.

Every page is opened and measured on a phone. A page with an element that no page before it had is
measured on a tablet and a desktop and checked by axe-core in both colour schemes, each of its rows
once: these take longer than all the rest. The texts of the other pages and the order of their
elements are left to html-validate.
"""

import base64
import os
import re
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Literal

from playwright.sync_api import BrowserContext, Response

from tests.browser.served_app import ServedApp
from tests.browser.validators import Axe
from tests.browser.visit import ABORTED
from webapp.settings import ROOT

OUTPUT = ROOT / "test-output" / "pages"
TAKES = os.environ.get("TAKE_PICTURES") == "yes"
KINDS = ("desktop-light", "phone-dark")
LARGEST_PAGE = 150 * 1024
PHONE_WIDTH = 360
_SIZES = {
    "desktop-light": (1280, 900),
    "tablet-light": (768, 1100),
    "phone-dark": (PHONE_WIDTH, 740),
}
Kind = Literal["desktop-light", "tablet-light", "phone-dark"]
#: What can differ on a phone and in the dark.
_RULES_IN_THE_DARK = ("color-contrast", "link-in-text-block", "target-size")
_MAIN = re.compile(r"<main.*</main>", re.DOTALL)
_TOKEN = re.compile(r'name="csrf_token"[^>]*>')
#: Every part of the page is shown, letters have their own shapes, and colours change at once.
_UNFOLD = """async () => {
  const still = new CSSStyleSheet();
  still.replaceSync('*, ::before, ::after { transition: none !important }');
  document.adoptedStyleSheets.push(still);
  for (const one of document.querySelectorAll('details')) one.open = true;
  await document.fonts.ready;
}"""
#: Until htmx waits for nothing. Playwright's own way to wait compiles its condition again and
#: again, which the pages' content policy refuses.
QUIET = """async () => {
  while (document.querySelector('.htmx-request')) await new Promise((go) => setTimeout(go, 20));
}"""
#: Until what was changed is shown.
_SETTLE = """async () => {
  const frame = () => new Promise((go) => requestAnimationFrame(go));
  await frame(); await frame();
}"""
#: The kinds of elements: each with its ancestors and attributes, and whether it has a text.
_ELEMENTS = """() => {
  const named = /^(class|type|role|rel|scope|aria-(busy|current|disabled|expanded|invalid|live))$/;
  const found = new Set();
  const visit = (element, above) => {
    const attributes = [...element.attributes].map(({ name, value }) =>
      named.test(name) ? `${name}=${value}` : name + (value ? '' : '='));
    const text = [...element.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    const path = `${above}>${element.localName}[${attributes.sort()}]${text ? 'text' : ''}`;
    found.add(path);
    for (const one of element.children) visit(one, path);
  };
  visit(document.body, '');
  return [...found];
}"""
#: Rows like a row above them are removed.
_THIN = """() => {
  const kind = (element) => `${element.localName}.${element.className}`
    + `(${[...element.children].map(kind)})`;
  for (const list of document.querySelectorAll('tbody, ul, ol, dl, select')) {
    const seen = new Set();
    for (const row of [...list.children]) {
      if (seen.has(kind(row))) row.remove();
      else seen.add(kind(row));
    }
  }
}"""
#: Words that are wider than what is drawn around them.
_SPILLS = """() => [...document.querySelectorAll(
  '.badge, .button, .card, .stat, dt, dd, th, td, label')]
  .filter((one) => one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1
    && getComputedStyle(one).overflowX === 'visible' && one.checkVisibility())
  .map((one) => `${one.className || one.localName}: ${one.textContent.trim().slice(0, 40)}`)"""
#: Tables of which a part is hidden at the side, unless a word has more letters than a column.
_CUT = """() => [...document.querySelectorAll('.table')]
  .filter((one) => one.scrollWidth > one.clientWidth
    && ![...one.querySelectorAll('td, th')].some((cell) => /\\S{31}/.test(cell.textContent)))
  .map((one) => `${one.getAttribute('aria-label')}: ${one.scrollWidth} in ${one.clientWidth} px`)"""
_MEASURE = "[document.scrollingElement.scrollWidth, document.scrollingElement.scrollHeight]"
_AROUND_A_PART = (
    '<!DOCTYPE html>\n<html lang="en"><head><title>A part of a page</title></head><body><main>'
    "<h1>A part</h1><h2>of a page</h2>"
)
_SEND_EMPTY = """() => {
  const form = document.querySelector('main form:has(:is(input, textarea):not([type=hidden]))');
  for (const one of form.querySelectorAll('input:not([type=hidden]), textarea')) {
    if (one.type === 'radio' || one.type === 'checkbox') one.checked = false;
    else one.value = '';
  }
  form.requestSubmit(form.querySelector('button[type=submit]'));
}"""


class Walk:
    """Opens page after page in one window.

    ``complaints``: the messages of each check. ``files``: the HTML that was served; it is in the
    folder ``name`` of ``OUTPUT``, with TAKE_PICTURES=yes beside screenshots.
    """

    def __init__(self, context: BrowserContext, served_app: ServedApp, name: str) -> None:
        self.complaints: dict[str, list[str]] = defaultdict(list)
        self.files: list[Path] = []
        self._served_app = served_app
        self._folder = OUTPUT / name
        shutil.rmtree(self._folder, ignore_errors=True)
        for part in ("html", *KINDS):
            (self._folder / part).mkdir(parents=True)
        self._page = context.new_page()
        # Playwright's own ways to do this wait longer than a page takes to be shown.
        self._devtools = context.new_cdp_session(self._page)
        self._axe = Axe()
        self._paths: set[str] = set()
        self._contents: set[str] = set()
        self._elements: set[str] = set()
        self._who, self._where, self._expected = "", "", 200
        self._page.on("console", lambda message: self._record_message(message.type, message.text))
        self._page.on("pageerror", lambda error: self._record_message("error", str(error)))
        self._page.on("request", lambda request: self._follow(request.url))
        self._show_as("phone-dark")

    def continue_as(self, who: str) -> None:
        """Continue as a user; a change of user takes a new process of the browser."""
        if who == self._who:
            return
        self._who = who
        # A live page whose request is sent without a session reloads, which aborts what is opened.
        self._page.goto("about:blank")
        self._page.context.clear_cookies()
        if who in self._served_app.cookies:
            self._served_app.log_in(self._page.context, who)

    def check_page(self, who: str, path: str, status: int = 200) -> None:
        """Check a page, unless another user has seen it with the same content."""
        self._begin(f"{who} {path}", status)
        if path in self._paths and status == 200:
            response = self._page.request.get(self._served_app.address + path, max_redirects=0)
            if response.status == 200 and _content(response.text()) in self._contents:
                return
        self._paths.add(path)
        self._judge(self._page.goto(self._served_app.address + path))

    def check_page_in(self, language: str, who: str, path: str) -> None:
        """Open a page on a phone, in another language than English."""
        self._begin(f"{who} {path} {language}")
        response = self._page.goto(self._served_app.address + path)
        assert response is not None
        self._expect(response.status)
        html = response.text()
        if f'<html lang="{language}"' not in html:
            self._add("status", [f"is not in {language}"])
        self._save(html)
        self._unfold()
        self._measure("phone-dark")
        self._photograph("phone-dark")

    def check_foreign_page(self, who: str, path: str) -> None:
        """Open a page of a library; its console and its requests are checked, its HTML is not."""
        self._begin(f"{who} {path}")
        response = self._page.goto(self._served_app.address + path, wait_until="networkidle")
        self._expect(response.status if response else 0)
        self._show_as("desktop-light")
        self._measure("desktop-light")
        self._photograph("desktop-light")
        self._show_as("phone-dark")

    def sends_empty_form(self, who: str, path: str) -> None:
        """Send a page's form empty; the page with the errors is checked."""
        self._begin(f"{who} {path} refused", 422)
        self._page.goto(self._served_app.address + path)
        with self._page.expect_navigation() as navigation:
            self._page.evaluate(_SEND_EMPTY)
        self._judge(navigation.value)

    def check_fragment(self, who: str, path: str) -> None:
        """Get a part of a page, whose HTML alone is checked."""
        self._begin(f"{who} {path} part")
        response = self._page.request.get(
            self._served_app.address + path, headers={"HX-Request": "true"}, max_redirects=0
        )
        self._expect(response.status)
        self._save(f"{_AROUND_A_PART}{response.text()}</main></body></html>\n")

    def opens_menu(self, who: str, path: str) -> None:
        """Open the menu of a phone, which no page shows by default."""
        self._begin(f"{who} {path} menu")
        self._page.goto(self._served_app.address + path)
        self._page.get_by_role("button", name="Menu").click()
        self._axe.inject(self._page)
        self._add("axe", self._axe.violations(self._page))
        self._photograph("phone-dark")

    def _begin(self, where: str, status: int = 200) -> None:
        self._where, self._expected = where, status

    def _judge(self, response: Response | None) -> None:
        assert response is not None
        self._expect(response.status)
        html = response.text()
        if _content(html) in self._contents:
            return
        self._contents.add(_content(html))
        self._save(html)
        self._unfold()
        self._measure("phone-dark")
        self._photograph("phone-dark")
        if not TAKES and self._has_known_elements():
            return
        self._show_as("tablet-light")
        self._measure("tablet-light")
        self._show_as("desktop-light")
        self._measure("desktop-light")
        self._photograph("desktop-light")
        self._page.evaluate(_THIN)
        self._axe.inject(self._page)
        self._add("axe", self._axe.violations(self._page))
        self._show_as("phone-dark")
        self._add("axe", self._axe.violations(self._page, *_RULES_IN_THE_DARK))

    def _unfold(self) -> None:
        self._page.evaluate(QUIET)
        self._page.evaluate(_UNFOLD)
        self._page.evaluate(_SETTLE)  # what waited was pale

    def _has_known_elements(self) -> bool:
        """Whether all elements of the page were on pages before."""
        found = set(self._page.evaluate(_ELEMENTS))
        known = found <= self._elements
        self._elements |= found
        return known

    def _show_as(self, kind: Kind) -> None:
        width, height = _SIZES[kind]
        scheme = "dark" if kind == "phone-dark" else "light"
        self._devtools.send(
            "Emulation.setEmulatedMedia",
            {
                "features": [
                    {"name": "prefers-color-scheme", "value": scheme},
                    {"name": "prefers-reduced-motion", "value": "reduce"},
                ]
            },
        )
        self._devtools.send(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        self._page.evaluate(_SETTLE)

    def _measure(self, kind: Kind) -> None:
        """See that the page fits the window, and words their boxes."""
        width, _ = self._page.evaluate(_MEASURE)
        if width > _SIZES[kind][0]:
            self._add("width", [f"{width} px on {kind}"])
        self._add("spills", [f"{kind}: {one}" for one in self._page.evaluate(_SPILLS)])
        if kind == "tablet-light":
            self._add("cut", self._page.evaluate(_CUT))

    def _photograph(self, kind: Literal["desktop-light", "phone-dark"]) -> None:
        """Take a picture of all of the page, if pictures are wanted."""
        if not TAKES:
            return
        width, height = self._page.evaluate(_MEASURE)
        picture = self._devtools.send(
            "Page.captureScreenshot",
            {
                "format": "png",
                "optimizeForSpeed": True,
                "captureBeyondViewport": True,
                "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1},
            },
        )
        path = self._folder / kind / f"{self._name()}.png"
        path.write_bytes(base64.b64decode(picture["data"]))

    def _save(self, html: str) -> None:
        size = len(html.encode())
        if size > LARGEST_PAGE:
            self._add("weight", [f"{size:,} bytes"])
        # Our own drawings are markup; shown as text they were escaped once too often.
        if "&lt;svg" in html:
            self._add("status", ["shows markup as text"])
        path = self._folder / "html" / f"{self._name()}.html"
        path.write_text(html)
        self.files.append(path)

    def _name(self) -> str:
        return re.sub(r"[^A-Za-z0-9_]+", "-", self._where).strip("-")[:120]

    def _expect(self, status: int) -> None:
        if status != self._expected:
            self._add("status", [f"{status}, not {self._expected}"])

    def _record_message(self, kind: str, text: str) -> None:
        # A browser logs every refusal as an error; that one is expected.
        expected = self._expected >= 400 and f"status of {self._expected}" in text
        expected = expected or text.startswith(ABORTED)
        if kind in ("error", "warning") and not expected:
            self._add("console", [text])

    def _follow(self, url: str) -> None:
        if not url.startswith((f"{self._served_app.address}/", "data:")):
            self._add("elsewhere", [url])

    def _add(self, check: str, found: list[str]) -> None:
        self.complaints[check] += [f"{self._where}: {one}" for one in found]


def _content(html: str) -> str:
    """The text of a page, without its menu and the token of the session."""
    main = _MAIN.search(html)
    assert main is not None
    return _TOKEN.sub("", main[0])
