"""Every page in Spanish on a phone, in the role that sees most of it: longer words must fit.

Markup and colours are those of the English pages: tests/test_languages.py compares the markup of
translations with that of the texts.
"""

import pytest
from playwright.sync_api import Browser

from tests.browser import page_urls
from tests.browser.served_app import ServedApp
from tests.browser.walk import Walk


@pytest.fixture(scope="module")
def walk(served_app: ServedApp, chromium: Browser) -> Walk:
    """The walk of a browser that prefers Spanish, when all pages have been looked at."""
    context = chromium.new_context(no_viewport=True, locale="es-MX")
    through = Walk(context, served_app, "spanish")
    looks = {
        (page_urls.roles(endpoint)[0], path.format_map(served_app.ids))
        for endpoint, paths in page_urls.PAGES.items()
        for path in paths
    }
    for who, path in sorted(looks):
        through.continue_as(who)
        through.check_page_in("es", who, path)
    context.close()
    return through


@pytest.mark.parametrize("check", ["status", "width", "spills", "console", "elsewhere", "weight"])
def test_pages(walk: Walk, check: str) -> None:
    assert walk.complaints[check] == []
