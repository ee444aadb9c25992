"""The guide's screenshots show the present texts."""

import os
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser import guide
from tests.browser.served_app import ServedApp
from tests.browser.visit import new_context
from webapp.views.public.guide import PICTURED, PICTURES, pictures

TAKES = os.environ.get("TAKE_PICTURES") == "yes"


@pytest.fixture(scope="module", params=["en", "es"])
def language(request: pytest.FixtureRequest) -> str:
    """A language of the product."""
    return str(request.param)


@pytest.fixture(scope="module")
def page(chromium: Browser, served_app: ServedApp, language: str) -> Iterator[Page]:
    """A window of the pictures' size; ``make guide`` takes them again before they are compared."""
    context = new_context(
        chromium,
        viewport={"width": guide.WIDTH, "height": guide.HEIGHT},
        reduced_motion="reduce",
        locale=language,
    )
    if TAKES:
        for name in guide.take(served_app, context, language):
            print(name)
        pictures.cache_clear()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", guide.VIEWS)
def test_screenshots_show_the_present_texts(
    page: Page, served_app: ServedApp, language: str, name: str
) -> None:
    stored = (PICTURES / language / f"{name}.txt").read_text()

    assert guide.text_of(page, served_app, name) == stored, "the page has changed: run make guide"
    assert page.get_attribute("html", "lang") == language


@pytest.mark.usefixtures("page")
def test_the_screenshots_are_as_listed_and_small(language: str) -> None:
    listed = pictures()

    assert list(listed) == list(guide.VIEWS)
    for name, one in listed.items():
        assert one["words"] == PICTURED[name]
        for scheme in guide.SCHEMES:
            path = PICTURES / language / f"{name}-{scheme}.webp"
            with Image.open(path) as image:
                assert image.size == (one["width"], one["height"])
            assert path.stat().st_size < 80_000, path.name
    expected = {f"{name}-{scheme}.webp" for name in listed for scheme in guide.SCHEMES}
    assert {path.name for path in (PICTURES / language).glob("*.webp")} == expected
