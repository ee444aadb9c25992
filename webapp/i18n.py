"""Internationalization: Flask-Babel, the supported languages, and the current one.

Texts in the code are English and need no catalogue. ``make texts`` updates the others.
"""

from babel import Locale, negotiate_locale
from babel.languages import get_official_languages
from flask_babel import get_domain, get_locale
from jinja2 import Environment

#: The languages to choose from, each by its own name. The first is the language of texts in the
#: code. A variant formats dates and numbers in its own way, and differs in few texts.
LANGUAGES = {
    "en": "English (US)",
    "en_GB": "English (UK)",
    "es": "Español (Latinoamérica)",
    "es_ES": "Español (España)",
}
DEFAULT = "en"
#: The locale of numbers, dates and names of countries in each language.
_LOCALES = {
    "en": Locale("en", "US"),
    "en_GB": Locale("en", "GB"),
    "es": Locale("es", "US"),
    "es_ES": Locale("es", "ES"),
}
#: The variants that are the default in a country.
_VARIANTS = {"GB": "en_GB", "IE": "en_GB", "ES": "es_ES"}


def use_in(environment: Environment) -> None:
    """Let templates of emails and documents be translated, as Flask-Babel does for pages."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: get_domain().get_translations().ugettext(text),
        ngettext=lambda one, many, n: get_domain().get_translations().ungettext(one, many, n),
        pgettext=lambda sense, text: get_domain().get_translations().upgettext(sense, text),
        newstyle=True,
    )


def current_language() -> str:
    """Return the current language, a key of ``LANGUAGES``."""
    locale = get_locale()
    if locale is None:
        return DEFAULT
    return known(str(locale)) or str(locale.language)


def current_locale() -> Locale:
    """Return the locale that formats numbers and dates in the current language: es_US in ``es``."""
    return _LOCALES[current_language()]


def base(language: str) -> str:
    """Return the language that a variant belongs to: ``es`` of ``es_ES``, ``es`` of itself."""
    return language.partition("_")[0]


def tag(language: str) -> str:
    """Return the tag of a language for HTML and HTTP: ``en-GB``."""
    return language.replace("_", "-")


def known(language: str | None) -> str | None:
    """Return the language if it is supported."""
    return language if language in LANGUAGES else None


def preferred(wanted: list[str]) -> str | None:
    """Return the best supported language for those a browser wants: ``["es-MX", "en"]``."""
    found = negotiate_locale([one.replace("-", "_") for one in wanted], list(LANGUAGES))
    by_lower_case = {language.lower(): language for language in LANGUAGES}
    return by_lower_case[found.lower()] if found else None


def in_country(language: str, country: str | None) -> str:
    """Return the variant of a language that is the default in a country, or else the language."""
    variant = _VARIANTS.get(country or "", "")
    return variant if base(variant) == language else language


def of_country(country: str | None) -> str:
    """Return the default language in a country, by its two-letter code."""
    official = get_official_languages(country, de_facto=True) if country else ()
    language = next((one for one in official if one in LANGUAGES), DEFAULT)
    return in_country(language, country)
