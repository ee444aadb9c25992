"""A walk from page to page, in one window; findings of the validators are collected."""

import base64
import re
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Literal

from playwright.sync_api import BrowserContext, Response

from tests.browser.served_app import ServedApp
from tests.browser.validators import Axe
from webapp.settings import ROOT

OUTPUT = ROOT / "test-output" / "pages"
KINDS = ("desktop-light", "phone-dark")
LARGEST_PAGE = 150 * 1024
PHONE_WIDTH = 360
_SIZES = {
    "desktop-light": (1280, 900),
    "tablet-light": (800, 1100),
    "phone-dark": (PHONE_WIDTH, 740),
}
Kind = Literal["desktop-light", "tablet-light", "phone-dark"]
#: What can differ on a phone and in the dark; the whole of axe-core was asked before.
_RULES_IN_THE_DARK = ("color-contrast", "link-in-text-block", "target-size")
_MAIN = re.compile(r"<main.*</main>", re.DOTALL)
_TOKEN = re.compile(r'name="csrf_token"[^>]*>')
#: And what can differ in another language, whose words are longer.
_RULES_OF_ANOTHER_LANGUAGE = (*_RULES_IN_THE_DARK, "html-lang-valid", "valid-lang")
#: Every part of the page is shown, and letters have their own shapes.
_UNFOLD = """async () => {
  for (const one of document.querySelectorAll('details')) one.open = true;
  await document.fonts.ready;
}"""
#: Until htmx waits for nothing. Playwright's own way to wait compiles its condition again and
#: again, which the pages' content policy refuses.
QUIET = """async () => {
  while (document.querySelector('.htmx-request')) await new Promise((go) => setTimeout(go, 20));
}"""
#: Colours go over into those of the other scheme, however quickly; that is waited for.
_SETTLE = """async () => {
  const frame = () => new Promise((go) => requestAnimationFrame(go));
  do { await frame(); await frame(); }
  while (document.getAnimations().some((one) => one instanceof CSSTransition));
}"""
#: Words that are wider than what is drawn around them.
_SPILLS = """() => [...document.querySelectorAll(
  '.badge, .button, .card, .stat, dt, dd, th, td, label')]
  .filter((one) => one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1
    && getComputedStyle(one).overflowX === 'visible' && one.checkVisibility())
  .map((one) => `${one.className || one.localName}: ${one.textContent.trim().slice(0, 40)}`)"""
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
    """Goes from page to page in one window. ``complaints``: what each check says, ``files``: the
    HTML that was served. What was seen is left in the folder ``name`` of ``OUTPUT``.
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
        self._judged: set[str] = set()
        self._where, self._expected = "", 200
        self._page.on("console", lambda said: self._hear(said.type, said.text))
        self._page.on("pageerror", lambda error: self._hear("error", str(error)))
        self._page.on("request", lambda request: self._follow(request.url))

    def is_now(self, who: str) -> None:
        """Go on as somebody else."""
        self._page.context.clear_cookies()
        if who in self._served_app.cookies:
            name = self._served_app.app.config["SESSION_COOKIE_NAME"]
            self._page.context.add_cookies(
                [
                    {
                        "name": name,
                        "value": self._served_app.cookies[who],
                        "url": self._served_app.address,
                    }
                ]
            )

    def looks_at(self, who: str, path: str, status: int = 200) -> None:
        """Open a page and have it checked."""
        self._begin(f"{who} {path}", status)
        self._judge(self._page.goto(self._served_app.address + path))

    def looks_at_in(self, language: str, who: str, path: str) -> None:
        """Open a page on a phone, in another language than English."""
        self._where, self._expected = f"{who} {path} {language}", 200
        response = self._page.goto(self._served_app.address + path)
        assert response is not None
        self._expect(response.status)
        html = response.text()
        if f'<html lang="{language}"' not in html:
            self._add("status", [f"is not in {language}"])
        self._keep(html)
        self._page.evaluate(QUIET)
        self._page.evaluate(_SETTLE)  # what waited was pale
        self._page.evaluate(_UNFOLD)
        self._show_as("phone-dark")
        self._axe.inject(self._page)
        self._add("axe", self._axe.violations(self._page, *_RULES_OF_ANOTHER_LANGUAGE))
        self._photograph("phone-dark")

    def looks_at_foreign(self, who: str, path: str) -> None:
        """Open a page whose HTML is not ours; it only must not complain nor go elsewhere."""
        self._begin(f"{who} {path}")
        response = self._page.goto(self._served_app.address + path, wait_until="networkidle")
        self._expect(response.status if response else 0)
        self._photograph("desktop-light")

    def sends_empty_form(self, who: str, path: str) -> None:
        """Send a page's form with nothing in it; the page that says so is checked."""
        self._begin(f"{who} {path} refused", 422)
        self._page.goto(self._served_app.address + path)
        with self._page.expect_navigation() as navigation:
            self._page.evaluate(_SEND_EMPTY)
        self._judge(navigation.value)

    def reads_part(self, who: str, path: str) -> None:
        """Get a part of a page, whose HTML alone is checked."""
        self._begin(f"{who} {path} part")
        response = self._page.request.get(
            self._served_app.address + path, headers={"HX-Request": "true"}, max_redirects=0
        )
        self._expect(response.status)
        self._keep(f"{_AROUND_A_PART}{response.text()}</main></body></html>\n")

    def opens_menu(self, who: str, path: str) -> None:
        """Look at the menu of a phone, which no page shows by itself."""
        self._begin(f"{who} {path} menu")
        self._page.goto(self._served_app.address + path)
        self._show_as("phone-dark")
        self._page.get_by_role("button", name="Menu").click()
        self._axe.inject(self._page)
        self._add("axe", self._axe.violations(self._page))
        self._photograph("phone-dark")

    def _begin(self, where: str, status: int = 200) -> None:
        self._where, self._expected = where, status
        self._show_as("desktop-light")

    def _judge(self, response: Response | None) -> None:
        assert response is not None
        self._expect(response.status)
        html = response.text()
        self._keep(html)
        if self._was_judged(html):
            return
        self._page.evaluate(QUIET)
        self._page.evaluate(_SETTLE)  # what waited was pale
        self._page.evaluate(_UNFOLD)
        self._axe.inject(self._page)
        self._add("axe", self._axe.violations(self._page))
        self._photograph("desktop-light")
        self._show_as("tablet-light")
        self._measure("tablet-light")
        self._show_as("phone-dark")
        self._add("axe", self._axe.violations(self._page, *_RULES_IN_THE_DARK))
        self._photograph("phone-dark")

    def _was_judged(self, html: str) -> bool:
        """Whether the same was shown to somebody else, but for the menu around it."""
        main = _MAIN.search(html)
        assert main is not None
        content = _TOKEN.sub("", main[0])
        known = content in self._judged
        self._judged.add(content)
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

    def _measure(self, kind: Kind) -> tuple[int, int]:
        """The page's width and height; it must fit the window, and words their boxes."""
        width, height = self._page.evaluate(_MEASURE)
        if width > _SIZES[kind][0]:
            self._add("width", [f"{width} px on {kind}"])
        self._add("spills", [f"{kind}: {one}" for one in self._page.evaluate(_SPILLS)])
        return width, height

    def _photograph(self, kind: Literal["desktop-light", "phone-dark"]) -> None:
        """Take a picture of all of the page."""
        width, height = self._measure(kind)
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

    def _keep(self, html: str) -> None:
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

    def _hear(self, kind: str, text: str) -> None:
        # A browser complains of every refusal; that one was meant.
        meant = self._expected >= 400 and f"status of {self._expected}" in text
        if kind in ("error", "warning") and not meant:
            self._add("console", [text])

    def _follow(self, url: str) -> None:
        if not url.startswith((f"{self._served_app.address}/", "data:")):
            self._add("elsewhere", [url])

    def _add(self, check: str, said: list[str]) -> None:
        self.complaints[check] += [f"{self._where}: {one}" for one in said]
