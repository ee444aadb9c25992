"""History: the events of a feed in the words of a print dealer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from webapp import formats
from webapp.models import Feed, FeedEvent
from webapp.services import access
from webapp.services.access import Viewer


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a history. ``tone`` and ``icon`` as the badges have them."""

    at: datetime
    day: date
    title: str
    text: str
    tone: str
    icon: str
    device_id: int | None
    feed_id: int
    customer: str


#: Why pages are held, in words that fit after "because".
HELD_FOR = {
    "ceiling": "it is more than a machine can print in that time",
    "history": "it is far above anything this printer gained before",
    "roll_over": "the counter seems to have run through its last digit",
    "restoration": "a counter that was reset seems to have been set back to its old value",
}
HELD_BRIEFLY = {
    "ceiling": "Above the ceiling",
    "history": "Far above its history",
    "roll_over": "Rolled over?",
    "restoration": "Set back after a reset?",
}
DECISIONS = {
    "accepted": "All of them are counted.",
    "adjusted": "{counted} of them are counted, as proposed.",
    "reset": "The counter was set to another value; none of them is counted.",
    "rejected": "None of them is counted.",
    "reopened": "The decision was taken back; they wait again.",
}
FAMILIES = {
    "colour": "black and colour pages",
    "size": "pages by paper size",
    "area": "paper area, as Letter pages",
    "area_by_colour": "black and colour paper area, as Letter pages",
    "categories": "print categories, as Letter pages",
    "length": "paper length, as Letter pages",
}


def events_of(feed_id: int, device_id: int | None = None) -> Select[FeedEvent]:
    """The events of a feed, or of one of its devices; the latest first."""
    query = select(FeedEvent).where(FeedEvent.feed_id == feed_id)
    query = query.options(joinedload(FeedEvent.feed))
    if device_id is not None:
        query = query.where(FeedEvent.device_id == device_id)
    return query.order_by(FeedEvent.at.desc(), FeedEvent.id.desc())


def latest(viewer: Viewer) -> Select[FeedEvent]:
    """The events of all feeds a viewer may see, the latest first; first readings left out."""
    return (
        access.feed_events(viewer)
        .options(joinedload(FeedEvent.feed))
        .where(FeedEvent.kind != "devices_found")
        .order_by(FeedEvent.at.desc(), FeedEvent.id.desc())
    )


def lines(session: Session, viewer: Viewer, events: Sequence[FeedEvent]) -> list[Line]:
    """Events as lines. Other customers are named to those alone who may see them."""
    feed_ids = {event.details["feed"] for event in events if event.kind == "moved_in"}
    seen = access.feeds(viewer).where(Feed.id.in_(feed_ids)) if feed_ids else None
    found = session.scalars(seen) if seen is not None else ()
    names = {feed.id: feed.customer_name for feed in found}
    return [_line(event, names) for event in events]


def _line(event: FeedEvent, names: Mapping[int, str]) -> Line:
    title, tone, icon, words = _WORDS[event.kind]
    details = dict(event.details)
    if event.kind == "moved_in":
        details["from"] = names.get(details["feed"], "another customer")
    if "{name}" in title:
        title = title.format(name=_named(details))
    return Line(
        event.at,
        event.day,
        title,
        words(details),
        tone,
        icon,
        event.device_id,
        event.feed_id,
        event.feed.customer_name,
    )


def _named(details: Mapping[str, Any]) -> str:
    return str(details.get("name") or formats.counted(details.get("count", 0), "printer"))


def _on(details: Mapping[str, Any], key: str) -> str:
    return formats.day(date.fromisoformat(details[key]))


def _pages(details: Mapping[str, Any]) -> str:
    return formats.counted(details["pages"], "page")


def _among(details: Mapping[str, Any]) -> str:
    names = details.get("names")
    return f"Among them {', '.join(names)}. " if names else ""


def _added(details: Mapping[str, Any]) -> str:
    if "initial" not in details:
        return f"{_among(details)}What they had printed before is not counted."
    return (
        f"It begins at {formats.whole(details['initial'])}; what it had printed before "
        "is not counted."
    )


def _fell(details: Mapping[str, Any]) -> str:
    return (
        f"From {formats.whole(details['before'])} to {formats.whole(details['after'])}. The next "
        "reading tells whether that was a misread or a reset."
    )


def _misread(details: Mapping[str, Any]) -> str:
    return (
        f"The {formats.whole(details['after'])} it had told was a misread: the counter is above "
        f"{formats.whole(details['before'])} again. No page is missed."
    )


def _reset(details: Mapping[str, Any]) -> str:
    return (
        f"The next reading confirmed that it fell from {formats.whole(details['before'])} to "
        f"{formats.whole(details['after'])}. It is counted on from there; what was counted stays."
    )


