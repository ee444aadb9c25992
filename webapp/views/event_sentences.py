"""The sentences of events, from their details."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext, ngettext

from webapp import filters
from webapp.messages import review_reason, sentence
from webapp.views.delta_texts import DECISIONS, RESOLUTIONS


def named(details: Mapping[str, Any]) -> str:
    return str(details.get("name") or filters.pluralize(details.get("count", 0), "printer"))


def on(details: Mapping[str, Any], key: str) -> str:
    return filters.day(date.fromisoformat(details[key]))


def pages(details: Mapping[str, Any]) -> str:
    return filters.pluralize(details["pages"], "page")


def among(details: Mapping[str, Any], text: str) -> str:
    """A text, and before it some of the printers it is about."""
    names = details.get("names")
    return gettext("Among them %(names)s.", names=", ".join(names)) + f" {text}" if names else text


def added(details: Mapping[str, Any]) -> str:
    if "initial" not in details:
        return among(details, gettext("What they had printed before is not counted."))
    return gettext(
        "It begins at %(initial)s; what it had printed before is not counted.",
        initial=filters.number(details["initial"]),
    )


def fell(details: Mapping[str, Any]) -> str:
    return gettext(
        "From %(before)s to %(after)s. The next reading tells whether that was a misread or a "
        "reset.",
        before=filters.number(details["before"]),
        after=filters.number(details["after"]),
    )


def misread(details: Mapping[str, Any]) -> str:
    return gettext(
        "The %(after)s it had told was a misread: the counter is above %(before)s again. "
        "No page is missed.",
        before=filters.number(details["before"]),
        after=filters.number(details["after"]),
    )


def reset(details: Mapping[str, Any]) -> str:
    return gettext(
        "The next reading confirmed that it fell from %(before)s to %(after)s. It is counted on "
        "from there; what was counted stays.",
        before=filters.number(details["before"]),
        after=filters.number(details["after"]),
    )


def held(details: Mapping[str, Any]) -> str:
    text = gettext(
        "%(pages)s since %(since)s are not counted yet.",
        pages=pages(details),
        since=on(details, "since"),
    )
    text += " " + review_reason(details["for"])
    if details.get("proposed") is not None and details["proposed"] != details["pages"]:
        proposed = filters.pluralize(details["proposed"], "page")
        text += " " + (
            gettext("Proposed: count %(pages)s.", pages=proposed)
            if details["proposed"]
            else gettext("Proposed: count none of them.")
        )
    return text


def resolved(details: Mapping[str, Any]) -> str:
    text = (
        gettext("%(pages)s of %(day)s.", pages=pages(details), day=on(details, "day"))
        + f" {RESOLUTIONS[details['state']]}"
    )
    if details["state"] == "held" and details["for_person"]:
        text = gettext(
            "Readings cannot decide about %(pages)s of %(day)s; they wait for your review.",
            pages=pages(details),
            day=on(details, "day"),
        )
    counts = [
        f"{filters.day(date.fromisoformat(day))}: {filters.number(count)}"
        for day, count in details["evidence"]
    ]
    return (
        text + " " + gettext("Readings: %(counts)s.", counts=", ".join(counts)) if counts else text
    )


def spike(details: Mapping[str, Any]) -> str:
    return gettext(
        "It is back from %(before)s at %(after)s: what was above it was never printed, and is "
        "withdrawn where it was counted.",
        before=filters.number(details["before"]),
        after=filters.number(details["after"]),
    )


def restored(details: Mapping[str, Any]) -> str:
    return gettext(
        "It shows its old count again: %(count)s, after %(old)s before the reset. %(pages)s are "
        "counted for the time in between.",
        count=filters.number(details["count"]),
        old=filters.number(details["old"]),
        pages=pages(details),
    )


def incomplete(details: Mapping[str, Any]) -> str:
    text = gettext(
        "No reading is taken while a known counter is missing; after 5 business days counting "
        "goes on with what is sent."
    )
    return among(details, text)


def decided(details: Mapping[str, Any]) -> str:
    verdict = str(DECISIONS[details["decision"]]) % {"counted": filters.number(details["counted"])}
    reason = details.get("reason")
    told = gettext("%(pages)s were reviewed.", pages=pages(details)) + f" {verdict}"
    return f"{told} “{reason}”" if reason and details["decision"] != "reopened" else told


def moved_in(details: Mapping[str, Any]) -> str:
    return gettext(
        "It was read at %(customer)s before. It is counted on from its last count there: "
        "%(pages)s so far are this customer’s.",
        customer=details["from"],
        pages=pages(details),
    )


def gone(details: Mapping[str, Any]) -> str:
    if "latest_on" in details:
        return gettext(
            "Printerpoint does not list it any more. It was read last on %(day)s. What was "
            "counted stays; when it is listed again, its pages since then count.",
            day=on(details, "latest_on"),
        )
    return among(
        details,
        gettext(
            "Printerpoint does not list them any more. What was counted stays; when it is listed "
            "again, its pages since then count."
        ),
    )


def returned(details: Mapping[str, Any]) -> str:
    if "since" not in details:
        return among(details, gettext("What they printed meanwhile is counted."))
    return gettext(
        "It had not been listed since %(day)s. What it printed meanwhile is counted, shared over "
        "the business days in between.",
        day=on(details, "since"),
    )


def read_again(details: Mapping[str, Any]) -> str:
    if "since" not in details:
        text = gettext("Their pages are shared over the business days in between.")
        return among(details, text)
    return gettext(
        "It had told nothing new since %(day)s. %(pages)s are shared over the business days in "
        "between.",
        day=on(details, "since"),
        pages=pages(details),
    )


def recovered(details: Mapping[str, Any]) -> str:
    first, last = date.fromisoformat(details["first"]), date.fromisoformat(details["last"])
    return gettext(
        "Recovered %(pages)s for %(days)s, dated back to those days.",
        pages=pages(details),
        days=filters.days(first, last),
    )


def read_by_hand(details: Mapping[str, Any]) -> str:
    if details["after"] is None:
        return gettext("New data is expected every business day again.")
    return ngettext(
        "New data is expected every %(number)s day.",
        "New data is expected every %(number)s days.",
        details["after"],
        number=filters.number(details["after"]),
    )


def reactivated(details: Mapping[str, Any]) -> str:
    if details["counted"]:
        verdict = gettext("What was printed meanwhile is counted.")
    else:
        verdict = gettext(
            "What was printed meanwhile is not counted; counting starts with the next reading."
        )
    if details["since"] is None:
        return verdict
    since = gettext("It had been inactive since %(day)s.", day=on(details, "since"))
    return f"{since} {verdict}"


def successor_found(details: Mapping[str, Any]) -> str:
    return gettext(
        "Printerpoint lists %(devices)s of its %(of)s devices at “%(name)s”. Connect the feed "
        "again if that is the same company.",
        devices=filters.number(details["devices"]),
        of=filters.number(details["of"]),
        name=details["customer"],
    )


def recounted(details: Mapping[str, Any]) -> str:
    first, last = (date.fromisoformat(details[name]) for name in ("first", "last"))
    return gettext(
        "%(days)s: %(before)s were counted, %(after)s are by the present rules, because %(why)s.",
        days=filters.days(first, last),
        before=filters.pluralize(details["before"], "page"),
        after=filters.number(details["after"]),
        why=sentence(details["why"]),
    )
