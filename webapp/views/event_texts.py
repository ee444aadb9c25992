"""The texts of the events in a feed's history: title, tone, icon and sentence of each kind."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp import filters
from webapp.views import event_sentences as sentences
from webapp.views.delta_texts import FAMILIES

EventText = Callable[[Mapping[str, Any]], str]
#: Title, tone, icon and words of each kind of event.
EVENT_TEXTS: Mapping[str, tuple[LazyString, str, str, EventText]] = {
    "devices_found": (
        _l("First reading"),
        "good",
        "printer",
        lambda d: gettext(
            "%(printers)s found. What they had printed before is not counted.",
            printers=filters.pluralize(d["count"], "printer"),
        ),
    ),
    "device_added": (_l("%(name)s is new"), "good", "plus", sentences.added),
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
    "awaiting_baseline": (
        _l("%(name)s shows no pages yet"),
        "calm",
        "circle-help",
        lambda d: sentences.among(d, gettext("Its first count decides where counting begins.")),
    ),
    "baseline": (
        _l("%(name)s begins to be counted"),
        "good",
        "printer",
        lambda d: sentences.among(d, gettext("What was printed before is not counted.")),
    ),
    "counts_from_zero": (
        _l("%(name)s is counted from 0"),
        "good",
        "printer",
        lambda _: gettext("It stood at 0 when it was first listed."),
    ),
    "incomplete": (
        _l("Counters of %(name)s are missing"),
        "wait",
        "circle-help",
        sentences.incomplete,
    ),
    "complete_again": (
        _l("%(name)s sends all its counters again"),
        "good",
        "history",
        lambda d: sentences.among(d, gettext("Its pages since its last reading are counted.")),
    ),
    "member_joined": (
        _l("%(name)s sends another counter"),
        "calm",
        "plus",
        lambda d: gettext(
            "%(pages)s that it had counted before are not counted.", pages=sentences.pages(d)
        ),
    ),
    "small_fall": (
        _l("The counter of %(name)s fell a little"),
        "",
        "arrow-down",
        lambda d: gettext(
            "From %(before)s to %(after)s; it is counted on from there.",
            before=filters.number(d["before"]),
            after=filters.number(d["after"]),
        ),
    ),
    "spike": (_l("The counter of %(name)s had jumped"), "calm", "rotate-cw", sentences.spike),
    "restored": (
        _l("The counter of %(name)s was restored"),
        "calm",
        "rotate-cw",
        sentences.restored,
    ),
    "resolved": (
        _l("Pages of %(name)s were resolved by its readings"),
        "",
        "scale",
        sentences.resolved,
    ),
    "away": (
        _l("%(name)s is listed at a customer without a feed"),
        "calm",
        "arrow-right",
        lambda d: sentences.among(d, gettext("What is printed there is not counted.")),
    ),
    "serial_known": (
        _l("The serial number of %(name)s is known now"),
        "",
        "pencil",
        lambda d: sentences.among(d, gettext("It is the same device; counting goes on.")),
    ),
    "does_not_continue": (
        _l("%(name)s shows a count that does not continue"),
        "wait",
        "circle-help",
        lambda _: gettext(
            "Without a serial number it may be another device. No reading is taken; after 5 "
            "business days it is counted as a new device."
        ),
    ),
    "disputed": (
        _l("%(name)s is listed twice with different counts"),
        "wait",
        "circle-help",
        lambda d: gettext(
            "The other row shows %(count)s. Its pages wait until later readings decide whether "
            "it is a copy or another device.",
            count=filters.number(d["count"]),
        ),
    ),
    "copy": (
        _l("The second row of %(name)s is a copy"),
        "calm",
        "check",
        lambda _: gettext("Both rows move alike; one of them is counted."),
    ),
    "two_machines": (
        _l("%(name)s stands for two devices"),
        "calm",
        "plus",
        lambda _: gettext("Their counts move differently; each is counted on its own."),
    ),
    "set_switched": (
        _l("%(name)s is counted in another way"),
        "calm",
        "sliders-horizontal",
        lambda d: gettext(
            "It does not tell %(before)s any more; it is counted anew by %(after)s. What was "
            "counted stays.",
            before=FAMILIES.get(d["before"], ""),
            after=FAMILIES[d["after"]],
        ),
    ),
    "fell": (_l("The counter of %(name)s fell"), "wait", "arrow-down", sentences.fell),
    "misread": (_l("%(name)s had been misread"), "calm", "rotate-cw", sentences.misread),
    "reset": (_l("The counter of %(name)s was reset"), "calm", "rotate-ccw", sentences.reset),
    "held": (_l("Pages of %(name)s are under review"), "wait", "hand", sentences.held),
    "decided": (_l("Pages of %(name)s were reviewed"), "", "scale", sentences.decided),
    "moved_in": (
        _l("%(name)s came from another customer"),
        "calm",
        "arrow-right",
        sentences.moved_in,
    ),
    "moved_away": (
        _l("%(name)s moved to another customer"),
        "calm",
        "arrow-left",
        lambda _: gettext("It is read, and counted, there. What was counted here stays."),
    ),
    "gone": (_l("%(name)s not listed any more"), "wait", "circle-help", sentences.gone),
    "returned": (_l("%(name)s listed again"), "good", "history", sentences.returned),
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
        lambda d: gettext("It had not been listed since %(day)s.", day=sentences.on(d, "since")),
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
    "read_again": (_l("%(name)s read again"), "good", "history", sentences.read_again),
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
        _l("Connected again"),
        "good",
        "link",
        lambda d: gettext(
            "The feed goes on with “%(after)s” in Printerpoint, which was “%(before)s” before.",
            before=d["before"],
            after=d["after"],
        ),
    ),
    "recounted": (_l("Pages of %(name)s recounted"), "", "history", sentences.recounted),
}
