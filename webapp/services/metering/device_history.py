"""The history of devices whose deltas cannot be validated without it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from webapp.domain.validation import History, history
from webapp.models import Delta

_DELTA: Table = Delta.metadata.tables["delta"]
_COUNTED = select(
    _DELTA.c.device_id,
    _DELTA.c.since,
    _DELTA.c.day,
    _DELTA.c.pages,
    _DELTA.c.proposed,
    _DELTA.c.state,
).where(
    _DELTA.c.device_id.in_(bindparam("ids", expanding=True)),
    _DELTA.c.state.in_(("counted", "accepted", "adjusted")),
)


def histories(session: Session, device_ids: Collection[int]) -> Mapping[int, History]:
    """What devices gained before, of all gains that count; empty for one without any."""
    gains: dict[int, list[tuple[int, int]]] = defaultdict(list)
    if device_ids:
        for row in session.execute(_COUNTED, {"ids": list(device_ids)}):
            pages = row.proposed if row.state == "adjusted" else row.pages
            gains[row.device_id].append((pages, (row.day - row.since).days))
    return {device_id: history(gains[device_id]) for device_id in device_ids}


def joined(parts: Iterable[History]) -> History:
    """The history of a printer that was known as several devices."""
    parts = list(parts)
    return History(
        sum(part.deltas for part in parts), max((part.busiest for part in parts), default=0)
    )
