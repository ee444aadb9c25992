"""Internationalization: Flask-Babel, the supported languages, and the current one.

Texts in the code are English and need no catalogue. ``make texts`` updates the others.
"""

from babel import negotiate_locale
from flask_babel import get_domain, get_locale
from jinja2 import Environment

#: The name of each language in that language. The first is the language of texts in the code.
LANGUAGES = {"en": "English", "es": "Español"}
DEFAULT = "en"
#: The locale of numbers, dates and names of countries in each language.
_LOCALES = {"en": "en_US", "es": "es_US"}


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
    return DEFAULT if locale is None else str(locale.language)


def current_locale() -> str:
    """Return the locale that formats numbers and dates in the current language: ``es_US``."""
    return _LOCALES[current_language()]


def known(language: str | None) -> str | None:
    """Return the language if it is supported."""
    return language if language in LANGUAGES else None


def preferred(wanted: list[str]) -> str | None:
    """Return the best supported language for those a browser wants: ``["es-MX", "en"]``."""
    return negotiate_locale(wanted, list(LANGUAGES), sep="-")
