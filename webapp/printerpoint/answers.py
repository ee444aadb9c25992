"""What a printer looks like in Printerpoint's answers: every assumption stands in this file.

Facts and assumptions: envelope ``{"links": {"next": URL or null}, "results": [...]}``; camelCase
names; explicit nulls; moments in ISO-8601 UTC with seven fraction digits. Names are accepted in
any letter case, unknown ones are ignored.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

MAX_COUNT = 2**63 - 1
_MAX_TEXT = 200
_UNITS = re.compile(
    r"(in)?(clicks|hundredthsofasquaremillimeter|micrometers|microliters|milligrams)$"
)
_COUNTERS = {
    name.lower(): name
    for name in (
        "coloredPagesByMonochrome",
        "coloredPagesByColor",
        "coloredPagesBySizeMonochromeTotal",
        "coloredPagesBySizeColorTotal",
        "paperAreaMonochrome",
        "paperAreaColor",
        "paperAreaTotal",
        "paperLength",
        "monochromeLines",
        "colorLines",
        "lowDensityImages",
        "highDensityImages",
        "specialMediaPlots",
    )
}
_LAST_SEEN = ("lastseen", "lastseenon", "lastseenat", "lastseendatetime")


@dataclass(frozen=True, slots=True)
class Printer:
    """A printer as told: identity, last-seen (aware UTC) and lifetime counters by their names."""

    customer_name: str
    customer_id: str | None
    asset_id: str | None
    serial_number: str | None
    last_seen: datetime | None
    counters: dict[str, int]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be counted, and why, in words for a dealer."""

    reason: str
    customer_name: str | None
    customer_id: str | None
    asset_id: str | None
    serial_number: str | None


class _Links(msgspec.Struct):
    next: str | None = None


class Envelope(msgspec.Struct):
    """One page: where the next one is, and its rows, not yet looked into."""

    results: list[msgspec.Raw]
    links: _Links | None = None

    @property
    def next(self) -> str | None:
        """The address of the next page; None on the last."""
        return (self.links.next if self.links else None) or None


class RowError(ValueError):
    """Why a row cannot be counted."""


_decode_row = msgspec.json.Decoder(dict[str, Any]).decode
_names: dict[str, str | None] = {}


def read_row(raw: bytes | msgspec.Raw) -> Printer | BadRow:
    """One row of ``results``. Never raises: a row that cannot be read says why."""
    try:
        row = {name.lower(): value for name, value in _decode_row(raw).items()}
    except (msgspec.MsgspecError, RecursionError):
        return BadRow("The row is not an object", None, None, None, None)
    name = customer_id = asset_id = serial = None
    try:
        name = _text(row, "customercompanyname")
        customer_id = _text(row, "customercompanyid")
        asset_id = _text(row, "assetid")
        serial = _text(row, "serialnumber")
        if name is None and customer_id is None:
            raise RowError("The row names no customer")
        last_seen = _last_seen(row)
        counters = _counters(row.get("counters"))
    except RowError as error:
        return BadRow(str(error), name, customer_id, asset_id, serial)
    return Printer(name or customer_id or "", customer_id, asset_id, serial, last_seen, counters)


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise RowError(f"{name} is not text")
    text = " ".join(str(value).split()) if not isinstance(value, str) else value.strip()
    if len(text) > _MAX_TEXT or "\x00" in text:
        raise RowError(f"{name} is longer than {_MAX_TEXT} characters or holds a null")
    return text or None


def _last_seen(row: Mapping[str, Any]) -> datetime | None:
    value = next((row[name] for name in _LAST_SEEN if row.get(name) not in (None, "")), None)
    if value is None:
        return None
    if not isinstance(value, str):
        raise RowError("The last-seen date is not text")
    try:
        # Python keeps six of the seven digits; the seventh is a tenth of a microsecond.
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value.strip()))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RowError(f"The last-seen date {value[:40]!r} cannot be read") from None


def _counters(value: Any) -> dict[str, int]:
    """The counters that may count pages, by name. Raises RowError when none is usable."""
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [_pair(entry) for entry in value]
    else:
        raise RowError("The row has no counters")
    counters: dict[str, int] = {}
    unusable: list[str] = []
    for spelled, count in pairs:
        name = _counter_name(spelled)
        if name is None or count is None:
            continue
        number = _whole(count)
        if number is None:
            unusable.append(f"{name} is {str(count)[:30]!r}, not a count of pages")
        else:
            counters[name] = number
    if not counters:
        raise RowError(unusable[0] if unusable else "The row has no page counter")
    return counters


def _pair(entry: Any) -> tuple[str, Any]:
    if not isinstance(entry, dict):
        raise RowError("A counter is not an object with a name and a value")
    row = {str(name).lower(): value for name, value in entry.items()}
    return str(row.get("name", "")), row.get("value")


def _counter_name(spelled: str) -> str | None:
    """The name without its unit, as the documentation spells it; None for what never counts."""
    if spelled not in _names:
        if len(_names) > 1_000:
            _names.clear()
        _names[spelled] = _COUNTERS.get(_UNITS.sub("", spelled.strip().lower()))
    return _names[spelled]


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not re.fullmatch(r"\d{1,19}", text, re.ASCII):
            return None
        value = int(text)
    elif isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    elif not isinstance(value, int):
        return None
    return value if 0 <= value <= MAX_COUNT else None
