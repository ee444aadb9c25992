"""Navigation: the places that a viewer can go to, and what waits there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from flask import Flask, g, request
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.db import db
from webapp.models.user import Role
from webapp.queries import access, review
from webapp.views import edge


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu. It is current on the pages of these blueprints."""

    label: LazyString
    endpoint: str
    icon: str
    blueprints: tuple[str, ...]


class Entry(NamedTuple):
    """A place as a page shows it; ``waiting``: how many things wait there."""

    place: Place
    current: bool
    waiting: int


HOME = Place(_l("Home"), "home.index", "house", ("home",))
PARTNERS = Place(_l("Partners"), "accounts.index", "building-2", ("accounts",))
CUSTOMERS = Place(_l("Customers"), "accounts.index", "building-2", ("accounts",))
SERVERS = Place(_l("Servers"), "servers.index", "server", ("servers", "approvals", "customers"))
FEEDS = Place(_l("Feeds"), "feeds.index", "rss", ("feeds", "feed_settings"))
DEVICES = Place(_l("Devices"), "devices.index", "printer", ("devices",))
COLLECTIONS = Place(_l("Collections"), "collections.index", "refresh-cw", ("collections",))
REVIEW = Place(_l("Review"), "review.index", "hand", ("review", "review_bulk"))
CERTIFICATES = Place(_l("Certificates"), "certificates.index", "award", ("certificates",))
RECONCILIATION = Place(_l("Reconciliation"), "reconciliation.index", "scale", ("reconciliation",))
AUDIT = Place(_l("Audit trail"), "audit.index", "clipboard-list", ("audit",))
MAILS = Place(_l("Mails"), "notices.index", "mail", ("notices",))
GUIDE = Place(_l("Setup guide"), "guide.index", "book-open", ("guide",))
USERS = Place(_l("Users"), "users.index", "users", ("users",))
SERVICE = Place(_l("Service"), "overview.index", "activity", ("overview",))
QUEUES = Place(_l("Queues"), "rq_dashboard.queues_overview", "layers", ("rq_dashboard",))

_PARTNER = (
    HOME, SERVERS, FEEDS, DEVICES, CUSTOMERS, REVIEW, CERTIFICATES, COLLECTIONS, RECONCILIATION,
    USERS, GUIDE,
)  # fmt: skip
PLACES: dict[Role, tuple[Place, ...]] = {
    "operations": (
        HOME, PARTNERS, SERVERS, FEEDS, DEVICES, REVIEW, CERTIFICATES, COLLECTIONS, RECONCILIATION,
        USERS, MAILS, AUDIT, SERVICE, QUEUES, GUIDE,
    ),
    "partner_admin": (*_PARTNER[:-1], AUDIT, GUIDE),
    "partner_viewer": _PARTNER,
    "customer": (HOME, CERTIFICATES, FEEDS, DEVICES),
}  # fmt: skip


def register(app: Flask) -> None:
    """Give every page its menu; a part of a page asks for none."""
    app.context_processor(lambda: {"navigation": _places()})


def _places() -> Iterator[Entry]:
    """Read when the menu is drawn, not before: parts of pages have none."""
    viewer = edge.viewer()
    for place in PLACES[viewer.role]:
        yield Entry(
            place,
            request.blueprint in place.blueprints,
            review_counts(viewer).for_person if place is REVIEW else 0,
        )


def review_counts(viewer: access.Viewer) -> review.Counts:
    """How many deltas are under review, counted once a request."""
    if "review_counts" not in g:
        g.review_counts = review.counts(db.session(), viewer)
    counts: review.Counts = g.review_counts
    return counts
