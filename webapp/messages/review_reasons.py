"""Why pages are under review, by the kind of their delta."""

from collections.abc import Mapping

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

REVIEW_REASONS: Mapping[str, LazyString] = {
    "ordinary": lazy_gettext("A later reading contradicts these pages."),
    "limit": lazy_gettext("More pages than the daily limit for this printer allows."),
    "near_lifetime": lazy_gettext("The increase is nearly the printer’s whole lifetime count."),
    "physical": lazy_gettext("No printer can print this many pages in that time."),
    "first_count": lazy_gettext(
        "The meter started at 0, and a new printer does not print this many pages."
    ),
    "joined": lazy_gettext("The printer reported this meter for the first time."),
    "roll_over": lazy_gettext(
        "The meter probably rolled over: it passed its highest value and started again at 0."
    ),
    "restored": lazy_gettext("The meter was reset and probably shows its previous count again."),
}
#: The same in a word or two, for lists.
REVIEW_REASONS_BRIEF: Mapping[str, LazyString] = {
    "ordinary": lazy_gettext("Contradicted"),
    "limit": lazy_gettext("Above daily limit"),
    "near_lifetime": lazy_gettext("Near lifetime count"),
    "physical": lazy_gettext("More than possible"),
    "first_count": lazy_gettext("First reading after 0"),
    "joined": lazy_gettext("New meter"),
    "roll_over": lazy_gettext("Possible rollover"),
    "restored": lazy_gettext("Meter restored"),
}


def review_reason(kind: str, *, brief: bool = False) -> str:
    """Return why pages of a delta of this kind are under review, as a sentence or in brief."""
    return str((REVIEW_REASONS_BRIEF if brief else REVIEW_REASONS)[kind])
