"""History: the events of a feed as sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import Session

from webapp.messages.event_sentences import printer_name
from webapp.messages.event_texts import EVENT_TEXTS
from webapp.queries import feed_events
from webapp.queries.viewer import Viewer

_UNDER_REVIEW = _l("Pages of %(name)s are under review")
_REOPENED = _l("The review of %(name)s was reopened")


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An entry of a history. ``tone`` and ``icon`` as for badges."""

    at: datetime
    day: date
    title: str
    text: str
    tone: str
    icon: str
    device_id: int | None
    feed_id: int
    customer: str


def entries(session: Session, viewer: Viewer, events: Sequence[Any]) -> list[HistoryEntry]:
    """Return entries of events. Other customers are named only to viewers who may see them."""
    feed_ids = {event.details["feed"] for event in events if event.kind == "moved_in"}
    names = feed_events.visible_names(session, viewer, feed_ids)
    if viewer.role == "customer":  # possibly another customer's name
        events = [event for event in events if event.kind != "successor_found"]
    return [_entry(event, names) for event in events]


def _entry(event: Any, names: Mapping[int, str]) -> HistoryEntry:
    title, tone, icon, describe = EVENT_TEXTS[event.kind]
    details = dict(event.details)
    if event.kind == "moved_in":
        details["from"] = names.get(details["feed"], gettext("another customer"))
    name = printer_name(details)
    return HistoryEntry(
        event.at,
        event.day,
        str(_title(event.kind, details, title)) % {"name": name},
        describe(details),
        tone,
        icon,
        event.device_id,
        event.feed_id,
        event.customer_name,
    )


def _title(kind: str, details: Mapping[str, Any], usual: LazyString) -> LazyString:
    """Return the title of a kind, or another one for undecidable and reopened deltas."""
    if kind == "resolved" and details["state"] == "held":
        return _UNDER_REVIEW
    if kind == "decided" and details["decision"] == "reopened":
        return _REOPENED
    return usual
