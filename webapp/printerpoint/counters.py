"""The counters of a row in Printerpoint's responses: their names, units and values, as assumed."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from webapp.domain.reasons import Reason, reason
from webapp.printerpoint.values import LARGEST, InvalidValue, parse_count

_CLICKS = "InClicks"
_AREA = "InHundredthsOfASquareMillimeter"
_LENGTH = "InMicrometers"

#: Counter names without their unit, and the unit. Others (tabloid, scans, colorant) are dropped.
_UNITS = {
    "coloredPagesByMonochrome": _CLICKS,
    "coloredPagesByColor": _CLICKS,
    "coloredPagesBySizeMonochromeTotal": _CLICKS,
    "coloredPagesBySizeColorTotal": _CLICKS,
    "paperAreaMonochrome": _AREA,
    "paperAreaColor": _AREA,
    "paperAreaTotal": _AREA,
    "paperLength": _LENGTH,
    "monochromeLines": _AREA,
    "colorLines": _AREA,
    "lowDensityImages": _AREA,
    "highDensityImages": _AREA,
    "specialMediaPlots": _AREA,
}
_BY_SPELLING = {name.lower(): name for name in _UNITS} | {
    (name + unit).lower(): name for name, unit in _UNITS.items()
}

_LONGEST_COUNTER_NAME = 100

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements = msgspec.json.Decoder(list[msgspec.Raw])
_any = msgspec.json.Decoder()


def usable_counters(items: Iterable[tuple[str, Any]]) -> dict[str, int]:
    """Return usable counters by name; raises InvalidValue if there are none."""
    counters: dict[str, int] = {}
    contradicted: set[str] = set()
    reasons: list[Reason] = []
    for sent, value in items:
        name = _known(sent)
        if name is None or value is None:
            continue
        if type(value) is not int or not 0 <= value <= LARGEST:
            try:
                value = parse_count(value)
            except InvalidValue as error:
                reasons.append(reason("counter_invalid", name=name, bad=error.reason))
                continue
        if counters.setdefault(name, value) != value:
            contradicted.add(name)
            reasons.append(reason("counter_contradicted", name=name))
    for name in contradicted:
        del counters[name]
    if not counters:
        raise InvalidValue(reasons[0] if reasons else reason("no_page_counter"))
    return counters


def counter_items(raw: msgspec.Raw | None) -> Iterable[tuple[str, Any]]:
    """Return names and values of counters sent as an object or as a list of name, value, unit."""
    if raw is None:
        return []
    try:
        decoded = _any.decode(raw)
    except (ValueError, RecursionError):
        decoded = _decode_each(raw)
    if isinstance(decoded, dict):
        return decoded.items()
    if isinstance(decoded, list):
        return [_counter_item(element) for element in decoded if isinstance(element, dict)]
    if decoded is None:
        return []
    raise InvalidValue(reason("counters_invalid"))


def decode_value(raw: msgspec.Raw) -> Any:
    try:
        return _any.decode(raw)
    except (ValueError, RecursionError):
        raise InvalidValue(reason("value.unreadable")) from None


def _decode_each(raw: msgspec.Raw) -> Any:
    """Decode counters one by one, so that a number out of range does not hide the others."""
    try:
        return {name: _value_or_error(value) for name, value in _fields.decode(raw).items()}
    except (ValueError, RecursionError):
        pass
    try:
        return [
            {name: _value_or_error(value) for name, value in _fields.decode(element).items()}
            for element in _elements.decode(raw)
        ]
    except (ValueError, RecursionError):
        raise InvalidValue(reason("counters_unreadable")) from None


def _value_or_error(raw: msgspec.Raw) -> Any:
    try:
        return decode_value(raw)
    except InvalidValue:
        return InvalidValue(reason("value.not_a_number"))


def _counter_item(element: Mapping[str, Any]) -> tuple[str, Any]:
    fields = {name.lower(): value for name, value in element.items()}
    name, unit = fields.get("name"), fields.get("unit")
    known = _known(name) if isinstance(name, str) else None
    if known is None:
        return "", None
    if unit is not None and _bare(str(unit)) not in ("", _bare(_UNITS[known])):
        return known, InvalidValue(reason("value.other_unit"))
    return known, fields.get("value")


def _bare(unit: str) -> str:
    return "".join(unit.split()).lower().removeprefix("in")


def _known(sent: str) -> str | None:
    """Return the documented name without its unit; None for counters that are not pages."""
    return _by_spelling(sent) if len(sent) <= _LONGEST_COUNTER_NAME else None


@lru_cache(maxsize=4096)
def _by_spelling(sent: str) -> str | None:
    return _BY_SPELLING.get(sent.strip().lower())
