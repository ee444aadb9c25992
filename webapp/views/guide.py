"""The guide: how Printerpoint is connected, step by step. Open to everybody, it tells of nobody."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, abort, render_template

from webapp.domain.health import SILENT_BUSINESS_DAYS
from webapp.domain.trees import PAGES_PER_TREE
from webapp.printerpoint.schema import FIELDS_READ
from webapp.settings import ROOT
from webapp.views import edge
from webapp.words import Words

blueprint = Blueprint("guide", __name__)

PICTURES = ROOT / "static" / "guide"
#: What is to be seen on each picture of the running product.
PICTURED = {
    "register": Words("Registering a server: the token is all that is needed."),
    "choose": Words("Choosing customers of the fleet, with a search."),
    "progress": Words("A collection while it runs: a bar, and n of m."),
    "device": Words("A printer as it is stored: its counts, and nothing else."),
    "feed": Words("A feed with its pages a day, its health and its history."),
    "held": Words("A held gain: why it is held, and how to decide."),
    "certificate": Words("A certificate: preview, PDF, public address."),
    "sharing": Words("What a customer shows: badge and name."),
}


@dataclass(frozen=True, slots=True)
class Chapter:
    """A page of the guide."""

    slug: str
    title: str
    lead: str


CHAPTERS = (
    Chapter("begin", Words("Before you begin"), Words("What you need, and how long it takes.")),
    Chapter(
        "token", Words("Find your token"), Words("Where Printerpoint keeps the key to its API.")
    ),
    Chapter(
        "server",
        Words("Register your server"),
        Words("Paste the token; it is tried before it is saved."),
    ),
    Chapter(
        "feeds", Words("Add feeds"), Words("Choose the customers whose pages shall become trees.")
    ),
    Chapter("night", Words("The first night"), Words("How pages are read, and how you can watch.")),
    Chapter("stored", Words("What is read and stored"), Words("And what is not.")),
    Chapter(
        "health", Words("Health and recovery"), Words("What happens when something goes quiet.")
    ),
    Chapter(
        "held", Words("Pages that look wrong"), Words("What waits for you, and how you decide.")
    ),
    Chapter(
        "certificates", Words("Months, trees and certificates"), Words("What your customers get.")
    ),
    Chapter("security", Words("Security"), Words("What protects your token and your customers.")),
    Chapter(
        "help", Words("Questions and troubles"), Words("What to do when something does not work.")
    ),
)
_BY_SLUG = {chapter.slug: number for number, chapter in enumerate(CHAPTERS)}


@blueprint.get("/guide")
def index() -> str:
    """The contents."""
    return render_template("guide/index.html", chapters=CHAPTERS)


@blueprint.get("/guide/<slug>")
def show(slug: str) -> str:
    """A chapter."""
    number = _BY_SLUG.get(slug)
    if number is None:
        abort(404)
    settings = edge.settings()
    return render_template(
        "guide/show.html",
        chapters=CHAPTERS,
        chapter=CHAPTERS[number],
        number=number + 1,
        before=CHAPTERS[number - 1] if number else None,
        after=CHAPTERS[number + 1] if number + 1 < len(CHAPTERS) else None,
        pictures=pictures(),
        pictured=PICTURED,
        fields=FIELDS_READ,
        pages_per_tree=PAGES_PER_TREE,
        silent_days=SILENT_BUSINESS_DAYS,
        ceiling=settings.pages_per_day_ceiling,
        collect_at=settings.collect_at.strftime("%H:%M"),
        close_on=settings.close_on,
        close_at=settings.close_at.strftime("%H:%M"),
    )


@lru_cache(maxsize=1)
def pictures() -> dict[str, Any]:
    """The pictures of the product by name: width, height, alternative words.

    ``make guide`` takes them from the running product in every language and writes this list.
    """
    listed: dict[str, Any] = json.loads((PICTURES / "pictures.json").read_text())
    return listed
