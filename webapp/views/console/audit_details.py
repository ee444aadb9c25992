"""The details of entries of the audit trail, in the viewer's language."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import Any, cast

from babel import Locale
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp import filters, i18n
from webapp.domain.reasons import Reason
from webapp.messages import sentence
from webapp.services.accounts import calendars
from webapp.views.console.users import ROLE_LABELS

#: Details that are ids of rows, which are not displayed.
HIDDEN_DETAILS = ("delta", "user", "feed", "server")
#: The labels of details; others have their own name.
_LABELS = {
    "after": _l("After"),
    "again": _l("Link"),
    "before": _l("Before"),
    "certificate": _l("Certificate"),
    "colour": _l("Color"),
    "counted": _l("Counted pages"),
    "country": _l("Country"),
    "day": _l("Day"),
    "decision": _l("Decision"),
    "devices": _l("Devices"),
    "language": _l("Language"),
    "logo": _l("Logo"),
    "month": _l("Month"),
    "name": _l("Name"),
    "of": _l("Item"),
    "pages": _l("Pages"),
    "pause": _l("Pages printed while inactive"),
    "reason": _l("Reason"),
    "region": _l("Region"),
    "result": _l("Result"),
    "role": _l("Role"),
    "time_zone": _l("Time zone"),
    "to": _l("To"),
}
#: The texts of codes, by action and detail.
_CODES: dict[tuple[str, str], Mapping[Any, LazyString]] = {
    ("badge changed", "to"): {"on": _l("on"), "off": _l("off")},
    ("brand reset", "of"): {"logo": _l("Logo"), "all": _l("Name, color and logo")},
    ("deltas reviewed", "decision"): {
        "accepted": _l("Accepted"),
        "adjusted": _l("Partly counted"),
        "rejected": _l("Rejected"),
        "reset": _l("Meter reset"),
    },
    ("name sharing changed", "to"): {"named": _l("Name shown"), "unnamed": _l("Name hidden")},
    ("review reopened", "decision"): {"reopened": _l("Reopened")},
    ("server checked", "result"): {"healthy": _l("Healthy"), "unhealthy": _l("Unhealthy")},
    ("user invited", "role"): ROLE_LABELS,
}
#: Between the values before and after a change of an account, and for none.
_ARROW, _NONE = " → ", "–"


def texts(entry: Any | None) -> Sequence[tuple[str, str]] | None:
    """Return the labels and texts of an entry's details.

    None if they were changed in the database and are of no known form.
    """
    if entry is None:
        return None
    try:
        found = [
            (str(_LABELS.get(name) or name.replace("_", " ")), _text(entry, name, value))
            for name, value in entry.details.items()
            if name not in HIDDEN_DETAILS and value is not None and value != ""
        ]
        for label, text in found:
            f"{label}{text}".encode()  # half of a surrogate pair cannot be sent
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return None
    return found


def _text(entry: Any, name: str, value: Any) -> str:
    if isinstance(value, dict):
        return sentence(cast(Reason, value))
    if type(value) is int:
        return filters.number(value)
    if not isinstance(value, str):
        return str(value)
    codes = _CODES.get((entry.action, name), {})
    if value in codes:
        return str(codes[value])
    if entry.action == "account changed" and name in _CHANGED:
        return _changed(entry.details, name, value)
    if entry.action == "brand changed" and name == "logo":  # the begin of a digest
        return gettext("a new image")
    if name in ("day", "month"):
        with suppress(ValueError):
            return (
                filters.month(value) if name == "month" else filters.day(date.fromisoformat(value))
            )
    return value


def _changed(details: Mapping[str, Any], name: str, value: str) -> str:
    """Return the names of the values before and after a change, which are stored as codes."""
    codes = value.split(_ARROW)
    # Earlier entries have regions without their country, which is known if it changed as well.
    countries = str(details.get("country", "")).split(_ARROW)
    if name == "region" and len(codes) == len(countries) == 2:
        codes = [
            f"{country}-{code}" if code in _regions(country) else code
            for country, code in zip(countries, codes, strict=True)
        ]
    return _ARROW.join(code if code == _NONE else _CHANGED[name](code) for code in codes)


def _country(code: str) -> str:
    return str(i18n.current_locale().territories.get(code, code))


def _language(code: str) -> str:
    if i18n.known(code) is None:
        return code
    return Locale.parse(code).get_display_name(i18n.current_locale()) or code


def _region(code: str) -> str:
    country, _, region = code.partition("-")
    return _regions(country).get(region, code)


def _regions(country: str) -> Mapping[str, str]:
    return calendars.regions(country) if country in calendars.countries() else {}


#: How the codes of changes of an account are named.
_CHANGED: Mapping[str, Callable[[str], str]] = {
    "country": _country,
    "language": _language,
    "region": _region,
    "time_zone": lambda name: name.replace("_", " "),
}
