"""Navigation: the menu of a viewer, with counts of pending items."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from flask import Flask, g, request
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.db import db
from webapp.models.user import Role
from webapp.queries import review
from webapp.queries.viewer import Viewer
from webapp.views.shared import context


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A page in the menu; it is the current one on the pages of these blueprints."""

    label: LazyString
    endpoint: str
    icon: str
    blueprints: tuple[str, ...]


class MenuEntry(NamedTuple):
    """A menu item as rendered; ``waiting``: the count beside it."""

    item: MenuItem
    current: bool
    waiting: int


HOME = MenuItem(_l("Home"), "home.index", "house", ("home",))
PARTNERS = MenuItem(_l("Partners"), "accounts.index", "building-2", ("accounts",))
CUSTOMERS = MenuItem(_l("Customers"), "accounts.index", "building-2", ("accounts",))
SERVERS = MenuItem(
    _l("Servers"),
    "servers.index",
    "server",
    ("servers", "server_changes", "approvals", "customers"),
)
FEEDS = MenuItem(
    _l("Feeds"), "feeds.index", "rss", ("feeds", "feed_settings", "feed_changes", "feed_bulk")
)
DEVICES = MenuItem(_l("Devices"), "devices.index", "printer", ("devices",))
COLLECTIONS = MenuItem(_l("Collections"), "collections.index", "refresh-cw", ("collections",))
REVIEW = MenuItem(_l("Review"), "review.index", "hand", ("review", "review_bulk"))
CERTIFICATES = MenuItem(_l("Certificates"), "certificates.index", "award", ("certificates",))
RECONCILIATION = MenuItem(
    _l("Reconciliation"), "reconciliation.index", "scale", ("reconciliation",)
)
AUDIT = MenuItem(_l("Audit trail"), "audit.index", "clipboard-list", ("audit",))
MAILS = MenuItem(_l("Emails"), "notifications.index", "mail", ("notifications",))
GUIDE = MenuItem(_l("Setup guide"), "guide.index", "book-open", ("guide",))
USERS = MenuItem(_l("Users"), "users.index", "users", ("users",))
SERVICE = MenuItem(_l("System status"), "status.index", "activity", ("status",))
QUEUES = MenuItem(_l("Queues"), "rq_dashboard.queues_overview", "layers", ("rq_dashboard",))

_PARTNER = (
    HOME, SERVERS, FEEDS, DEVICES, CUSTOMERS, REVIEW, CERTIFICATES, COLLECTIONS, RECONCILIATION,
    USERS, GUIDE,
)  # fmt: skip
MENUS: dict[Role, tuple[MenuItem, ...]] = {
    "operations": (
        HOME, PARTNERS, SERVERS, FEEDS, DEVICES, REVIEW, CERTIFICATES, COLLECTIONS, RECONCILIATION,
        USERS, MAILS, AUDIT, SERVICE, QUEUES, GUIDE,
    ),
    "partner_admin": (*_PARTNER[:-1], AUDIT, GUIDE),
    "partner_viewer": _PARTNER,
    "customer": (HOME, CERTIFICATES, FEEDS, DEVICES),
}  # fmt: skip


def register(app: Flask) -> None:
    """Add the menu to the context of templates."""
    app.context_processor(lambda: {"navigation": _menu()})


def _menu() -> Iterator[MenuEntry]:
    """Return the menu lazily, since fragments of pages have none."""
    viewer = context.viewer()
    for item in MENUS[viewer.role]:
        yield MenuEntry(
            item,
            request.blueprint in item.blueprints,
            review_counts(viewer).for_person if item is REVIEW else 0,
        )


def review_counts(viewer: Viewer) -> review.Counts:
    """Return the number of deltas under review, counted once per request."""
    if "review_counts" not in g:
        g.review_counts = review.counts(db.session(), viewer)
    counts: review.Counts = g.review_counts
    return counts
