"""Single values of a response, parsed tolerantly: text, times, counts."""

import re
from datetime import UTC, datetime
from typing import Any

from webapp.domain.reasons import Reason, reason

LARGEST = 2**63 - 1
_LONGEST_TEXT = 200  # the length of the columns
#: Control characters and separators of lines and paragraphs become spaces. Those that change the
#: direction of the text after them, also after its end, are removed.
_CONTROLS: dict[int, str | None] = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029), " "),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A))),
}
_DIGITS = re.compile(r"[0-9]{1,40}")

#: .NET writes a missing time as the year 1, others as 1970: a printer not seen yet.
_FIRST_YEAR = 2000


class InvalidValue(Exception):
    """The reason why a value cannot be used, as the end of a sentence."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_text(value: str | None) -> str | None:
    """Return stripped text without control characters; None if blank."""
    if value is None:
        return None
    if not value.isprintable():
        value = value.translate(_CONTROLS)
    value = value.strip()
    if len(value) > _LONGEST_TEXT:
        raise InvalidValue(reason("value.too_long", longest_text=_LONGEST_TEXT))
    return value or None


def parse_datetime(value: Any) -> datetime | None:
    """Return an aware UTC datetime from ISO 8601; without an offset it is UTC."""
    try:
        parsed = datetime.fromisoformat(value.strip()) if value else None
        if parsed is None:
            return None
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=UTC)
        elif parsed.tzinfo is not UTC:
            parsed = parsed.astimezone(UTC)
    except (AttributeError, TypeError, ValueError, OverflowError):
        raise InvalidValue(reason("value.not_a_moment")) from None
    return parsed if parsed.year >= _FIRST_YEAR else None


def parse_count(value: Any) -> int:
    """Return a count from an integral float or a string of digits. Raises InvalidValue."""
    if isinstance(value, InvalidValue):
        raise value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    elif isinstance(value, float):
        raise InvalidValue(reason("value.not_whole"))
    elif isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidValue(reason("value.not_a_number"))
    if value < 0:
        raise InvalidValue(reason("value.negative"))
    if value > LARGEST:
        raise InvalidValue(reason("value.too_large"))
    return value
