"""Messages: the sentences of reasons, in the current language.

``webapp.domain.reasons`` has the codes and parameters that are stored.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask_babel import gettext, ngettext

from webapp import filters
from webapp.domain.reasons import Reason
from webapp.messages.review_reasons import review_reason
from webapp.messages.sentences import ADVICE, SENTENCES

__all__ = ["ADVICE", "COMPOSED", "SENTENCES", "review_reason", "sentence"]

#: Parameters whose text is a date in ISO form.
_DATES = frozenset({"day", "last", "created"})


def _data_recovered(params: Mapping[str, Any]) -> str:
    first, last = (date.fromisoformat(params[name]) for name in ("first", "last"))
    return ngettext(
        "New data arrived; recovered %(number)s page for %(days)s",
        "New data arrived; recovered %(number)s pages for %(days)s",
        params["pages"],
        number=filters.number(params["pages"]),
        days=filters.days(first, last),
    )


def _silent(params: Mapping[str, Any]) -> str:
    last = params["last"]
    return gettext(
        "No new data for %(days)s business days; last on %(last)s",
        days=params["days"],
        last=filters.day(date.fromisoformat(last)) if last else gettext("never"),
    )


#: Codes whose sentence depends on its parameters.
COMPOSED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "data_recovered": _data_recovered,
    "silent": _silent,
}


def sentence(reason: Reason | None) -> str:
    """Return the sentence of a reason; an unknown code is returned itself."""
    if reason is None:
        return ""
    code, params = reason["code"], reason["params"]
    if code in COMPOSED:
        return COMPOSED[code](params)
    if code not in SENTENCES:
        return code
    values = {name: _shown(name, value) for name, value in params.items()}
    return str(SENTENCES[code]) % {**ADVICE, **values}


def _shown(name: str, value: Any) -> str:
    if isinstance(value, dict):
        return sentence(Reason(code=value["code"], params=value["params"]))
    if isinstance(value, int):
        return filters.number(value)
    return filters.day(date.fromisoformat(value)) if name in _DATES else str(value)
