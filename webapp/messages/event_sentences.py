"""The sentences of events, from their details."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext, ngettext

from webapp import filters
from webapp.messages import review_reason, sentence
from webapp.messages.delta_texts import DECISIONS, RESOLUTIONS


def printer_name(details: Mapping[str, Any]) -> str:
    return str(details.get("name") or filters.pluralize(details.get("count", 0), "printer"))


def format_day(details: Mapping[str, Any], key: str) -> str:
    return filters.day(date.fromisoformat(details[key]))


def pages(details: Mapping[str, Any]) -> str:
    return filters.pluralize(details["pages"], "page")


def with_names(details: Mapping[str, Any], text: str) -> str:
    """Return a text preceded by the names of some of its printers."""
    names = details.get("names")
    return gettext("Including %(names)s.", names=", ".join(names)) + f" {text}" if names else text


def before_and_after(details: Mapping[str, Any]) -> dict[str, str]:
    """Return the two counts of an event as parameters of its sentence."""
    return {key: filters.number(details[key]) for key in ("before", "after")}


def added(details: Mapping[str, Any]) -> str:
    if "initial" not in details:
        return with_names(details, gettext("Pages printed before are not counted."))
    return gettext(
        "Start meter: %(initial)s. Pages printed before are not counted.",
        initial=filters.number(details["initial"]),
    )


def fell(details: Mapping[str, Any]) -> str:
    return gettext(
        "From %(before)s to %(after)s. The next reading shows whether that was a glitch or a meter "
        "reset.",
        **before_and_after(details),
    )


def glitch(details: Mapping[str, Any]) -> str:
    return gettext(
        "The reading of %(after)s was a glitch: the meter is above %(before)s again. No pages are "
        "lost.",
        **before_and_after(details),
    )


def reset(details: Mapping[str, Any]) -> str:
    return gettext(
        "The next reading confirmed the reset from %(before)s to %(after)s. Counting continues "
        "from there; pages already counted are kept.",
        **before_and_after(details),
    )


def held(details: Mapping[str, Any]) -> str:
    text = gettext(
        "%(pages)s since %(since)s are not counted yet.",
        pages=pages(details),
        since=format_day(details, "since"),
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
        gettext("%(pages)s of %(day)s.", pages=pages(details), day=format_day(details, "day"))
        + f" {RESOLUTIONS[details['state']]}"
    )
    if details["state"] == "held" and details["for_person"]:
        text = gettext(
            "%(pages)s of %(day)s need review: later readings did not resolve them.",
            pages=pages(details),
            day=format_day(details, "day"),
        )
    counts = [
        f"{filters.day(date.fromisoformat(day))}: {filters.number(count)}"
        for day, count in details["evidence"]
    ]
    return (
        text + " " + gettext("Readings: %(counts)s.", counts="; ".join(counts)) if counts else text
    )


def spike(details: Mapping[str, Any]) -> str:
    return gettext(
        "Back from %(before)s to %(after)s. The pages in between were never printed and are "
        "withdrawn if they were counted.",
        **before_and_after(details),
    )


def restored(details: Mapping[str, Any]) -> str:
    return gettext(
        "The meter shows its previous count again: %(count)s (%(old)s before the reset). %(pages)s "
        "printed in between are counted.",
        count=filters.number(details["count"]),
        old=filters.number(details["old"]),
        pages=pages(details),
    )


def incomplete(details: Mapping[str, Any]) -> str:
    text = gettext(
        "Readings are ignored while a known meter is missing; after 5 business days, counting "
        "continues with the meters that are reported."
    )
    return with_names(details, text)


def decided(details: Mapping[str, Any]) -> str:
    verdict = str(DECISIONS[details["decision"]]) % {"counted": filters.number(details["counted"])}
    reason = details.get("reason")
    text = gettext("%(pages)s were reviewed.", pages=pages(details)) + f" {verdict}"
    return f"{text} “{reason}”" if reason and details["decision"] != "reopened" else text


def moved_in(details: Mapping[str, Any]) -> str:
    return gettext(
        "Previously at %(customer)s. Counting continues from its last reading there; %(pages)s "
        "printed since then count for this customer.",
        customer=details["from"],
        pages=pages(details),
    )


def customer_gone(d: Mapping[str, Any]) -> str:
    """Return how many printers are missing with the customer, and what to check."""
    missing = ngettext(
        "Its %(number)s printer is not in Printerpoint.",
        "None of its %(number)s printers is in Printerpoint.",
        d["devices"],
        number=filters.number(d["devices"]),
    )
    check = gettext(
        "Check there whether it was renamed without an ID, merged or removed. No pages are lost in "
        "the meantime."
    )
    return f"{missing} {check}"


def gone(details: Mapping[str, Any]) -> str:
    if "latest_on" in details:
        return gettext(
            "Last reading: %(day)s. Pages already counted are kept; if it is listed again, pages "
            "printed since then are counted.",
            day=format_day(details, "latest_on"),
        )
    return with_names(
        details,
        gettext(
            "Pages already counted are kept; when a printer is listed again, pages printed since "
            "then are counted."
        ),
    )


def returned(details: Mapping[str, Any]) -> str:
    if "since" not in details:
        return with_names(details, gettext("Pages printed since then are counted."))
    return gettext(
        "Not listed since %(day)s. Pages printed since then are counted, spread across the "
        "business days in between.",
        day=format_day(details, "since"),
    )


def read_again(details: Mapping[str, Any]) -> str:
    if "since" not in details:
        text = gettext("Their pages are spread across the business days in between.")
        return with_names(details, text)
    return gettext(
        "No new reading since %(day)s. %(pages)s are spread across the business days in between.",
        day=format_day(details, "since"),
        pages=pages(details),
    )


def recovered(details: Mapping[str, Any]) -> str:
    first, last = date.fromisoformat(details["first"]), date.fromisoformat(details["last"])
    return gettext(
        "%(pages)s recovered for %(days)s and counted on those days.",
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
        verdict = gettext("Pages printed while inactive are counted.")
    else:
        verdict = gettext(
            "Pages printed while inactive are not counted; the next reading is the new baseline."
        )
    if details["since"] is None:
        return verdict
    since = gettext("Inactive since %(day)s.", day=format_day(details, "since"))
    return f"{since} {verdict}"


def successor_found(details: Mapping[str, Any]) -> str:
    return gettext(
        "%(devices)s of its %(of)s printers are now listed at “%(name)s” in Printerpoint. "
        "Reconnect the feed if this is the same company.",
        devices=filters.number(details["devices"]),
        of=filters.number(details["of"]),
        name=details["customer"],
    )


def recounted(details: Mapping[str, Any]) -> str:
    first, last = (date.fromisoformat(details[name]) for name in ("first", "last"))
    return gettext(
        "%(days)s: %(before)s before, %(after)s after recounting. Reason: %(why)s.",
        days=filters.days(first, last),
        before=filters.pluralize(details["before"], "page"),
        after=filters.number(details["after"]),
        why=sentence(details["why"]),
    )
