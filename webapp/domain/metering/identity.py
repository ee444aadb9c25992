"""Identity: which rows of the fleet are one machine, and which of them is read."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from webapp.domain.metering.counter_sets import (
    CounterSet,
    pages_of,
    select_counter_set,
    usable_values,
    values_of_set,
)
from webapp.domain.metering.run import Context
from webapp.domain.metering.state import DeviceState

_PLACEHOLDERS = frozenset(
    {
        "NA", "NONE", "NULL", "NIL", "UNKNOWN", "UNDEFINED", "UNSPECIFIED", "UNAVAILABLE",
        "NOTAVAILABLE", "NOTAPPLICABLE", "NOTSET", "NOTSPECIFIED", "NOTFOUND", "NOSERIAL",
        "NOSERIALNUMBER", "NOSN", "SERIAL", "SERIALNUMBER", "SERIALNO", "SN", "DEFAULT",
        "DEFAULTSTRING", "TOBEFILLED", "TOBEFILLEDBYOEM", "TOBEDETERMINED", "TBD", "TBA", "TODO",
        "EMPTY", "BLANK", "MISSING", "TEST", "DUMMY", "INVALID", "GENERIC", "PRINTER",
        "SYSTEMSERIALNUMBER",
        "123456789", "1234567890", "0123456789", "12345678", "123456", "12345", "1234",
    }
)  # fmt: skip
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One printer as listed in the fleet. ``customer`` is a key chosen by the service.

    ``feed_id``: the active feed of that customer, None without one.
    """

    customer: str
    feed_id: int | None
    asset_id: str | None
    serial_number: str | None
    last_seen: datetime | None
    counters: Mapping[str, int | None]


def normalize(text: str | None) -> str | None:
    """Return a text without case, blanks, control and format characters; None if blank."""
    if not text:
        return None
    if text.isascii() and text.isprintable():
        return text.replace(" ", "").upper() or None
    letters = (
        character
        for character in unicodedata.normalize("NFKC", text)
        if not character.isspace() and unicodedata.category(character)[0] not in "CZ"
    )
    return "".join(letters).upper() or None


def serial_key(serial_number: str | None) -> str | None:
    """Return a normalized serial number; None for blanks and placeholders."""
    key = normalize(serial_number)
    if key is None:
        return None
    bare = key if key.isalnum() else "".join(filter(str.isalnum, key))
    if len(set(bare)) <= 1 or bare in _PLACEHOLDERS:
        return None
    return key


@dataclass(frozen=True, slots=True)
class FleetRows:
    """The fleet's rows by usable serial number, and by customer."""

    by_serial: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    by_customer: Mapping[str, Sequence[Row]] = field(default_factory=dict)


def group_fleet(rows: Iterable[Row]) -> FleetRows:
    """Group all rows of a fleet, in any order, including customers without a feed."""
    by_serial: dict[str, list[Row]] = defaultdict(list)
    by_customer: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_customer[row.customer].append(row)
        key = serial_key(row.serial_number)
        if key is not None:
            by_serial[key].append(row)
    return FleetRows(dict(by_serial), dict(by_customer))


@dataclass(frozen=True, slots=True)
class Choice:
    """The row that is read for a serial number, and updated rows that disagree with it."""

    row: Row
    disputed: tuple[Row, ...] = ()


def choose(rows: Sequence[Row], state: DeviceState | None, context: Context) -> Choice | None:
    """Return which row of one serial number is the machine; None if all are separated.

    The one with the newest last-seen, then the one read before. A row that did not change while the
    machine was read elsewhere is not the machine; two updated rows that agree are one machine; of
    two that disagree, the one read so far continues.
    """
    listed = rows_of(state, rows, context)
    if len(listed) > 1:
        listed.sort(key=lambda row: _order(row, context))
    ordered = _with_value(listed)
    if not ordered:
        return None
    if state is None:
        return _choose_new(ordered, context)
    home = next((row for row in (*ordered, *listed) if _is_home(row, state)), None)
    if home is not None and (state.night is not None and context.closing <= state.night):
        return Choice(home)
    others = [row for row in ordered if not _is_home(row, state)]
    living = [row for row in others if _continues_elsewhere(row, state, context)]
    if home is None or not _has_new_reading(home, state, context):
        return _choose_elsewhere(home, living, others, state, context)
    disputed = tuple(row for row in living if not _agree(home, row, state.counter_set, context))
    # A row without the counters that meter the machine has nothing to continue with.
    agreeing = [
        row
        for row in living
        if row not in disputed and count_of(row, state.counter_set, context) is not None
    ]
    newest = _newest([home, *agreeing], context)
    return Choice(newest if newest is not None and not disputed else home, disputed)


