"""Reconciliation: whether each page is certified, carried, open or held; computed on request."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from webapp.db import db
from webapp.models import Server
from webapp.queries import access, reconciliation_warnings, servers
from webapp.queries import reconciliation as queries
from webapp.queries.viewer import Viewer
from webapp.views.shared import context, export, listing
from webapp.views.shared.context import READERS, roles_required

blueprint = Blueprint("reconciliation", __name__)

#: The most differences on the page; the command lists all.
_SHOWN = 200
_TITLES = (
    _l("Customer"),
    _l("Server"),
    _l("Pages counted"),
    _l("Certified pages"),
    _l("Carried pages"),
    _l("Open pages"),
    _l("Pages under review"),
    _l("Difference"),
)


@dataclass(slots=True)
class Sum:
    """A server's pages, summed over its feeds."""

    server: Server
    feeds: int = 0
    life: int = 0
    certified: int = 0
    carried: int = 0
    open: int = 0
    held: int = 0
    difference: int = 0


@blueprint.get("/reconciliation")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The sums of every server, the differences, and warnings; the export has every feed."""
    viewer = context.viewer()
    result = queries.reconcile(db.session(), access.feeds(viewer))
    if export.requested():
        return export.respond_rows("reconciliation", _TITLES, _exported(viewer, result))
    warnings = reconciliation_warnings.find(db.session(), access.feeds(viewer))
    differing = [balance for balance in result.balances if balance.difference]
    return render_template(
        "console/reconciliation/index.html",
        sums=_sums(viewer, result),
        differing=differing[:_SHOWN],
        differences=result.differences[:_SHOWN],
        count=len(result.differences),
        warnings=warnings[:_SHOWN],
        warning_count=len(warnings),
        latest=queries.latest(db.session()) if viewer.is_operations else None,
        current_url=listing.current_url,
    )


def _exported(viewer: Viewer, result: queries.Result) -> Iterable[Sequence[export.Value]]:
    names = {one.id: one.name for one in servers.visible(db.session(), viewer)}
    for balance in result.balances:
        yield (
            balance.customer_name,
            names[balance.server_id],
            balance.life,
            balance.certified,
            balance.carried,
            balance.open,
            balance.held,
            balance.difference,
        )


def _sums(viewer: Viewer, result: queries.Result) -> list[Sum]:
    by_server: dict[int, list[queries.Balance]] = defaultdict(list)
    for balance in result.balances:
        by_server[balance.server_id].append(balance)
    return [
        Sum(
            server,
            feeds=len(by_server[server.id]),
            life=sum(balance.life for balance in by_server[server.id]),
            certified=sum(balance.certified for balance in by_server[server.id]),
            carried=sum(balance.carried for balance in by_server[server.id]),
            open=sum(balance.open for balance in by_server[server.id]),
            held=sum(balance.held for balance in by_server[server.id]),
            difference=sum(abs(balance.difference) for balance in by_server[server.id]),
        )
        for server in servers.visible(db.session(), viewer)
    ]
