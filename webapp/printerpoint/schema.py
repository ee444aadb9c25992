"""The schema of Printerpoint's responses, as assumed.

A live sample changes this file and ``counters.py`` only.

Known (seen in the help pages): the address, the envelope ``{"links": {"next"}, "results": []}``,
``customerCompanyName``, ``customerCompanyId``, ``assetId``, ``serialNumber``, ISO-8601 UTC moments
with seven fraction digits, explicit nulls. Assumed: ``next`` is null, absent or empty on the last
page; the spellings of ``lastSeen`` and ``counters``; the counter names in ``counters.py``.
"""

import codecs
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from webapp.domain.reasons import Reason, reason
from webapp.printerpoint.counters import counter_items, decode_value, usable_counters
from webapp.printerpoint.values import InvalidValue, parse_datetime, parse_text

PATH = "/dealer/printers"

# In any letter case; of several that are sent, the first that is not null counts.
_NAME = ("customercompanyname",)
_ID = ("customercompanyid",)
_ASSET = ("assetid",)
_SERIAL = ("serialnumber",)
_LAST_SEEN = ("lastseen", "lastseenon", "lastseenat", "lastseendatetime")

_CHECKED_AT_ONCE = 1 << 20

#: The fields that are read of each printer; a test compares the setup guide with them.
FIELDS_READ = (
    "customerCompanyName",
    "customerCompanyId",
    "assetId",
    "serialNumber",
    "lastSeen",
    "counters",
)


class Unreadable(Exception):
    """A response that is not a page of printers, with the reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Printer:
    """One printer as listed by Printerpoint.

    ``customer_name``: the customer's ID if the row has no name. ``last_seen``: aware, in UTC; None
    if never. ``counters``: lifetime values by the names of ``counter_sets.COUNTERS``.
    """

    customer_name: str
    customer_id: str | None
    asset_id: str | None
    serial_number: str | None
    last_seen: datetime | None
    counters: dict[str, int]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be counted, the reason, and its readable identifiers."""

    reason: Reason
    customer_name: str | None
    customer_id: str | None
    asset_id: str | None
    serial_number: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """One response: the address of the next, if any, and its rows, not parsed yet."""

    next_url: str | None
    rows: list[msgspec.Raw]


class _Row(msgspec.Struct, rename="camel"):
    """A row exactly as documented, for speed. Others are read field by field."""

    customer_company_name: str | None
    customer_company_id: str | None
    asset_id: str | None
    serial_number: str | None
    last_seen: str
    counters: dict[str, int | None]


_row = msgspec.json.Decoder(_Row)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_elements = msgspec.json.Decoder(list[msgspec.Raw])
_next = msgspec.json.Decoder(str | None)


def read_page(body: bytes | bytearray) -> Page:
    """Parse the envelope of a response. Raises Unreadable."""
    _check_text(body)
    view = memoryview(body)[3:] if body.startswith(codecs.BOM_UTF8) else body
    try:
        envelope = {name.lower(): value for name, value in _fields.decode(view).items()}
    except msgspec.ValidationError:
        raise Unreadable(reason("body.no_object")) from None
    except msgspec.DecodeError as error:
        raise Unreadable(_not_json(body, error)) from None
    except RecursionError:
        raise Unreadable(reason("body.too_deep")) from None
    if "results" not in envelope:
        raise Unreadable(reason("body.no_results"))
    try:
        rows = _elements.decode(envelope["results"])
    except msgspec.ValidationError:
        raise Unreadable(reason("body.results_no_list")) from None
    return Page(_next_url(envelope.get("links")), rows)


def read_row(raw: msgspec.Raw) -> Printer | BadRow:
    """Parse one row of a page, tolerantly; a row that cannot be counted has a reason."""
    try:
        row = _row.decode(raw)
        name = parse_text(row.customer_company_name)
        customer_id = parse_text(row.customer_company_id)
        if name is None:
            if customer_id is None:
                raise InvalidValue(reason("no_customer"))
            name = customer_id
        counters = usable_counters(row.counters.items())
        return Printer(
            name,
            customer_id,
            parse_text(row.asset_id),
            parse_text(row.serial_number),
            parse_datetime(row.last_seen),
            counters,
        )
    except (ValueError, RecursionError, InvalidValue):
        # Not spelled as documented, or bad: read field by field.
        return _read_tolerantly(raw)


def _check_text(body: bytes | bytearray) -> None:
    """Check that all of the body is UTF-8, including parts that are skipped later."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    view = memoryview(body)
    try:
        for start in range(0, len(view), _CHECKED_AT_ONCE):
            decode(view[start : start + _CHECKED_AT_ONCE])
    except UnicodeDecodeError:
        raise Unreadable(reason("body.not_utf8")) from None


def _not_json(body: bytes | bytearray, error: msgspec.DecodeError) -> Reason:
    if not body.strip():
        return reason("body.empty")
    if body.lstrip()[:1] == b"<":
        return reason("body.html")
    if "truncated" in str(error):
        return reason("body.truncated")
    return reason("body.not_json")


def _next_url(links: msgspec.Raw | None) -> str | None:
    """Return the address of the next page; None if it is null, absent or empty."""
    if links is None or bytes(links) == b"null":
        return None
    try:
        fields = {name.lower(): value for name, value in _fields.decode(links).items()}
        return (_next.decode(fields["next"]) or "").strip() or None if "next" in fields else None
    except (ValueError, RecursionError):
        raise Unreadable(reason("body.links_unreadable")) from None


def _read_tolerantly(raw: msgspec.Raw) -> Printer | BadRow:
    """Parse a row in any letter case and with all known aliases."""
    try:
        fields = {name.lower(): value for name, value in _fields.decode(raw).items()}
    except (ValueError, RecursionError):
        return BadRow(reason("row_no_object"), None, None, None, None)
    reasons: list[Reason] = []
    name = _field_text(fields, _NAME, reason("field.customer_name"), reasons)
    customer_id = _field_text(fields, _ID, reason("field.customer_id"), reasons)
    asset_id = _field_text(fields, _ASSET, reason("field.asset_id"), reasons)
    serial_number = _field_text(fields, _SERIAL, reason("field.serial_number"), reasons)
    if name is None and customer_id is None and not reasons:
        reasons.append(reason("no_customer"))
    last_seen = counters = None
    try:
        last_seen = parse_datetime(_value(fields, _LAST_SEEN))
    except InvalidValue:
        reasons.append(reason("last_seen_invalid"))
    try:
        counters = usable_counters(counter_items(fields.get("counters")))
    except InvalidValue as error:
        reasons.append(error.reason)
    if reasons or counters is None:
        return BadRow(reasons[0], name, customer_id, asset_id, serial_number)
    customer_name = name or customer_id or ""
    return Printer(customer_name, customer_id, asset_id, serial_number, last_seen, counters)


def _value(fields: Mapping[str, msgspec.Raw], names: Iterable[str]) -> Any:
    """Return the first field of these names that is not null; None without any.

    Raises InvalidValue.
    """
    for name in names:
        value = decode_value(fields[name]) if name in fields else None
        if value is not None:
            return value
    return None


def _field_text(
    fields: Mapping[str, msgspec.Raw], names: Iterable[str], what: Reason, reasons: list[Reason]
) -> str | None:
    try:
        value = _value(fields, names)
        if isinstance(value, bool | list | dict):
            raise InvalidValue(reason("value.not_text"))
        return None if value is None else parse_text(str(value))
    except InvalidValue as error:
        reasons.append(reason("field_invalid", what=what, bad=error.reason))
        return None
