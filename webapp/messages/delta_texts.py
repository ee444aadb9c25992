"""Texts of decisions and resolved deltas. Reasons for review are in ``review_reasons``."""

from collections.abc import Mapping

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from webapp import filters
from webapp.domain.months import Month
from webapp.domain.trees import trees

#: The result for the pages, by the state of a delta that readings resolved.
RESOLUTIONS = {
    "counted": _l("They are counted."),
    "accepted": _l("Later readings confirmed them; they are counted."),
    "dropped": _l("Later readings canceled them; they are not counted."),
    "withdrawn": _l("Later readings canceled them; they are withdrawn."),
    "baseline": _l("They were not printed; the new reading is the new baseline."),
    "held": _l("They are under review until later readings confirm or cancel them."),
}
DECISIONS = {
    "accepted": _l("All of them are counted."),
    "adjusted": _l("%(counted)s of them are counted."),
    "reset": _l("The meter was reset; none of them are counted."),
    "rejected": _l("None of them are counted."),
    "reopened": _l("The case was reopened; they are under review again."),
}
COUNTER_SET_LABELS = {
    "colour": _l("black and color pages"),
    "size": _l("pages by paper size"),
    "area": _l("paper area, as Letter pages"),
    "area_by_colour": _l("black and color paper area, as Letter pages"),
    "categories": _l("print categories, as Letter pages"),
    "length": _l("paper length, as Letter pages"),
}
#: From this number of trees on, the effect of a decision has no decimals.
_WHOLE_TREES = 100


def effect_text(months: Mapping[Month, int]) -> str:
    """Return what a decision adds: pages, trees, and the months that count them."""
    pages = sum(months.values())
    if not pages:
        return gettext("Adds no pages.")
    grown = trees(pages)
    total = {
        "pages": filters.pluralize(pages, "page"),
        "trees": filters.number(round(grown)) if grown >= _WHOLE_TREES else filters.trees(grown),
    }
    if len(months) == 1:
        (month,) = months
        return gettext(
            "Adds %(pages)s, about %(trees)s trees, to %(month)s.",
            month=filters.month(month),
            **total,
        )
    shares = [
        gettext("%(number)s to %(month)s", number=filters.number(share), month=filters.month(month))
        for month, share in months.items()
    ]
    return gettext(
        "Adds %(pages)s, about %(trees)s trees: %(shares)s.", shares="; ".join(shares), **total
    )


def counted_text(pages: int) -> str:
    """Return the message after a decision: how many pages are counted now."""
    if not pages:
        return gettext("None of these pages are counted.")
    return ngettext(
        "%(number)s page is counted now.",
        "%(number)s pages are counted now.",
        pages,
        number=filters.number(pages),
    )


def uncounted_text(pages: int) -> str:
    """Return the end of the message after an undo: the pages no longer counted, or nothing."""
    if not pages:
        return ""
    return " " + ngettext(
        "%(number)s page is no longer counted.",
        "%(number)s pages are no longer counted.",
        pages,
        number=filters.number(pages),
    )