def _held(details: Mapping[str, Any]) -> str:
    text = f"{_pages(details)} since {_on(details, 'since')} wait for a person, because "
    text += f"{HELD_FOR[details['for']]}."
    if details.get("proposed") is not None and details["proposed"] != details["pages"]:
        text += f" {formats.counted(details['proposed'], 'page')} seem right."
    return text


def _decided(details: Mapping[str, Any]) -> str:
    verdict = DECISIONS[details["decision"]].format(counted=formats.whole(details["counted"]))
    reason = details.get("reason")
    told = f"{_pages(details)} were looked at. {verdict}"
    return f"{told} “{reason}”" if reason and details["decision"] != "reopened" else told


def _moved_in(details: Mapping[str, Any]) -> str:
    return (
        f"It was read at {details['from']} before. It is counted on from its last count there: "
        f"{_pages(details)} so far are this customer’s."
    )


def _gone(details: Mapping[str, Any]) -> str:
    text = "Printerpoint does not list it any more."
    if "latest_on" in details:
        text += f" It was read last on {_on(details, 'latest_on')}."
    else:
        text = f"{_among(details)}Printerpoint does not list them any more."
    return f"{text} What was counted stays; when it is listed again, its pages since then count."


def _returned(details: Mapping[str, Any]) -> str:
    if "since" not in details:
        return f"{_among(details)}What they printed meanwhile is counted."
    return (
        f"It had not been listed since {_on(details, 'since')}. What it printed meanwhile is "
        "counted, shared over the business days in between."
    )


def _read_again(details: Mapping[str, Any]) -> str:
    if "since" not in details:
        return f"{_among(details)}Their pages are shared over the business days in between."
    return (
        f"It had told nothing new since {_on(details, 'since')}. {_pages(details)} are shared "
        "over the business days in between."
    )


def _recovered(details: Mapping[str, Any]) -> str:
    first, last = date.fromisoformat(details["first"]), date.fromisoformat(details["last"])
    return f"Recovered {_pages(details)} for {formats.days(first, last)}, dated back to those days."


_Words = Callable[[Mapping[str, Any]], str]
#: Title, tone, icon and words of each kind of event.
_WORDS: Mapping[str, tuple[str, str, str, _Words]] = {
    "devices_found": (
        "First reading",
        "good",
        "printer",
        lambda d: (
            f"{formats.counted(d['count'], 'printer')} found. What they had printed before is "
            "not counted."
        ),
    ),
    "device_added": ("{name} is new", "good", "plus", _added),
    "asset_edited": (
        "{name} has another asset ID",
        "",
        "pencil",
        lambda d: (
            f"It was “{d['before'] or 'blank'}” and is “{d['after'] or 'blank'}” now; its serial "
            "number shows that it is the same printer."
        ),
    ),
    "family_changed": (
        "{name} is counted in another way",
        "calm",
        "sliders-horizontal",
        lambda d: (
            f"It does not tell {FAMILIES[d['before']]} any more; it is counted anew by "
            f"{FAMILIES[d['after']]}. What was counted stays."
        ),
    ),
    "fell": ("The counter of {name} fell", "wait", "arrow-down", _fell),
    "misread": ("{name} had been misread", "calm", "rotate-cw", _misread),
    "reset": ("The counter of {name} was reset", "calm", "rotate-ccw", _reset),
    "held": ("Pages of {name} are held", "wait", "hand", _held),
    "decided": ("Held pages of {name} were decided", "", "scale", _decided),
    "moved_in": ("{name} came from another customer", "calm", "arrow-right", _moved_in),
    "moved_away": (
        "{name} moved to another customer",
        "calm",
        "arrow-left",
        lambda _: "It is read, and counted, there. What was counted here stays.",
    ),
    "gone": ("{name} not listed any more", "wait", "circle-help", _gone),
    "returned": ("{name} listed again", "good", "history", _returned),
    "customer_gone": (
        "The customer is not listed any more",
        "bad",
        "circle-help",
        lambda d: (
            f"Printerpoint lists none of its {formats.counted(d['devices'], 'printer')}. Look "
            "there whether it was renamed without an ID, merged or removed; nothing is lost "
            "meanwhile."
        ),
    ),
    "customer_returned": (
        "The customer is listed again",
        "good",
        "history",
        lambda d: f"It had not been listed since {_on(d, 'since')}.",
    ),
    "customer_renamed": (
        "Another name in Printerpoint",
        "",
        "pencil",
        lambda d: f"“{d['before']}” is called “{d['after']}” now; the feed follows.",
    ),
    "read_again": ("{name} read again", "good", "history", _read_again),
    "recovered": ("Pages recovered", "good", "history", _recovered),
}
