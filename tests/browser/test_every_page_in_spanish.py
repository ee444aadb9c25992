"""Every page in Spanish on a phone, seen by whoever sees most of it, before judges."""

import pytest
from playwright.sync_api import Browser

from tests.browser import sights
from tests.browser.judges import html_errors
from tests.browser.place import Place
from tests.browser.walk import Walk


@pytest.fixture(scope="module")
def walk(place: Place, chromium: Browser) -> Walk:
    """The walk of a browser that prefers Spanish, when all pages have been looked at."""
    context = chromium.new_context(no_viewport=True, locale="es-ES")
    through = Walk(context, place, "spanish")
    looks = {
        (sights.roles(endpoint)[0], path.format_map(place.things))
        for endpoint, paths in sights.PAGES.items()
        for path in paths
    }
    before = ""
    for who, path in sorted(looks):
        if who != before:
            through.is_now(who)
            before = who
        through.looks_at_in("es", who, path)
    context.close()
    return through


@pytest.mark.parametrize(
    "judge", ["status", "axe", "width", "spills", "console", "elsewhere", "weight"]
)
def test_pages(walk: Walk, judge: str) -> None:
    assert walk.complaints[judge] == []


def test_the_html_is_valid(walk: Walk) -> None:
    assert html_errors(walk.files) == []
