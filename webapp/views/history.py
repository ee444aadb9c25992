"""History: the events of a feed in the words of a print dealer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy.orm import Session

from webapp import filters
from webapp.queries import feed_events
from webapp.queries.access import Viewer


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
    "ceiling": _l("it is more than a machine can print in that time"),
    "history": _l("it is far above anything this printer gained before"),
    "roll_over": _l("the counter seems to have run through its last digit"),
    "restoration": _l("a counter that was reset seems to have been set back to its old value"),
}
HELD_BRIEFLY = {
    "ceiling": _l("Above the ceiling"),
    "history": _l("Far above its history"),
    "roll_over": _l("Rolled over?"),
    "restoration": _l("Set back after a reset?"),
}
DECISIONS = {
    "accepted": _l("All of them are counted."),
    "adjusted": _l("%(counted)s of them are counted, as proposed."),
    "reset": _l("The counter was set to another value; none of them is counted."),
    "rejected": _l("None of them is counted."),
    "reopened": _l("The decision was taken back; they wait again."),
}
FAMILIES = {
    "colour": _l("black and colour pages"),
    "size": _l("pages by paper size"),
    "area": _l("paper area, as Letter pages"),
    "area_by_colour": _l("black and colour paper area, as Letter pages"),
    "categories": _l("print categories, as Letter pages"),
    "length": _l("paper length, as Letter pages"),
}


def lines(session: Session, viewer: Viewer, events: Sequence[Any]) -> list[Line]:
    """Rows of events as lines. Other customers are named to those alone who may see them."""
    feed_ids = {event.details["feed"] for event in events if event.kind == "moved_in"}
    names = feed_events.visible_names(session, viewer, feed_ids)
    if viewer.role == "customer":  # it may be somebody else's name
        events = [event for event in events if event.kind != "successor_found"]
    return [_line(event, names) for event in events]


def _line(event: Any, names: Mapping[int, str]) -> Line:
    title, tone, icon, words = _WORDS[event.kind]
    details = dict(event.details)
    if event.kind == "moved_in":
        details["from"] = names.get(details["feed"], gettext("another customer"))
    name = _named(details)
    return Line(
        event.at,
        event.day,
        str(title) % {"name": name},
        words(details),
        tone,
        icon,
        event.device_id,
        event.feed_id,
        event.customer_name,
    )


def _named(details: Mapping[str, Any]) -> str:
    return str(details.get("name") or filters.pluralize(details.get("count", 0), "printer"))


def _on(details: Mapping[str, Any], key: str) -> str:
    return filters.day(date.fromisoformat(details[key]))


def _pages(details: Mapping[str, Any]) -> str:
    return filters.pluralize(details["pages"], "page")


def _among(details: Mapping[str, Any], text: str) -> str:
    """A text, and before it some of the printers it is about."""
    names = details.get("names")
    return gettext("Among them %(names)s.", names=", ".join(names)) + f" {text}" if names else text


def _added(details: Mapping[str, Any]) -> str:
    if "initial" not in details:
        return _among(details, gettext("What they had printed before is not counted."))
    return gettext(
        "It begins at %(initial)s; what it had printed before is not counted.",
        initial=filters.number(details["initial"]),
    )


def _fell(details: Mapping[str, Any]) -> str:
    return gettext(
        "From %(before)s to %(after)s. The next reading tells whether that was a misread or a "
        "reset.",
        before=filters.number(details["before"]),
        after=filters.number(details["after"]),
    )


def _misread(details: Mapping[str, Any]) -> str:
    return gettext(
        "The %(after)s it had told was a misread: the counter is above %(before)s again. "
        "No page is missed.",
        before=filters.number(details["before"]),
        after=filters.number(details["after"]),
    )


def _reset(details: Mapping[str, Any]) -> str:
    return gettext(
        "The next reading confirmed that it fell from %(before)s to %(after)s. It is counted on "
        "from there; what was counted stays.",
        before=filters.number(details["before"]),
        after=filters.number(details["after"]),
    )


def _held(details: Mapping[str, Any]) -> str:
    text = gettext(
        "%(pages)s since %(since)s wait for a person, because %(why)s.",
        pages=_pages(details),
        since=_on(details, "since"),
        why=HELD_FOR[details["for"]],
    )
    if details.get("proposed") is not None and details["proposed"] != details["pages"]:
        proposed = filters.pluralize(details["proposed"], "page")
        text += " " + gettext("%(pages)s seem right.", pages=proposed)
    return text


def _decided(details: Mapping[str, Any]) -> str:
    verdict = str(DECISIONS[details["decision"]]) % {"counted": filters.number(details["counted"])}
    reason = details.get("reason")
    told = gettext("%(pages)s were looked at.", pages=_pages(details)) + f" {verdict}"
    return f"{told} “{reason}”" if reason and details["decision"] != "reopened" else told


def _moved_in(details: Mapping[str, Any]) -> str:
    return gettext(
        "It was read at %(customer)s before. It is counted on from its last count there: "
        "%(pages)s so far are this customer’s.",
        customer=details["from"],
        pages=_pages(details),
    )


def _gone(details: Mapping[str, Any]) -> str:
    if "latest_on" in details:
        return gettext(
            "Printerpoint does not list it any more. It was read last on %(day)s. What was "
            "counted stays; when it is listed again, its pages since then count.",
            day=_on(details, "latest_on"),
        )
    return _among(
        details,
        gettext(
            "Printerpoint does not list them any more. What was counted stays; when it is listed "
            "again, its pages since then count."
        ),
    )


def _returned(details: Mapping[str, Any]) -> str:
    if "since" not in details:
        return _among(details, gettext("What they printed meanwhile is counted."))
    return gettext(
        "It had not been listed since %(day)s. What it printed meanwhile is counted, shared over "
        "the business days in between.",
        day=_on(details, "since"),
    )


def _read_again(details: Mapping[str, Any]) -> str:
    if "since" not in details:
        text = gettext("Their pages are shared over the business days in between.")
        return _among(details, text)
    return gettext(
        "It had told nothing new since %(day)s. %(pages)s are shared over the business days in "
        "between.",
        day=_on(details, "since"),
        pages=_pages(details),
    )


def _recovered(details: Mapping[str, Any]) -> str:
    first, last = date.fromisoformat(details["first"]), date.fromisoformat(details["last"])
    return gettext(
        "Recovered %(pages)s for %(days)s, dated back to those days.",
        pages=_pages(details),
        days=filters.days(first, last),
    )


def _read_by_hand(details: Mapping[str, Any]) -> str:
    if details["after"] is None:
        return gettext("New data is expected every business day again.")
    return ngettext(
        "New data is expected every %(number)s day.",
        "New data is expected every %(number)s days.",
        details["after"],
        number=filters.number(details["after"]),
    )


def _reactivated(details: Mapping[str, Any]) -> str:
    if details["counted"]:
        verdict = gettext("What was printed meanwhile is counted.")
    else:
        verdict = gettext(
            "What was printed meanwhile is not counted; counting starts with the next reading."
        )
    if details["since"] is None:
        return verdict
    since = gettext("It had been inactive since %(day)s.", day=_on(details, "since"))
    return f"{since} {verdict}"


def _successor_found(details: Mapping[str, Any]) -> str:
    return gettext(
        "Printerpoint lists %(devices)s of its %(of)s devices at “%(name)s”. Connect the feed "
        "again if that is the same company.",
        devices=filters.number(details["devices"]),
        of=filters.number(details["of"]),
        name=details["customer"],
    )


_Words = Callable[[Mapping[str, Any]], str]
#: Title, tone, icon and words of each kind of event.
_WORDS: Mapping[str, tuple[LazyString, str, str, _Words]] = {
    "devices_found": (
        _l("First reading"),
        "good",
        "printer",
        lambda d: gettext(
            "%(printers)s found. What they had printed before is not counted.",
            printers=filters.pluralize(d["count"], "printer"),
        ),
    ),
    "device_added": (_l("%(name)s is new"), "good", "plus", _added),
    "asset_edited": (
        _l("%(name)s has another asset ID"),
        "",
        "pencil",
        lambda d: gettext(
            "It was “%(before)s” and is “%(after)s” now; its serial number shows that it is "
            "the same printer.",
            before=d["before"] or gettext("blank"),
            after=d["after"] or gettext("blank"),
        ),
    ),
    "family_changed": (
        _l("%(name)s is counted in another way"),
        "calm",
        "sliders-horizontal",
        lambda d: gettext(
            "It does not tell %(before)s any more; it is counted anew by %(after)s. What was "
            "counted stays.",
            before=FAMILIES[d["before"]],
            after=FAMILIES[d["after"]],
        ),
    ),
    "fell": (_l("The counter of %(name)s fell"), "wait", "arrow-down", _fell),
    "misread": (_l("%(name)s had been misread"), "calm", "rotate-cw", _misread),
    "reset": (_l("The counter of %(name)s was reset"), "calm", "rotate-ccw", _reset),
    "held": (_l("Pages of %(name)s are held"), "wait", "hand", _held),
    "decided": (_l("Held pages of %(name)s were decided"), "", "scale", _decided),
    "moved_in": (
        _l("%(name)s came from another customer"),
        "calm",
        "arrow-right",
        _moved_in,
    ),
    "moved_away": (
        _l("%(name)s moved to another customer"),
        "calm",
        "arrow-left",
        lambda _: gettext("It is read, and counted, there. What was counted here stays."),
    ),
    "gone": (_l("%(name)s not listed any more"), "wait", "circle-help", _gone),
    "returned": (_l("%(name)s listed again"), "good", "history", _returned),
    "customer_gone": (
        _l("The customer is not listed any more"),
        "bad",
        "circle-help",
        lambda d: gettext(
            "Printerpoint lists none of its %(printers)s. Look there whether it was renamed "
            "without an ID, merged or removed; nothing is lost meanwhile.",
            printers=filters.pluralize(d["devices"], "printer"),
        ),
    ),
    "customer_returned": (
        _l("The customer is listed again"),
        "good",
        "history",
        lambda d: gettext("It had not been listed since %(day)s.", day=_on(d, "since")),
    ),
    "customer_renamed": (
        _l("Another name in Printerpoint"),
        "",
        "pencil",
        lambda d: gettext(
            "“%(before)s” is called “%(after)s” now; the feed follows.",
            before=d["before"],
            after=d["after"],
        ),
    ),
    "read_again": (_l("%(name)s read again"), "good", "history", _read_again),
    "recovered": (_l("Pages recovered"), "good", "history", _recovered),
    "read_by_hand": (_l("Reading interval changed"), "", "calendar-clock", _read_by_hand),
    "reactivated": (_l("Reactivated"), "", "play", _reactivated),
    "successor_found": (_l("Probably under a new name"), "wait", "circle-help", _successor_found),
    "relinked": (
        _l("Connected again"),
        "good",
        "link",
        lambda d: gettext(
            "The feed goes on with “%(after)s” in Printerpoint, which was “%(before)s” before.",
            before=d["before"],
            after=d["after"],
        ),
    ),
}
