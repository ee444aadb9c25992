"""Texts of resolved deltas. Reasons for review are in ``webapp.messages``."""

from flask_babel import lazy_gettext as _l

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