def rows_of(state: DeviceState | None, rows: Sequence[Row], context: Context) -> list[Row]:
    """Return the rows of one serial number without those of machines separated from ``state``."""
    separate = {
        (copy.customer, copy.asset)
        for copy in (state.copies if state else ())
        if copy.is_separate(context.closing)
    }
    return [row for row in rows if (row.customer, normalize(row.asset_id)) not in separate]


def count_of(row: Row, counter_set: CounterSet | None, context: Context) -> int | None:
    """Return a row's lifetime pages by a counter set, or by its own; None without any."""
    values = usable_values(row.counters)
    chosen = counter_set or select_counter_set(values)
    members = values_of_set(values, chosen) if chosen else {}
    if chosen is None or not members:
        return None
    return pages_of(chosen, members.values(), context.roll_width_mm)


def agree(row: Row, other: Row, context: Context) -> bool:
    """Whether two rows have the same lifetime count, within what is printed between two polls."""
    return _agree(row, other, None, context)


def _choose_elsewhere(
    home: Row | None,
    living: Sequence[Row],
    others: Sequence[Row],
    state: DeviceState,
    context: Context,
) -> Choice | None:
    """Choose among the other rows, because the one read so far has nothing new, or is missing."""
    moved = _newest(living, context)
    if moved is None and home is None:
        moved = next(
            (
                row
                for row in others
                if context.past(row.last_seen) is None and _has_new_reading(row, state, context)
            ),
            None,
        )
    chosen = moved or home
    return Choice(chosen) if chosen is not None else None


def _choose_new(ordered: Sequence[Row], context: Context) -> Choice:
    first = ordered[0]
    newest = _newest(ordered, context) or first
    disputed = tuple(
        row
        for row in ordered
        if (row.customer, normalize(row.asset_id)) != (newest.customer, normalize(newest.asset_id))
        and _seen(row, context) != _NEVER
        and _is_same_poll(row, newest, context)
        and not _agree(newest, row, None, context)
    )
    return Choice(newest, disputed)


def _newest(rows: Sequence[Row], context: Context) -> Row | None:
    """Return the first row, in the given order, with the newest last-seen."""
    if not rows:
        return None
    newest = max(rows, key=lambda row: _seen(row, context))
    return next(row for row in rows if _is_same_poll(row, newest, context))


def _is_same_poll(row: Row, newest: Row, context: Context) -> bool:
    within = timedelta(minutes=context.limits.same_poll_minutes)
    seen, latest = _seen(row, context), _seen(newest, context)
    return seen == latest or (seen != _NEVER and latest - seen <= within)


def _order(row: Row, context: Context) -> tuple[object, ...]:
    """Return the sort key: a customer with a feed first, then the lowest keys, then the newest."""
    count = count_of(row, None, context)
    return (
        row.feed_id is None,
        row.customer,
        normalize(row.asset_id) or "",
        -_seen(row, context).timestamp() if _seen(row, context) != _NEVER else 0.0,
        -(count or 0),
        sorted(usable_values(row.counters).items()),
        row.serial_number or "",
        row.asset_id or "",
    )


def _with_value(rows: list[Row]) -> list[Row]:
    """Return rows without those that have no value, or 0, if another row has one."""
    used = [row for row in rows if any(usable_values(row.counters).values())]
    return used or [row for row in rows if usable_values(row.counters)] or rows


def _is_home(row: Row, state: DeviceState) -> bool:
    return row.customer == state.customer and normalize(row.asset_id) == state.asset


def _seen(row: Row, context: Context) -> datetime:
    return context.past(row.last_seen) or _NEVER


def _has_new_reading(row: Row, state: DeviceState, context: Context) -> bool:
    """Whether the row read so far has a new reading."""
    if state.is_newer(context.past(row.last_seen)):
        return True
    return count_of(row, state.counter_set, context) not in (None, state.reported)


def _continues_elsewhere(row: Row, state: DeviceState, context: Context) -> bool:
    """Whether another row was seen after the last reading, or its count continues."""
    if state.is_newer(context.past(row.last_seen)):
        return True
    count = count_of(row, state.counter_set, context)
    return count is not None and 0 < count - state.latest <= context.limits.per_day


def _agree(row: Row, other: Row, counter_set: CounterSet | None, context: Context) -> bool:
    mine, its = count_of(row, counter_set, context), count_of(other, counter_set, context)
    if mine is None or its is None:
        return True
    return abs(mine - its) <= context.limits.agreeing_pages
