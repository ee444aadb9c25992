"""Languages: which one is spoken here and now, and what its catalogue says.

Each request, mail and certificate is spoken in one language, which whoever stands at the edge
chooses with ``speak`` or ``speaking``; everything else asks. English needs no catalogue.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

#: What a language is called by those who speak it. The first is what our texts are written in.
LANGUAGES = {"en": "English", "es": "Español"}
DEFAULT = "en"
FOLDER = Path(__file__).resolve().parent / "translations"

_spoken: ContextVar[str] = ContextVar("language", default=DEFAULT)


#: The language spoken now, a key of ``LANGUAGES``. A page asks some hundred times.
current: Callable[[], str] = _spoken.get


def locale() -> Locale:
    """Babel's locale of the language spoken now."""
    return _locale(current())


def speak(language: str | None) -> None:
    """Speak a language from now on in this thread or task; the default one for any we do not."""
    _spoken.set(known(language) or DEFAULT)


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Speak a language meanwhile; the default one for any we do not."""
    before = _spoken.set(known(language) or DEFAULT)
    try:
        yield
    finally:
        _spoken.reset(before)


def known(language: str | None) -> str | None:
    """The language if it is one of ours."""
    return language if language in LANGUAGES else None


def preferred(wanted: list[str]) -> str | None:
    """Ours that fits best, of those a browser wants, the dearest first: ``["es-MX", "en"]``."""
    return negotiate_locale(wanted, list(LANGUAGES), sep="-")


def translated(message: str) -> str:
    """A message in the language spoken now; itself where the catalogue has none."""
    return _catalogue(current()).gettext(message) if message else ""


def translated_for(context: str, message: str) -> str:
    """A message that means several things in English, in one of its senses."""
    return _catalogue(current()).pgettext(context, message)


def translated_by_number(singular: str, plural: str, number: int) -> str:
    """The form of a message that goes with a number."""
    return _catalogue(current()).ngettext(singular, plural, number)


@lru_cache
def _locale(language: str) -> Locale:
    return Locale.parse(language)


@lru_cache
def _catalogue(language: str) -> NullTranslations:
    """A catalogue as it is committed, compiled in memory: no step of set-up can be forgotten."""
    if language == DEFAULT:
        return NullTranslations()
    compiled = BytesIO()
    with (FOLDER / language / "LC_MESSAGES" / "messages.po").open("rb") as written:
        write_mo(compiled, read_po(written, locale=language))
    compiled.seek(0)
    return Translations(compiled)
