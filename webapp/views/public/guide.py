"""The setup guide: how Printerpoint is connected, step by step. Public, without data of anyone."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, abort, render_template
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp import filters
from webapp.domain.health import SILENT_BUSINESS_DAYS
from webapp.domain.metering.limits import DEFAULT_LIMITS
from webapp.extensions import current_settings
from webapp.printerpoint.schema import FIELDS_READ
from webapp.settings import ROOT

blueprint = Blueprint("guide", __name__)

PICTURES = ROOT / "static" / "guide"
#: The alternative text of each screenshot.
PICTURED = {
    "register": _l("Adding a server with its API token."),
    "choose": _l("Choosing customers with the search."),
    "progress": _l("A running collection with its progress."),
    "device": _l("A printer with its meter counts."),
    "feed": _l("A feed with its pages per day, health and history."),
    "review": _l("A case under review: meter readings, reason and decisions."),
    "certificate": _l("A certificate with preview, PDF and share link."),
    "sharing": _l("Public sharing: badge and name."),
}


@dataclass(frozen=True, slots=True)
class Chapter:
    """A page of the guide."""

    slug: str
    title: LazyString
    lead: LazyString


CHAPTERS = (
    Chapter(
        "begin",
        _l("Before you begin"),
        _l("What you need, and how long it takes."),
    ),
    Chapter(
        "token",
        _l("Find your token"),
        _l("Where to find the API token in Printerpoint."),
    ),
    Chapter(
        "server",
        _l("Add your server"),
        _l("Paste the token. It is tested before it is saved."),
    ),
    Chapter(
        "feeds",
        _l("Add feeds"),
        _l("Choose the customers to include."),
    ),
    Chapter(
        "night",
        _l("The first nightly run"),
        _l("How meters are read, and where to see the progress."),
    ),
    Chapter(
        "stored",
        _l("What is read and stored"),
        _l("What is read from Printerpoint, and what is not."),
    ),
    Chapter(
        "health",
        _l("Health and recovery"),
        _l("What happens when a server or a customer stops reporting."),
    ),
    Chapter(
        "review",
        _l("Review"),
        _l("Unusual meter readings and how they are resolved."),
    ),
    Chapter(
        "certificates",
        _l("Months, trees and certificates"),
        _l("What your customers get."),
    ),
    Chapter(
        "security",
        _l("Security"),
        _l("What protects your token and your customers."),
    ),
    Chapter(
        "help",
        _l("Troubleshooting"),
        _l("Solutions to common problems."),
    ),
)
_BY_SLUG = {chapter.slug: number for number, chapter in enumerate(CHAPTERS)}


@blueprint.get("/guide")
def index() -> str:
    """The contents."""
    return render_template("public/guide/index.html", chapters=CHAPTERS)


@blueprint.get("/guide/<slug>")
def show(slug: str) -> str:
    """A chapter."""
    number = _BY_SLUG.get(slug)
    if number is None:
        abort(404)
    settings = current_settings()
    return render_template(
        "public/guide/show.html",
        chapters=CHAPTERS,
        chapter=CHAPTERS[number],
        before=CHAPTERS[number - 1] if number else None,
        after=CHAPTERS[number + 1] if number + 1 < len(CHAPTERS) else None,
        pictures=pictures(),
        pictured=PICTURED,
        fields=FIELDS_READ,
        silent_days=SILENT_BUSINESS_DAYS,
        limits=DEFAULT_LIMITS,
        ceiling=settings.pages_per_day_ceiling,
        collect_at=filters.clock_time(settings.collect_at),
        close_on=settings.close_on,
        close_at=filters.clock_time(settings.close_at),
    )


@lru_cache(maxsize=1)
def pictures() -> dict[str, Any]:
    """Return the screenshots by name: width, height, alternative text.

    ``make guide`` takes them from the running product in every language and writes this list.
    """
    listed: dict[str, Any] = json.loads((PICTURES / "pictures.json").read_text())
    return listed
