"""Language: the browser's, what was chosen in this browser, and the user's own choice."""

from collections.abc import Callable

import pytest

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp import i18n
from webapp.models import User

SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}
ENGLISH = {"Accept-Language": "en-US,en;q=0.9"}


def test_a_page_is_in_the_language_that_the_browser_prefers(visitor: Visitor) -> None:
    response = visitor.get("/login", SPANISH)

    assert '<html lang="es">' in response.text
    assert response.headers["Content-Language"] == "es"
    assert {"Accept-Language", "Cookie"} <= set(response.headers["Vary"].split(", "))


@pytest.mark.parametrize(
    ("wanted", "lang", "text"),
    [
        ("en-GB,en;q=0.9", "en-GB", "colour picker"),
        ("en-US,en;q=0.9", "en", "color picker"),
        ("es-ES,es;q=0.9", "es-ES", "8.333 páginas"),
        ("es-419,es;q=0.9", "es", "8,333 páginas"),
    ],
)
def test_a_page_is_in_the_variant_that_the_browser_prefers(
    log_in: Callable[[User | str], Visitor],
    transaction: Transaction,
    wanted: str,
    lang: str,
    text: str,
) -> None:
    with transaction() as session:
        partner = factories.partner(session)
        factories.user(session, partner, email="ada@example.com")
        partner_id = partner.id

    response = log_in("ada@example.com").get(
        f"/accounts/{partner_id}/brand", {"Accept-Language": wanted}
    )

    assert f'<html lang="{lang}">' in response.text
    assert response.headers["Content-Language"] == lang
    assert text in response.text


@pytest.mark.parametrize("wanted", ["fr-FR,fr;q=0.9", "", "*", ";;;", "x" * 5000])
def test_a_browser_with_an_unsupported_language_gets_english(visitor: Visitor, wanted: str) -> None:
    assert '<html lang="en">' in visitor.get("/login", {"Accept-Language": wanted}).text


def test_the_choice_in_a_browser_precedes_its_preference(visitor: Visitor) -> None:
    response = visitor.post("/language", {"language": "es", "back": "/guide?from=here"}, ENGLISH)

    assert response.status_code == 302
    assert response.location == "/guide?from=here"
    assert '<html lang="es">' in visitor.get("/login", ENGLISH).text


def test_the_choice_of_a_user_applies_in_another_browser(
    visitor: Visitor, log_in: Callable[[User | str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ines@example.com")
    inside = log_in("ines@example.com")

    inside.post("/language", {"language": "es"}, ENGLISH)

    elsewhere = log_in("ines@example.com")
    assert '<html lang="es">' in elsewhere.get("/", ENGLISH).text
    assert '<html lang="en">' in visitor.get("/login", ENGLISH).text


@pytest.mark.parametrize("language", ["fr", "", "../en", "EN"])
def test_an_unsupported_language_is_refused(visitor: Visitor, language: str) -> None:
    assert visitor.post("/language", {"language": language}).status_code == 422


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "javascript:"]
)
def test_changing_the_language_redirects_to_our_pages_only(visitor: Visitor, back: str) -> None:
    response = visitor.post("/language", {"language": "es", "back": back})

    assert response.location == "/"


def test_a_forged_choice_is_refused(visitor: Visitor) -> None:
    assert visitor.client.post("/language", data={"language": "es"}).status_code == 400


def test_a_request_does_not_change_the_locale_of_its_thread(visitor: Visitor) -> None:
    visitor.get("/login", SPANISH)

    assert i18n.current_language() == "en"


def test_consecutive_requests_have_separate_languages(
    visitor: Visitor,
) -> None:
    spoken = [
        visitor.get("/login", headers).headers["Content-Language"]
        for headers in (SPANISH, ENGLISH, SPANISH, {})
    ]

    assert spoken == ["es", "en", "es", "en"]
