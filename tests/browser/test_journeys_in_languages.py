"""A journey of each role in each of the other languages, alternately with and without JavaScript.

``test_journeys`` walks all of its journeys in both ways.

The browser's language decides, as for a user who has chosen none. Elements are found by what does
not depend on a language: names of fields and addresses.
"""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visit import Visit
from tests.factories import PASSWORD


@dataclass(frozen=True, slots=True)
class Journey:
    """A role's list, a page of it with a number and a day, and a form with a text field."""

    role: str
    list_path: str
    detail_path: str
    form_path: str
    field: str


JOURNEYS = (
    Journey("operations", "/accounts", "/accounts/{partner}", "/accounts/new", "name"),
    Journey("partner_admin", "/feeds", "/feeds/{feed}", "/feeds/{feed}/notes/new", "text"),
    Journey("partner_viewer", "/devices", "/devices/{device}", "/profile/edit", "full_name"),
    Journey(
        "customer", "/certificates", "/accounts/{customer}/years/2026",
        "/views/certificates/new?month=2026-10", "name",
    ),
)  # fmt: skip
#: By the language of the browser, patterns of a number and of a day. Mexico's Spanish is that of
#: Latin America.
NUMBERS = {"es-MX": r"\d,\d{3}\b", "es-ES": r"\d\.\d{3}\b", "en-GB": r"\d,\d{3}\b"}
DAYS = {
    "es-MX": r"\b\d{1,2} [a-z]{3,4} 2026\b",
    "es-ES": r"\b\d{1,2} [a-z]{3,4} 2026\b",
    "en-GB": r"\b\d{1,2} [A-Z][a-z]{2,3} 2026\b",
}
_AMERICAN = r"\b[A-Z][a-z]{2} \d{1,2}, 2026|\d [AP]M\b"
#: Numbers, days and times of other languages.
FOREIGN = {
    "es-MX": rf"\d\.\d{{3}}\b|{_AMERICAN}",
    "es-ES": rf"\d,\d{{3}}\b|[ap]\.\s?m\.|{_AMERICAN}",
    "en-GB": rf"\d\.\d{{3}}\b|{_AMERICAN}",
}
#: Words that no Spanish text has.
_ENGLISH = re.compile(
    r"\b(?:and|are|at|by|for|from|has|in|is|it|not|of|on|or|pages?|the|this|to|with|your)\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    ("journey", "language", "visit"),
    [
        pytest.param(journey, language, javascript, id=f"{journey.role}-{language}-{javascript=}")
        for row, journey in enumerate(JOURNEYS)
        for column, language in enumerate(NUMBERS)
        for javascript in [(row + column) % 2 == 0]
    ],
    indirect=["visit"],
)
def test_a_journey_in_another_language(visit: Visit, language: str, journey: Journey) -> None:
    page = visit.page_as(locale=language)
    visit.open(page, "/login")
    expect_language(page, language)
    page.locator("[name=email]").fill(visit.served_app.emails[journey.role])
    page.locator("[name=password]").fill(PASSWORD)
    submit(page, "password")
    page.wait_for_url(f"{visit.served_app.address}/")

    for path in (journey.list_path, journey.detail_path):
        visit.open(page, path)
        expect_language(page, language)
    text = page.get_by_role("main").inner_text()
    assert re.search(NUMBERS[language], text)
    assert re.search(DAYS[language], text)

    visit.open(page, journey.form_path)
    page.locator(f"[name={journey.field}]").fill("")
    submit(page, journey.field)
    expect(page.locator("main .error").first).to_be_visible()
    expect_language(page, language)
    page.locator(f"[name={journey.field}]").fill(f"Norte {language} {visit.javascript}")
    submit(page, journey.field)
    expect(page.locator("main .notice").first).to_be_visible()
    expect_language(page, language)

    page.locator("form[action='/logout'] button").click()
    page.wait_for_url("**/login*")
    expect_language(page, language)


def submit(page: Page, field: str) -> None:
    """Press the button of the form that has a field."""
    page.locator(f"form:has([name={field}]) button[type=submit]").first.click()


def expect_language(page: Page, language: str) -> None:
    """Assert that the texts and formats of a page are those of a language."""
    html = page.locator("html").get_attribute("lang") or ""
    assert language.startswith(html), html
    text = page.get_by_role("main").inner_text()
    assert re.findall(FOREIGN[language], text) == []
    if html[:2] == "es":
        # Time zones and regions are chosen by names that no catalogue has.
        lines = set(text.split("\n")) - {*page.locator("main option").all_inner_texts()}
        assert [line for line in lines if _ENGLISH.search(line)] == []
