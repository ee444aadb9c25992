"""The texts of deltas: why they are under review, and what became of them."""

from flask_babel import lazy_gettext as _l

#: Why pages are held, in words that fit after "because".
HELD_FOR = {
    "ordinary": _l("a later reading contradicts them"),
    "limit": _l("they are far more than this device printed before"),
    "near_lifetime": _l("they are nearly its whole lifetime count"),
    "physical": _l("no device prints so much in that time"),
    "first_count": _l("its counter stood at 0 before"),
    "joined": _l("a counter was sent for the first time"),
    "roll_over": _l("the counter seems to have run through its last digit"),
    "restored": _l("a counter that was reset seems to show its old value again"),
}
HELD_BRIEFLY = {
    "ordinary": _l("Contradicted"),
    "limit": _l("Far above its history"),
    "near_lifetime": _l("Nearly its lifetime count"),
    "physical": _l("More than a device can print"),
    "first_count": _l("First count after 0"),
    "joined": _l("New counter"),
    "roll_over": _l("Rolled over?"),
    "restored": _l("Old count restored"),
}
#: What became of pages, by the state that readings gave a delta.
RESOLUTIONS = {
    "counted": _l("They are counted."),
    "accepted": _l("The next days confirmed them; they are counted."),
    "dropped": _l("The next readings took them back; they are not counted."),
    "withdrawn": _l("The next readings took them back; they are withdrawn."),
    "baseline": _l("They were not printed here; counting began anew from the new count."),
    "held": _l("They wait for later readings."),
}
DECISIONS = {
    "accepted": _l("All of them are counted."),
    "adjusted": _l("%(counted)s of them are counted."),
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
