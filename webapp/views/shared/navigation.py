"""Navigation: the menu of a viewer in groups, with counts of pending items."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flask import Flask, g, request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.db import db
from webapp.models.user import Role
from webapp.queries import review
from webapp.queries.viewer import Viewer
from webapp.views.shared import context


@dataclass(frozen=True, slots=True)
class MenuItem:
    """A page in the menu; it is the current one on these blueprints or endpoints.

    ``own``: a page of the viewer's own account, whose id is part of its address.
    """

    label: LazyString
    endpoint: str
    icon: str
    places: tuple[str, ...]
    own: bool = False


@dataclass(frozen=True, slots=True)
class MenuGroup:
    """Items below a common label; without one they are on the first level."""

    items: tuple[MenuItem, ...]
    label: LazyString | None = None


class MenuEntry(NamedTuple):
    """A menu item as rendered; ``waiting``: the count beside it."""

    item: MenuItem
    url: str
    current: bool
    waiting: int


class RenderedGroup(NamedTuple):
    """A group as rendered."""

    label: LazyString | None
    entries: Sequence[MenuEntry]


HOME = MenuItem(_l("Home"), "home.index", "house", ("home",))
PARTNERS = MenuItem(
    _l("Partners"), "accounts.index", "building-2", ("accounts", "sharing", "certificate_minimum")
)
CUSTOMERS = MenuItem(_l("Customers"), "accounts.index", "building-2", ("accounts", "sharing"))
SERVERS = MenuItem(
    _l("Servers"),
    "servers.index",
    "server",
    ("servers", "server_changes", "approvals", "customers"),
)
FEEDS = MenuItem(
    _l("Feeds"),
    "feeds.index",
    "rss",
    ("feeds", "feed_settings", "feed_changes", "feed_notes", "feed_bulk"),
)
DEVICES = MenuItem(_l("Devices"), "devices.index", "printer", ("devices",))
COLLECTIONS = MenuItem(_l("Collections"), "collections.index", "refresh-cw", ("collections",))
REVIEW = MenuItem(_l("Review"), "review.index", "hand", ("review", "review_bulk"))
CERTIFICATES = MenuItem(_l("Certificates"), "certificates.index", "award", ("certificates",))
BUSINESS_REVIEW = MenuItem(
    _l("Business review"), "business_review.show", "chart-column", ("business_review",), own=True
)
RECONCILIATION = MenuItem(
    _l("Reconciliation"), "reconciliation.index", "scale", ("reconciliation",)
)
COMPANY = MenuItem(
    _l("Company"), "accounts.show", "settings", ("accounts", "certificate_minimum"), own=True
)
BRAND = MenuItem(_l("Brand"), "branding.edit", "sun", ("branding",), own=True)
USERS = MenuItem(_l("Users"), "users.index", "users", ("users",))
NOTIFICATIONS = MenuItem(
    _l("Email notifications"), "notifications.choose", "bell", ("notifications.choose",)
)
AUDIT = MenuItem(_l("Audit trail"), "audit.index", "clipboard-list", ("audit",))
GUIDE = MenuItem(_l("Setup guide"), "guide.index", "book-open", ("guide",))
MAILS = MenuItem(
    _l("Emails"), "notifications.index", "mail", ("notifications.index", "notifications.show")
)
SERVICE = MenuItem(
    _l("System status"), "status.index", "activity", ("status", "failed_jobs", "equivalents")
)
QUEUES = MenuItem(_l("Queues"), "rq_dashboard.queues_overview", "layers", ("rq_dashboard",))

_FIRST = MenuGroup((HOME,))
_FLEET = MenuGroup((SERVERS, FEEDS, DEVICES), _l("Fleet"))
_RESULTS = MenuGroup((CUSTOMERS, CERTIFICATES, BUSINESS_REVIEW), _l("Results"))
_QUALITY = MenuGroup((REVIEW, COLLECTIONS, RECONCILIATION), _l("Quality"))
_SETTINGS = _l("Settings")
MENUS: dict[Role, tuple[MenuGroup, ...]] = {
    "operations": (
        _FIRST,
        _FLEET,
        MenuGroup((PARTNERS, CERTIFICATES), _l("Results")),
        _QUALITY,
        MenuGroup((MAILS, SERVICE, QUEUES), _l("System")),
        MenuGroup((USERS, NOTIFICATIONS, AUDIT, GUIDE), _SETTINGS),
    ),
    "partner_admin": (
        _FIRST,
        _FLEET,
        _RESULTS,
        _QUALITY,
        MenuGroup((COMPANY, BRAND, USERS, NOTIFICATIONS, AUDIT, GUIDE), _SETTINGS),
    ),
    "partner_viewer": (
        _FIRST,
        _FLEET,
        _RESULTS,
        _QUALITY,
        MenuGroup((COMPANY, USERS, GUIDE), _SETTINGS),
    ),
    "customer": (MenuGroup((HOME, CERTIFICATES, FEEDS, DEVICES, NOTIFICATIONS)),),
}


def register(app: Flask) -> None:
    """Add the menu to the context of templates."""
    app.context_processor(lambda: {"navigation": _menu()})


def _menu() -> Iterator[RenderedGroup]:
    """Return the menu lazily, since fragments of pages have none."""
    viewer = context.viewer()
    for group in MENUS[viewer.role]:
        yield RenderedGroup(group.label, [_entry(viewer, item) for item in group.items])


def _entry(viewer: Viewer, item: MenuItem) -> MenuEntry:
    own = viewer.account_id if item.own else None
    return MenuEntry(
        item,
        url_for(item.endpoint) if own is None else url_for(item.endpoint, account_id=own),
        _is_current(viewer, item),
        review_counts(viewer).for_person if item is REVIEW else 0,
    )


def _is_current(viewer: Viewer, item: MenuItem) -> bool:
    if request.blueprint not in item.places and request.endpoint not in item.places:
        return False
    if request.blueprint != "accounts" or not viewer.is_partner:
        return True
    return item.own == ((request.view_args or {}).get("account_id") == viewer.account_id)


def review_counts(viewer: Viewer) -> review.Counts:
    """Return the number of deltas under review, counted once per request."""
    if "review_counts" not in g:
        g.review_counts = review.counts(db.session(), viewer)
    counts: review.Counts = g.review_counts
    return counts
