"""Languages: every text has its translation, and the right language is spoken to everybody."""

import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from flask_babel import force_locale

from webapp import filters, i18n
from webapp.models import Account
from webapp.settings import ROOT

_PLACE = re.compile(r"%\(\w+\)[sd]")
_MARKUP = re.compile(r"</?\w+")
_PAIR = re.compile(r"<(\w+)[^<>]*>[^<>]*</\1>")
_HREF = re.compile(r'href="[^"]*"')
_AMERICAN = re.compile(
    r"(?<!%\()\b(?:colors?|gray|liters?|cancel(?:ed|ing)|total(?:ed|ing)|label(?:ed|ing)"
    r"|(?!size)\w+iz(?:e[sd]?|ing))\b|\d lb\b",
    re.IGNORECASE,
)
#: Languages with a catalogue of all texts.
TRANSLATED = ["es"]


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


@pytest.mark.processes
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
        (["en-GB", "es"], "en_GB"),
        (["en-gb", "en"], "en_GB"),
        (["en-AU", "en"], "en"),
        (["es-ES", "es"], "es_ES"),
        (["es-419"], "es"),
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


@pytest.mark.parametrize(
    ("country", "language"),
    [
        ("US", "en"),
        ("GB", "en_GB"),
        ("IE", "en_GB"),
        ("ES", "es_ES"),
        ("MX", "es"),
        ("AR", "es"),
        ("CA", "en"),
        ("DE", "en"),
        ("XX", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_a_country_has_a_default_language(country: str | None, language: str) -> None:
    assert i18n.of_country(country) == language


@pytest.mark.parametrize(
    ("language", "country", "variant"),
    [
        ("en", "GB", "en_GB"),
        ("es", "ES", "es_ES"),
        ("es", "GB", "es"),
        ("en", "ES", "en"),
        ("en_GB", "US", "en_GB"),
        ("es_ES", "GB", "es_ES"),
        ("en", None, "en"),
    ],
)
def test_a_language_has_its_variant_in_a_country(
    language: str, country: str | None, variant: str
) -> None:
    assert i18n.in_country(language, country) == variant


def test_the_country_of_an_account_is_the_default_of_its_documents() -> None:
    partner = Account(kind="partner", name="Copias", country="ES")
    customer = Account(kind="customer", name="Hotel", partner=partner)
    abroad = Account(kind="customer", name="Inn", partner=partner, country="GB")

    assert (partner.document_language, customer.document_language) == ("es_ES", "es_ES")
    assert abroad.document_language == "en_GB"
    partner.language = "en"
    assert (customer.document_language, abroad.document_language) == ("en", "en")


def test_numbers_are_no_part_of_a_text_since_each_locale_has_its_separators() -> None:
    examples = {"4,210", "4.5"}
    found = {
        number
        for message in messages("es")
        for form in forms(message.id)
        for number in re.findall(r"\d+[,.]\d+", form)
    }

    assert found <= examples


def test_british_english_differs_where_american_spelling_does() -> None:
    texts = {form for message in messages("es") for form in forms(message.id)}
    british = {form for message in messages("en_GB") for form in forms(message.id)}

    assert {text for text in texts if _AMERICAN.search(text)} == british
    for message in messages("en_GB"):
        assert not any(_AMERICAN.search(form) for form in forms(message.string)), message.id
        assert sorted(_PLACE.findall(str(message.string))) == sorted(
            _PLACE.findall(str(message.id))
        )


@pytest.mark.parametrize(
    ("language", "number", "day", "moment"),
    [
        ("en", "2,469,134", "Nov 28, 2026", "Nov 28, 2026, 6:07 PM EST"),
        ("en_GB", "2,469,134", "28 Nov 2026", "28 Nov 2026, 18:07 EST"),
        ("es", "2,469,134", "28 nov 2026", "28 nov 2026, 6:07 p.m. EST"),
        ("es_ES", "2.469.134", "28 nov 2026", "28 nov 2026, 18:07 EST"),
    ],
)
def test_each_variant_formats_numbers_dates_and_the_clock(
    language: str, number: str, day: str, moment: str
) -> None:
    at = datetime(2026, 11, 28, 23, 7, tzinfo=UTC)

    with force_locale(language):
        assert filters.number(2_469_134) == number
        assert filters.day(at.date()) == day
        assert filters.time_in(at, "America/New_York").replace("\xa0", " ") == moment
        assert filters.pluralize(2, "page") == (
            "2 páginas" if i18n.base(language) == "es" else "2 pages"
        )


@pytest.mark.parametrize("language", ["fr", "", None, "../en", "en-GB", "EN", "en_US"])
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
def test_numbers_and_dates_are_formatted_by_language(
    render: Callable[[], str], english: str, spanish: str
) -> None:
    assert render() == english
    with force_locale("es"):
        assert render() == spanish
