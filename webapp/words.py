"""Words: our texts in the language of whoever reads them.

``gettext`` and ``ngettext`` tell a text at once. ``Words`` is a text that is told later, where
somebody reads it: a label made when a module is loaded, or a reason kept in the database. Every
message stands as a literal where it is used, which is where ``make texts`` finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Self, TypeAlias

import flask_babel
from jinja2 import Environment
from markupsafe import Markup, escape

from webapp import formats, i18n

#: What may stand in a message. Numbers get separators; what must have none is given as text.
Value: TypeAlias = "str | int | date | tuple[date, date]"


def gettext(message: str, /, **values: Value) -> str:
    """A message in the current language: ``gettext("Hello %(name)s", name=name)``."""
    return flask_babel.gettext(message, **_all_shown(values)) if message else ""


def pgettext(context: str, message: str, /, **values: Value) -> str:
    """A message that means several things in English; the context tells which."""
    return flask_babel.pgettext(context, message, **_all_shown(values))


def ngettext(singular: str, plural: str, number: int, /, **values: Value) -> str:
    """The form that goes with a number, which is ``%(number)s`` in it."""
    return flask_babel.ngettext(
        singular, plural, number, **_all_shown({"number": number, **values})
    )


class Words(str):
    """A message of ours with its values, told in the language spoken where it is shown.

    As a ``str`` it is English, for logs, comparisons and scripts; ``str()``, f-strings and
    templates tell it in the language spoken then.
    """

    message: str
    values: Mapping[str, Value]
    plural: tuple[str, int] | None

    def __new__(cls, message: str, /, **values: Value) -> Self:
        """A message without plural forms."""
        return cls._made(message, None, values)

    @classmethod
    def many(cls, singular: str, plural: str, number: int, /, **values: Value) -> Self:
        """The form that goes with a number, which is ``%(number)s`` in it."""
        return cls._made(singular, (plural, number), values)

    @classmethod
    def _made(
        cls, message: str, plural: tuple[str, int] | None, values: Mapping[str, Value]
    ) -> Self:
        with flask_babel.force_locale(i18n.DEFAULT):
            made = super().__new__(cls, _told(message, plural, values))
        made.message, made.plural, made.values = message, plural, values
        return made

    def __str__(self) -> str:
        return _told(self.message, self.plural, self.values)

    def __format__(self, specification: str) -> str:
        return format(str(self), specification)

    def __html__(self) -> Markup:
        """For templates, and for forms made by WTForms."""
        if self.values or self.plural:
            return escape(str(self))
        return _escaped(i18n.current_language(), self.message)


@lru_cache(maxsize=2048)
def _escaped(_language: str, message: str) -> Markup:
    """A message without values, which lists show in every row."""
    return escape(gettext(message))


def _told(message: str, plural: tuple[str, int] | None, values: Mapping[str, Value]) -> str:
    if plural is None:
        return gettext(message, **values)
    return ngettext(message, *plural, **values)


def use_in(environment: Environment) -> None:
    """Let templates of mails and documents be translated, with the filters of ``formats``."""
    i18n.use_in(environment)
    add_filters(environment)


def add_filters(environment: Environment) -> None:
    """Give templates the filters of ``formats``, and the languages there are."""
    environment.filters.update(formats.FILTERS)
    environment.globals.update(
        language=i18n.current_language, languages_offered=i18n.LANGUAGES, N_=str
    )


def _all_shown(values: Mapping[str, Value]) -> dict[str, str]:
    return {name: _shown(value) for name, value in values.items()}


def _shown(value: Value) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return formats.whole(value)
    return formats.day(value) if isinstance(value, date) else formats.days(*value)
