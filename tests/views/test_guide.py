"""The guide: every chapter, every link, and that it describes what the code does."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.views.conftest import Visitor
from webapp.i18n import LANGUAGES, base, tag
from webapp.printerpoint import schema
from webapp.printerpoint.schema import FIELDS_READ
from webapp.settings import ROOT
from webapp.views.public.guide import CHAPTERS, pictures


class Page(HTMLParser):
    """The links, anchors and pictures of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: set[str] = set()
        self.pictures: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record the responses."""
        named: dict[str, Any] = dict(attrs)
        self.links |= {named["href"]} if tag == "a" else set()
        self.ids |= {named["id"]} if named.get("id") else set()
        self.pictures |= {named[name] for name in ("src", "srcset") if named.get(name)}


def test_every_chapter_can_be_read_without_a_login(visitor: Visitor) -> None:
    contents = visitor.get("/guide")
    assert contents.status_code == 200
    for chapter in CHAPTERS:
        page = visitor.get(f"/guide/{chapter.slug}")
        assert page.status_code == 200
        assert str(chapter.title) in page.text
        assert f"/guide/{chapter.slug}" in contents.text
    assert visitor.get("/guide/nothing").status_code == 404


def test_every_link_and_anchor_of_the_guide_has_a_target(visitor: Visitor) -> None:
    pages = {f"/guide/{one.slug}": visitor.get(f"/guide/{one.slug}").text for one in CHAPTERS}
    read = {path: Page(html) for path, html in pages.items()}
    for path, page in read.items():
        for link in page.links:
            target, _, anchor = link.partition("#")
            if target.startswith("/guide/"):
                assert target in read, link
            if anchor:
                assert anchor in read[target or path].ids, link


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screenshot_exists_and_is_used_in_every_language(
    visitor: Visitor, language: str
) -> None:
    used: set[str] = set()
    for chapter in CHAPTERS:
        headers = {"Accept-Language": tag(language)}
        response = visitor.get(f"/guide/{chapter.slug}", headers=headers)
        for address in Page(response.text).pictures:
            path = re.sub(r"\?.*", "", address)
            if path.startswith("/static/guide/"):
                assert path.startswith(f"/static/guide/{base(language)}/")
                assert (ROOT / path.lstrip("/")).is_file(), path
                used.add(path.rsplit("/", 1)[1].rsplit("-", 1)[0])
    assert used == set(pictures())


def test_the_guide_names_the_fields_that_are_read_and_no_others(visitor: Visitor) -> None:
    page = visitor.get("/guide/stored").text
    read = {
        name
        for names in (schema._NAME, schema._ID, schema._ASSET, schema._SERIAL)
        for name in names
    }

    assert re.findall(r"<li><code>(\w+)</code></li>", page) == list(FIELDS_READ)
    assert {field.lower() for field in FIELDS_READ} - {"lastseen", "counters"} == read
    assert "lastseen" in schema._LAST_SEEN
    assert [*schema._Row.__struct_encode_fields__] == list(FIELDS_READ)


@pytest.mark.parametrize(
    ("slug", "words"),
    [("certificates", "8,333 standard pages"), ("health", "3 business days"), ("review", "60,000")],
)
def test_numbers_in_the_guide_are_those_of_the_code(
    visitor: Visitor, slug: str, words: str
) -> None:
    assert words in visitor.get(f"/guide/{slug}").text
