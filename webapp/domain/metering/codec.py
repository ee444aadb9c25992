"""Codec: a device's state as JSON, for one column; ``VERSION`` is stored with it."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from webapp.domain.metering.days import Allocation
from webapp.domain.metering.state import (
    Alternate,
    BeforeReset,
    Copy,
    Delta,
    DeviceState,
    Evidence,
    History,
    Mark,
    PendingFall,
    UnconnectedRow,
)

VERSION = 1


class UnknownVersion(ValueError):
    """The state was written by another version of the service."""


def to_json(state: DeviceState) -> dict[str, Any]:
    """Return the state as JSON values; fields with default values are omitted."""
    return {"version": VERSION, **_encode_fields(state)}


def from_json(stored: Mapping[str, Any]) -> DeviceState:
    """Return the state from the values of ``to_json``. Raises UnknownVersion."""
    if stored.get("version") != VERSION:
        raise UnknownVersion(f"a device state of version {stored.get('version')}")
    values = {name: value for name, value in stored.items() if name != "version"}
    absent = {"serial": None, "asset": None, "feed_id": None}
    return DeviceState(**absent | _decoded(values, _STATE))


def _encode_fields(value: Any) -> dict[str, Any]:
    encoded = {}
    for name, default in _FIELDS[type(value)]:
        own = getattr(value, name)
        if own is None or own == default or own == ():
            continue
        plain = type(own) in _PLAIN
        encoded[name] = own if plain else _encode(own)
    return encoded


def _encode(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_encode(part) for part in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    return _encode_fields(value) if type(value) in _FIELDS else value


_PLAIN = frozenset({int, str, bool})
#: Names and defaults of the fields, in order.
_FIELDS: Mapping[type, tuple[tuple[str, Any], ...]] = {
    kind: tuple((field.name, field.default) for field in fields(kind))
    for kind in (
        Alternate,
        BeforeReset,
        Copy,
        Delta,
        DeviceState,
        UnconnectedRow,
        History,
        Mark,
        PendingFall,
    )
}

Decoder = Callable[[Any], Any]


def _decoded(stored: Mapping[str, Any], decoders: Mapping[str, Decoder]) -> dict[str, Any]:
    """Decode the fields of types that JSON does not have."""
    return {
        name: decoders[name](value) if name in decoders else value for name, value in stored.items()
    }


def _pairs(value: Any) -> Allocation | Evidence:
    return tuple((date.fromisoformat(day), number) for day, number in value)


def _history(value: Any) -> History:
    return History(**value)


def _mark(value: Any) -> Mark:
    # Marks stored earlier also have the feed that read them, which is not used.
    day = date.fromisoformat(value["day"])
    return Mark(day, value["count"], value["number"], _history(value.get("history", {})))


def _fall(value: Any) -> PendingFall:
    days = {"day": date.fromisoformat, "feed_first": date.fromisoformat}
    return PendingFall(**{"feed_id": None, "feed_first": None} | _decoded(value, days))


def _before_reset(value: Any) -> BeforeReset:
    decoders: Mapping[str, Decoder] = {"day": date.fromisoformat, "marks": _many(_mark)}
    return BeforeReset(**_decoded(value, decoders))


def _alternate(value: Any) -> Alternate:
    return Alternate(**{"values": {}} | _decoded(value, {"day": date.fromisoformat}))


def _copy(value: Any) -> Copy:
    days = {"first_day": date.fromisoformat, "night": date.fromisoformat}
    return Copy(**{"asset": None, "first_values": {}} | _decoded(value, days))


def _elsewhere(value: Any) -> UnconnectedRow:
    decoders: Mapping[str, Decoder] = {
        "day": date.fromisoformat,
        "last_seen": datetime.fromisoformat,
    }
    return UnconnectedRow(**{"asset": None} | _decoded(value, decoders))


_DELTA: Mapping[str, Decoder] = {
    "since": date.fromisoformat,
    "day": date.fromisoformat,
    "allocation": _pairs,
    "evidence": _pairs,
}


def _delta(value: Any) -> Delta:
    return Delta(**{"allocation": ()} | _decoded(value, _DELTA))


def _many(decode: Decoder) -> Decoder:
    return lambda values: tuple(decode(value) for value in values)


_STATE: Mapping[str, Decoder] = {
    **dict.fromkeys(
        ("listed_on", "latest_on", "baseline_on", "zero_on", "read_on", "night"),
        date.fromisoformat,
    ),
    "incomplete_since": date.fromisoformat,
    "missing_since": date.fromisoformat,
    "last_seen": datetime.fromisoformat,
    "alternate": _alternate,
    "other_machine": _alternate,
    "fall": _fall,
    "before_reset": _before_reset,
    "marks": _many(_mark),
    "history": _history,
    "deltas": _many(_delta),
    "copies": _many(_copy),
    "elsewhere": _elsewhere,
    "aliases": tuple,
}
