"""The guide: how Printerpoint is connected, step by step. Open to everybody, it tells of nobody."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, abort, render_template

from webapp.domain.health import SILENT_BUSINESS_DAYS
from webapp.domain.trees import PAGES_PER_TREE
from webapp.printerpoint.answers import FIELDS_READ
from webapp.settings import ROOT
from webapp.views import edge

blueprint = Blueprint("guide", __name__)

PICTURES = ROOT / "static" / "guide"


@dataclass(frozen=True, slots=True)
class Chapter:
    """A page of the guide."""

    slug: str
    title: str
    lead: str


CHAPTERS = (
    Chapter("begin", "Before you begin", "What you need, and how long it takes."),
    Chapter("token", "Find your token", "Where Printerpoint keeps the key to its API."),
    Chapter("server", "Register your server", "Paste the token; it is tried before it is saved."),
    Chapter("feeds", "Add feeds", "Choose the customers whose pages shall become trees."),
    Chapter("night", "The first night", "How pages are read, and how you can watch."),
    Chapter("stored", "What is read and stored", "And what is not."),
    Chapter("health", "Health and recovery", "What happens when something goes quiet."),
    Chapter("held", "Pages that look wrong", "What waits for you, and how you decide."),
    Chapter("certificates", "Months, trees and certificates", "What your customers get."),
    Chapter("security", "Security", "What protects your token and your customers."),
    Chapter("help", "Questions and troubles", "What to do when something does not work."),
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

    ``make guide`` takes them from the running product and writes this list.
    """
    listed: dict[str, Any] = json.loads((PICTURES / "pictures.json").read_text())
    return listed
