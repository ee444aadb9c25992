"""Every page of the console, seen by everybody who may see it, before judges.

A new page without an entry in ``sights`` fails here. What was seen is left in test-output/pages.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser import sights
from tests.browser.judges import html_errors
from tests.browser.place import Place
from tests.browser.walk import Walk
from tests.views.test_access_matrix import REFUSED_TO_ALL

Step = tuple[str, Callable[[], None]]


@pytest.fixture(scope="module")
def walk(place: Place, chromium: Browser) -> Walk:
    """The walk, when all pages have been looked at."""
    context = chromium.new_context(no_viewport=True)
    through = Walk(context, place, "english")
    # All that one person looks at, then all of the next: sorting keeps the order otherwise.
    for who, step in sorted(_steps(through, place.things), key=lambda step: step[0]):
        through.is_now(who)
        step()
    context.close()
    return through


def _steps(through: Walk, things: dict[str, int | str]) -> Iterator[Step]:
    """Who looks at what, and how."""
    ways: list[tuple[Callable[..., None], Iterable[tuple[str, str]]]] = [
        (through.looks_at, _visits(sights.PAGES)),
        (through.reads_part, _visits(sights.PARTS)),
        (through.looks_at_foreign, _visits(sights.FOREIGN)),
        (through.looks_at, ((who, path) for who in sights.EMPTY for path in sights.EMPTY[who])),
        (through.sends_empty_form, sights.REFUSED_FORMS),
        (through.opens_menu, ((who, "/") for who in sights.ROLES)),
    ]
    for way, visits in ways:
        for who, path in visits:
            yield who, partial(way, who, path.format_map(things))
    for who, path, status in sights.REFUSALS:
        yield who, partial(through.looks_at, who, path.format_map(things), status)


def _visits(addresses: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """The first address for every role that may go there, the others for the first of them."""
    for endpoint, paths in addresses.items():
        roles = sights.roles(endpoint)
        yield from ((role, paths[0]) for role in roles)
        yield from ((roles[0], path) for path in paths[1:])


def test_every_page_is_a_sight(place: Place) -> None:
    shown = sights.PAGES | sights.PARTS | sights.FOREIGN
    routes = place.app.url_map.bind("localhost")

    gets = {rule.endpoint for rule in routes.map.iter_rules() if "GET" in (rule.methods or ())}
    refused = {name.split()[0] for name in REFUSED_TO_ALL}
    assert set(shown) | sights.NO_PAGES == gets - refused
    for endpoint, paths in shown.items():
        for path in paths:
            address = urlsplit(path.format_map(place.things)).path
            assert routes.match(address)[0] == endpoint, path


@pytest.mark.parametrize(
    "judge",
    [
        pytest.param("status", id="every page answers as it should"),
        pytest.param("axe", id="axe-core finds no violation, in light and dark"),
        pytest.param("width", id="nothing scrolls sideways on a phone"),
        pytest.param("spills", id="no words are wider than the box around them"),
        pytest.param("console", id="no console complains"),
        pytest.param("elsewhere", id="nothing is asked of another host"),
        pytest.param("weight", id="no page is heavy"),
    ],
)
def test_pages(walk: Walk, judge: str) -> None:
    assert walk.complaints[judge] == []


def test_the_html_is_valid(walk: Walk) -> None:
    assert html_errors(walk.files) == []
