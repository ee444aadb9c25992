"""Catalogues: every text of the service, and what each language has for it.

``python -m deploy.catalogues`` (``make texts``) brings webapp/translations/ up to date: new texts
come without a translation, those that are gone are dropped. tests/test_languages.py fails while
one is missing.
"""

import io
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from webapp.languages import DEFAULT, FOLDER, LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
#: What a text stands in, and which arguments it is.
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "translated": None,
    "translated_by_number": (1, 2),
    "Words": None,
    "many": (1, 2),
    "_forms": (1, 2),
    "N_": None,
}


def texts() -> Catalog:
    """All texts as they stand in the code now."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]
    methods, options = [], {}
    for mapping in mappings["mappings"]:
        for pattern in mapping["pattern"]:
            methods.append((pattern, mapping["method"]))
            rest = {k: v for k, v in mapping.items() if k not in ("method", "pattern")}
            options[pattern] = {key: str(value).lower() for key, value in rest.items()}
    catalogue = Catalog(project="Releaf", charset="utf-8")
    for folder in ("jobs", "templates", "webapp"):
        for path, _line, message, comments, context in extract_from_dir(
            ROOT / folder,
            [(_within(folder, pattern), method) for pattern, method in methods],
            {_within(folder, pattern): given for pattern, given in options.items()},
            keywords=KEYWORDS,
            comment_tags=("TRANSLATORS:",),
            strip_comment_tags=True,
        ):
            catalogue.add(
                message,
                locations=[(f"{folder}/{path}", 0)],
                auto_comments=comments,
                context=context,
            )
    return catalogue


def catalogue(language: str) -> Catalog:
    """A catalogue as it is committed; an empty one for a new language."""
    file = _file(language)
    if not file.exists() or not file.stat().st_size:
        return Catalog(locale=language, project="Releaf", charset="utf-8")
    with file.open("rb") as written:
        return read_po(written, locale=language)


def update() -> dict[str, int]:
    """Bring all catalogues up to date; how many texts have no translation, by language."""
    found = texts()
    missing = {}
    for language in translated_languages():
        kept = catalogue(language)
        kept.update(found, no_fuzzy_matching=True)
        kept.obsolete.clear()
        kept.fuzzy = False
        out = io.BytesIO()
        write_po(out, kept, width=100, sort_by_file=True, omit_header=True, include_lineno=False)
        _file(language).parent.mkdir(parents=True, exist_ok=True)
        _file(language).write_bytes(_header(language) + out.getvalue())
        missing[language] = sum(1 for one in kept if one.id and not all(_strings(one.string)))
    return missing


def translated_languages() -> Iterator[str]:
    """The languages that have a catalogue: all but the one our texts are written in."""
    return (language for language in LANGUAGES if language != DEFAULT)


def _within(folder: str, pattern: str) -> str:
    """A pattern as it is seen from a folder; one that matches nothing there for others'."""
    head, _, rest = pattern.partition("/")
    return rest if head == folder else f"{pattern}.none"


def _strings(string: Any) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (string,)


def _header(language: str) -> bytes:
    """The header without dates and names, which would change with every run."""
    forms = Catalog(locale=language).plural_forms
    return (
        'msgid ""\nmsgstr ""\n"Project-Id-Version: Releaf\\n"\n'
        f'"Language: {language}\\n"\n"Plural-Forms: {forms}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n\n'
    ).encode()


def _file(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


if __name__ == "__main__":
    for name, number in update().items():
        print(f"{name}: {number} without a translation")
