"""The search over everything that has a name or a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp import filters
from webapp.db import db
from webapp.queries import search as queries
from webapp.queries.viewer import Viewer
from webapp.views.shared import context, listing

blueprint = Blueprint("search", __name__)

#: Shorter texts would find most of a table.
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """A found item."""

    label: str
    hint: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """The found items of a kind; ``more``: the address of a list that has further ones, or ""."""

    title: LazyString
    icon: str
    hits: Sequence[Hit]
    more: str


@blueprint.get("/search")
def index() -> ResponseReturnValue:
    """The search, and what it finds."""
    text = listing.search_text()
    groups = _groups(context.viewer(), text) if len(text) >= SHORTEST else []
    template = "_results.html" if listing.is_fragment() else "index.html"
    response = make_response(
        render_template(
            f"console/search/{template}",
            q=text,
            groups=[group for group in groups if group.hits],
            shortest=SHORTEST,
        )
    )
    response.vary.add("HX-Request")
    return response


def _groups(viewer: Viewer, text: str) -> list[Group]:
    session = db.session()
    found = {
        "accounts": [_account(row) for row in queries.accounts(session, viewer, text)],
        "feeds": [_feed(row) for row in queries.feeds(session, viewer, text)],
        "devices": [_device(row) for row in queries.devices(session, viewer, text)],
        "certificates": [_certificate(row) for row in queries.certificates(session, viewer, text)],
        "servers": [_server(row) for row in queries.servers(session, viewer, text)],
    }
    return [
        Group(
            title,
            icon,
            found[noun][: queries.SHOWN],
            url_for(f"{noun}.index", q=text) if len(found[noun]) > queries.SHOWN else "",
        )
        for noun, title, icon in _KINDS
    ]


_KINDS = (
    ("accounts", _l("Customers"), "building-2"),
    ("feeds", _l("Feeds"), "rss"),
    ("devices", _l("Devices"), "printer"),
    ("certificates", _l("Certificates"), "award"),
    ("servers", _l("Servers"), "server"),
)


def _account(row: Any) -> Hit:
    hint = gettext("Partner") if row.kind == "partner" else ""
    return Hit(row.name, hint, url_for("accounts.show", account_id=row.id))


def _feed(row: Any) -> Hit:
    names = dict.fromkeys((row.customer_id, row.account_name))
    hint = " · ".join(name for name in names if name and name != row.customer_name)
    return Hit(row.customer_name, hint, url_for("feeds.show", feed_id=row.id))


def _device(row: Any) -> Hit:
    label = filters.device_name(row)
    serial = row.serial_number if row.serial_number != label else ""
    hint = " · ".join(filter(None, (serial, row.customer_name)))
    return Hit(label, hint, url_for("devices.show", device_id=row.id))


def _certificate(row: Any) -> Hit:
    hint = f"{row.account_name} · {filters.month(row.month)}"
    return Hit(row.number, hint, url_for("certificates.show", number=row.number))


def _server(row: Any) -> Hit:
    return Hit(row.name, row.partner_name, url_for("servers.show", server_id=row.id))
