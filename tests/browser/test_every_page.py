"""Every page of the console, in every role that may open it, checked by validators.

A new page without an entry in ``page_urls`` fails here.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser import page_urls
from tests.browser.served_app import ServedApp
from tests.browser.validators import html_errors
from tests.browser.walk import Walk
from tests.views.access_table import REFUSED_TO_ALL

Step = tuple[str, Callable[[], None]]


@pytest.fixture(scope="module")
def walk(served_app: ServedApp, chromium: Browser) -> Walk:
    """The walk, when all pages have been looked at."""
    context = chromium.new_context(no_viewport=True)
    through = Walk(context, served_app, "english")
    # All pages of one user, then all of the next: sorting is stable otherwise.
    for who, step in sorted(_steps(through, served_app.ids), key=lambda step: step[0]):
        through.continue_as(who)
        step()
    context.close()
    return through


def _steps(through: Walk, ids: dict[str, int | str]) -> Iterator[Step]:
    """A user, a page and a size of window."""
    ways: list[tuple[Callable[..., None], Iterable[tuple[str, str]]]] = [
        (through.check_page, _visits(page_urls.PAGES)),
        (through.check_fragment, _visits(page_urls.PARTS)),
        (through.check_foreign_page, _visits(page_urls.FOREIGN)),
        (
            through.check_page,
            ((who, path) for who in page_urls.EMPTY for path in page_urls.EMPTY[who]),
        ),
        (through.sends_empty_form, page_urls.REFUSED_FORMS),
        (through.opens_menu, ((who, "/") for who in page_urls.ROLES)),
    ]
    for way, visits in ways:
        for who, path in visits:
            yield who, partial(way, who, path.format_map(ids))
    for who, path, status in page_urls.REFUSALS:
        yield who, partial(through.check_page, who, path.format_map(ids), status)


def _visits(addresses: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """The first address for every role that may go there, the others for the first of them."""
    for endpoint, paths in addresses.items():
        roles = page_urls.roles(endpoint)
        yield from ((role, paths[0]) for role in roles)
        yield from ((roles[0], path) for path in paths[1:])


def test_every_page_has_a_url(served_app: ServedApp) -> None:
    shown = page_urls.PAGES | page_urls.PARTS | page_urls.FOREIGN
    routes = served_app.app.url_map.bind("localhost")

    gets = {rule.endpoint for rule in routes.map.iter_rules() if "GET" in (rule.methods or ())}
    refused = {name.split()[0] for name in REFUSED_TO_ALL}
    assert set(shown) | page_urls.NO_PAGES == gets - refused
    for endpoint, paths in shown.items():
        for path in paths:
            address = urlsplit(path.format_map(served_app.ids)).path
            assert routes.match(address)[0] == endpoint, path


@pytest.mark.parametrize(
    "check",
    [
        pytest.param("status", id="every page answers as it should"),
        pytest.param("axe", id="axe-core finds no violation, in light and dark"),
        pytest.param("width", id="nothing scrolls sideways on a phone"),
        pytest.param("cut", id="no table scrolls sideways on a tablet"),
        pytest.param("spills", id="no words are wider than the box around them"),
        pytest.param("console", id="the console has no errors or warnings"),
        pytest.param("elsewhere", id="no request goes to another host"),
        pytest.param("weight", id="no page is heavy"),
    ],
)
def test_pages(walk: Walk, check: str) -> None:
    assert walk.complaints[check] == []


def test_the_html_is_valid(walk: Walk) -> None:
    assert html_errors(walk.files) == []
