"""Navigation: the places that a viewer can go to, and what waits there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for
from sqlalchemy import func, select

from webapp.db import db
from webapp.models.user import Role
from webapp.services import access
from webapp.views import edge


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the menu. It is current on the pages of these blueprints."""

    label: str
    endpoint: str
    icon: str
    blueprints: tuple[str, ...]


HOME = Place("Home", "home.index", "house", ("home",))
PARTNERS = Place("Partners", "accounts.index", "building-2", ("accounts",))
CUSTOMERS = Place("Customers", "accounts.index", "building-2", ("accounts",))
SERVERS = Place("Servers", "servers.index", "server", ("servers", "customers"))
FEEDS = Place("Feeds", "feeds.index", "rss", ("feeds",))
DEVICES = Place("Devices", "devices.index", "printer", ("devices",))
COLLECTIONS = Place("Collections", "collections.index", "refresh-cw", ("collections",))
HELD = Place("Held pages", "held.index", "hand", ("held",))
CERTIFICATES = Place("Certificates", "certificates.index", "award", ("certificates",))
RECONCILIATION = Place("Reconciliation", "reconciliation.index", "scale", ("reconciliation",))
AUDIT = Place("Audit trail", "audit.index", "clipboard-list", ("audit",))
MAILS = Place("Mails", "notices.index", "mail", ("notices",))
GUIDE = Place("Setup guide", "guide.index", "book-open", ("guide",))
USERS = Place("Users", "users.index", "users", ("users",))
SERVICE = Place("Service", "overview.index", "activity", ("overview",))
QUEUES = Place("Queues", "rq_dashboard.queues_overview", "layers", ("rq_dashboard",))

_PARTNER = (
    HOME, SERVERS, FEEDS, DEVICES, CUSTOMERS, HELD, CERTIFICATES, COLLECTIONS, RECONCILIATION,
    USERS, GUIDE,
)  # fmt: skip
PLACES: dict[Role, tuple[Place, ...]] = {
    "operations": (
        HOME, PARTNERS, SERVERS, FEEDS, DEVICES, HELD, CERTIFICATES, COLLECTIONS, RECONCILIATION,
        USERS, MAILS, AUDIT, SERVICE, QUEUES, GUIDE,
    ),
    "partner_admin": (*_PARTNER[:-1], AUDIT, GUIDE),
    "partner_viewer": _PARTNER,
    "customer": (HOME, CERTIFICATES, FEEDS, DEVICES),
}  # fmt: skip


def register(app: Flask) -> None:
    """Give every page its menu; a part of a page asks for none."""
    app.context_processor(lambda: {"navigation": _places()})


def _places() -> Iterator[dict[str, Any]]:
    """Read when the menu is drawn, not before: parts of pages have none."""
    viewer = edge.viewer()
    for place in PLACES[viewer.role]:
        yield {
            "label": place.label,
            "url": url_for(place.endpoint),
            "current": request.blueprint in place.blueprints,
            "icon": place.icon,
            "count": held_count(viewer) if place is HELD else 0,
        }


def held_count(viewer: access.Viewer) -> int:
    """How many gains wait for a person."""
    waiting = access.held(viewer).subquery()
    return db.session.scalar(select(func.count()).select_from(waiting)) or 0
