"""Languages: every text has its translation, and the right language is spoken to everybody."""

import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from flask_babel import force_locale

from webapp import filters, i18n
from webapp.settings import ROOT

_PLACE = re.compile(r"%\(\w+\)[sd]")
_MARKUP = re.compile(r"</?\w+")
_PAIR = re.compile(r"<(\w+)[^<>]*>[^<>]*</\1>")
_HREF = re.compile(r'href="[^"]*"')
#: The same words mean something else in English and need not differ.
TRANSLATED = [language for language in i18n.LANGUAGES if language != i18n.DEFAULT]


pytestmark = pytest.mark.usefixtures("translations")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """All texts as they stand in code and templates now."""
    file = tmp_path_factory.mktemp("texts") / "messages.pot"
    subprocess.run([ROOT / "deploy" / "texts", file], check=True)
    with file.open("rb") as template:
        return read_po(template)


@cache
def catalogue(language: str) -> Catalog:
    """A catalogue as it is committed."""
    file = ROOT / "webapp" / "translations" / language / "LC_MESSAGES" / "messages.po"
    with file.open("rb") as written:
        return read_po(written, locale=language)


def messages(language: str) -> Iterator[Message]:
    """All messages of a catalogue but its header."""
    return (message for message in catalogue(language) if message.id)


def forms(strings: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """One text, or its plural forms."""
    return [strings] if isinstance(strings, str) else list(strings or [""])


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_catalogue_has_the_texts_of_the_code_and_no_others(language: str, texts: Catalog) -> None:
    found = {(message.context, message.id) for message in texts if message.id}

    stored = {(message.context, message.id) for message in messages(language)}

    assert found == stored, "run: make texts"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_in_all_its_forms(language: str) -> None:
    wanted = catalogue(language).num_plurals
    missing = [
        message.id
        for message in messages(language)
        if not all(forms(message.string))
        or message.fuzzy
        or len(forms(message.string)) != (wanted if message.pluralizable else 1)
    ]

    assert missing == []


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize(
    "inner",
    [
        pytest.param(_PLACE, id="values"),
        pytest.param(_MARKUP, id="markup"),
        pytest.param(_HREF, id="addresses"),
    ],
)
def test_a_translation_has_the_placeholders_of_the_text(
    language: str, inner: re.Pattern[str]
) -> None:
    wrong = []
    for message in messages(language):
        one, *_, many = (*forms(message.id), *forms(message.id))
        for number, form in enumerate(forms(message.string)):
            wanted = one if number == 0 else many
            if sorted(inner.findall(form)) != sorted(inner.findall(wanted)):
                wrong.append(message.id)

    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_markup_of_a_translation_is_closed_where_it_was_opened(language: str) -> None:
    wrong = []
    for message in messages(language):
        for form in forms(message.string):
            left = form
            while _PAIR.search(left):
                left = _PAIR.sub("", left)
            if _MARKUP.search(left):
                wrong.append(form)

    assert wrong == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_translation_begins_and_ends_as_the_text_does(language: str) -> None:
    wrong = [
        message.id
        for message in messages(language)
        for form in forms(message.string)
        if form[:1].isspace() != forms(message.id)[0][:1].isspace()
        or form[-1:].isspace() != forms(message.id)[0][-1:].isspace()
        or (forms(message.id)[0][-1] in ".…?") != (form[-1] in ".…?")
    ]

    assert wrong == []


@pytest.mark.parametrize(
    ("wanted", "spoken"),
    [
        (["es"], "es"),
        (["es-MX", "es", "en"], "es"),
        (["de-DE", "de", "es", "en"], "es"),
        (["en-GB", "es"], "en"),
        (["fr"], None),
        ([], None),
        (["*"], None),
        (["x" * 300], None),
    ],
)
def test_a_browser_gets_its_most_preferred_supported_language(
    wanted: list[str], spoken: str | None
) -> None:
    assert i18n.preferred(wanted) == spoken


@pytest.mark.parametrize("language", ["fr", "", None, "../en"])
def test_an_unsupported_language_is_not_listed(language: str | None) -> None:
    assert i18n.known(language) is None


def test_english_applies_outside_a_request() -> None:
    assert i18n.current_language() == "en"


@pytest.mark.parametrize(
    ("render", "english", "spanish"),
    [
        (lambda: filters.number(2_469_134), "2,469,134", "2,469,134"),
        (lambda: filters.number(-1_234), "−1,234", "−1,234"),
        (lambda: filters.trees(Decimal("1296.314")), "1,296.31", "1,296.31"),
        (lambda: filters.compact(1_500), "1.5K", "1.5\xa0K"),
        (lambda: filters.day(date(2026, 10, 3)), "Oct 3, 2026", "3 oct 2026"),
        (lambda: filters.month("2026-10"), "October 2026", "octubre de 2026"),
        (
            lambda: filters.days(date(2026, 10, 30), date(2026, 11, 2)),
            "Oct 30 – Nov 2, 2026",
            "30 de oct – 2 de nov 2026",
        ),
        (lambda: filters.pluralize(1, "page"), "1 page", "1 página"),
        (lambda: filters.pluralize(1_234, "page"), "1,234 pages", "1,234 páginas"),
        (
            lambda: filters.pluralize(2_000_000, "page"),
            "2,000,000 pages",
            "2,000,000 de páginas",
        ),
        (
            lambda: filters.days_ago(date(2026, 10, 1), date(2026, 10, 4)),
            "3 days ago",
            "hace 3 días",
        ),
    ],
)
def test_numbers_and_dates_read_as_the_language_has_them(
    render: Callable[[], str], english: str, spanish: str
) -> None:
    assert render() == english
    with force_locale("es"):
        assert render() == spanish
