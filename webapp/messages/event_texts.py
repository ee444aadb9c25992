"""Texts of a feed's events: title, tone, icon and sentence by kind."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp import filters
from webapp.messages import event_sentences as sentences
from webapp.messages.delta_texts import COUNTER_SET_LABELS

EventText = Callable[[Mapping[str, Any]], str]
#: Title, tone, icon and sentence of each kind of event.
EVENT_TEXTS: Mapping[str, tuple[LazyString, str, str, EventText]] = {
    "devices_found": (
        _l("First reading"),
        "good",
        "printer",
        lambda d: gettext(
            "%(printers)s found. Pages printed before are not counted.",
            printers=filters.pluralize(d["count"], "printer"),
        ),
    ),
    "device_added": (_l("%(name)s added"), "good", "plus", sentences.added),
    "asset_edited": (
        _l("Asset ID of %(name)s changed"),
        "",
        "pencil",
        lambda d: gettext(
            "From “%(before)s” to “%(after)s”. The serial number identifies the same printer.",
            before=d["before"] or gettext("blank"),
            after=d["after"] or gettext("blank"),
        ),
    ),
    "awaiting_baseline": (
        _l("No meter reading yet: %(name)s"),
        "info",
        "circle-help",
        lambda d: sentences.with_names(d, gettext("Counting starts with its first meter reading.")),
    ),
    "baseline": (
        _l("Baseline recorded for %(name)s"),
        "good",
        "printer",
        lambda d: sentences.with_names(d, gettext("Pages printed before are not counted.")),
    ),
    "counts_from_zero": (
        _l("%(name)s is counted from 0"),
        "good",
        "printer",
        lambda _: gettext("Its meter was at 0 when it was first listed."),
    ),
    "incomplete": (
        _l("Missing meters of %(name)s"),
        "wait",
        "circle-help",
        sentences.incomplete,
    ),
    "complete_again": (
        _l("All meters of %(name)s reported again"),
        "good",
        "history",
        lambda d: sentences.with_names(
            d, gettext("Pages printed since the last reading are counted.")
        ),
    ),
    "member_joined": (
        _l("New meter of %(name)s"),
        "info",
        "plus",
        lambda d: gettext(
            "Its first value includes earlier pages; %(pages)s are not counted.",
            pages=sentences.pages(d),
        ),
    ),
    "small_fall": (
        _l("Meter of %(name)s decreased slightly"),
        "",
        "arrow-down",
        lambda d: gettext(
            "From %(before)s to %(after)s. Counting continues from there.",
            **sentences.before_and_after(d),
        ),
    ),
    "spike": (_l("Meter spike of %(name)s canceled"), "info", "rotate-cw", sentences.spike),
    "restored": (
        _l("Meter of %(name)s was restored"),
        "info",
        "rotate-cw",
        sentences.restored,
    ),
    "resolved": (
        _l("Review of %(name)s resolved by later readings"),
        "",
        "scale",
        sentences.resolved,
    ),
    "away": (
        _l("%(name)s at a customer that is not connected"),
        "info",
        "arrow-right",
        lambda d: sentences.with_names(d, gettext("Pages printed there are not counted.")),
    ),
    "serial_known": (
        _l("Serial number of %(name)s added"),
        "",
        "pencil",
        lambda d: sentences.with_names(d, gettext("Counting continues without a gap.")),
    ),
    "does_not_continue": (
        _l("Meter of %(name)s does not continue"),
        "wait",
        "circle-help",
        lambda _: gettext(
            "Without a serial number, it may be another printer. Its readings are ignored; after 5 "
            "business days it is counted as a new printer."
        ),
    ),
    "disputed": (
        _l("%(name)s is listed twice with different meters"),
        "wait",
        "circle-help",
        lambda d: gettext(
            "The other row reports %(count)s. Its pages are not counted until later readings show "
            "whether it is a duplicate or another printer.",
            count=filters.number(d["count"]),
        ),
    ),
    "copy": (
        _l("Second row of %(name)s is a duplicate"),
        "info",
        "check",
        lambda _: gettext("Both meters increase alike, so only one row is counted."),
    ),
    "two_machines": (
        _l("%(name)s is two printers"),
        "info",
        "plus",
        lambda _: gettext("Their meters increase differently, so each is counted separately."),
    ),
    "set_switched": (
        _l("Meter used for %(name)s changed"),
        "info",
        "sliders-horizontal",
        lambda d: gettext(
            "It no longer reports %(before)s; counting restarts with %(after)s. Pages already "
            "counted are kept.",
            before=COUNTER_SET_LABELS.get(d["before"], ""),
            after=COUNTER_SET_LABELS[d["after"]],
        ),
    ),
    "fell": (_l("Meter of %(name)s decreased"), "wait", "arrow-down", sentences.fell),
    "glitch": (_l("Meter glitch of %(name)s"), "info", "rotate-cw", sentences.glitch),
    "reset": (_l("Meter of %(name)s was reset"), "info", "rotate-ccw", sentences.reset),
    "held": (_l("Pages of %(name)s are under review"), "wait", "hand", sentences.held),
    "decided": (_l("Pages of %(name)s were reviewed"), "", "scale", sentences.decided),
    "moved_in": (
        _l("%(name)s moved here from another customer"),
        "info",
        "arrow-right",
        sentences.moved_in,
    ),
    "moved_away": (
        _l("%(name)s moved to another customer"),
        "info",
        "arrow-left",
        lambda _: gettext("Its pages are now counted there. Pages already counted here are kept."),
    ),
    "gone": (_l("%(name)s no longer in Printerpoint"), "wait", "circle-help", sentences.gone),
    "returned": (_l("%(name)s back in Printerpoint"), "good", "history", sentences.returned),
    "customer_gone": (
        _l("The customer is no longer in Printerpoint"),
        "bad",
        "circle-help",
        sentences.customer_gone,
    ),
    "customer_returned": (
        _l("The customer is in Printerpoint again"),
        "good",
        "history",
        lambda d: gettext("Not listed since %(day)s.", day=sentences.format_day(d, "since")),
    ),
    "customer_renamed": (
        _l("Renamed in Printerpoint"),
        "",
        "pencil",
        lambda d: gettext("From “%(before)s” to “%(after)s”. The feed continues.", **d),
    ),
    "read_again": (_l("%(name)s reporting again"), "good", "history", sentences.read_again),
    "recovered": (_l("Pages recovered"), "good", "history", sentences.recovered),
    "read_by_hand": (_l("Reading interval changed"), "", "calendar-clock", sentences.read_by_hand),
    "reactivated": (_l("Reactivated"), "", "play", sentences.reactivated),
    "successor_found": (
        _l("Probably under a new name"),
        "wait",
        "circle-help",
        sentences.successor_found,
    ),
    "relinked": (
        _l("Reconnected"),
        "good",
        "link",
        lambda d: gettext(
            "The feed continues with “%(after)s” in Printerpoint, formerly “%(before)s”.", **d
        ),
    ),
    "recounted": (_l("Pages of %(name)s recounted"), "", "history", sentences.recounted),
}
