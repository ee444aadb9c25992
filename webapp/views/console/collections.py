"""Collections: started by a user, with progress while they run and results afterwards."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from webapp import clock, queue
from webapp.db import db
from webapp.errors import Conflict
from webapp.extensions import current_settings
from webapp.messages import sentence
from webapp.models import Collection
from webapp.models.collection import UNFINISHED
from webapp.queries import access, collection_progress, users
from webapp.queries import collections as queries
from webapp.services.collection import heartbeat, requests
from webapp.views.console import collection_results
from webapp.views.shared import context, export, listing
from webapp.views.shared.context import CHANGERS, READERS, roles_required

blueprint = Blueprint("collections", __name__)

STATES = ("queued", "running", "finished", "failed", "cancelled")
#: A running worker claims a collection within this time.
_TAKEN_WITHIN = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a collection does not start, and the remedy."""

    title: str
    text: str


def _exported(collections: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
    for each in collections:
        yield (
            each.queued_at,
            each.server_name,
            each.partner_name,
            each.day,
            each.kind,
            each.state,
            each.feeds,
            each.printers,
            each.finished_at,
            sentence(each.reason),
        )


_SHEET = export.Sheet(
    "collections",
    (
        _l("Started (UTC)"),
        _l("Server"),
        _l("Partner"),
        _l("Day"),
        _l("Kind"),
        _l("State"),
        _l("Customers"),
        _l("Printers"),
        _l("Ended (UTC)"),
        _l("Reason"),
    ),
    _exported,
)


@blueprint.get("/collections")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The collections of all servers, the latest first."""
    viewer = context.viewer()
    state = listing.filter_choice("state", STATES)
    server_id = listing.filter_id("server")
    server = access.server(db.session(), viewer, server_id) if server_id is not None else None
    query = queries.search(viewer, state=state, server_id=server_id)
    if export.requested():
        return export.respond(query, _SHEET)
    page = listing.paginate(query)
    return listing.render("collections", page, state=state, server=server)


@blueprint.get("/collections/<int:collection_id>")
@roles_required(*READERS)
def show(collection_id: int) -> ResponseReturnValue:
    """A collection: its progress, or its results."""
    collection = access.collection(db.session(), context.viewer(), collection_id)
    if export.requested():
        return export.respond_rows(
            "results", collection_results.TITLES, collection_results.exported(collection)
        )
    return render_template("console/collections/show.html", **_shown(collection))


@blueprint.get("/collections/<int:collection_id>/progress")
@roles_required(*READERS)
def progress(collection_id: int) -> str:
    """htmx fragment: the progress; polls until the collection has ended."""
    collection = access.collection(db.session(), context.viewer(), collection_id)
    return render_template("console/collections/_progress.html", **_shown(collection))


@blueprint.route("/collections/<int:collection_id>/cancel", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def cancel(collection_id: int) -> ResponseReturnValue:
    """Cancel a collection, after confirmation."""
    collection = access.collection(db.session(), context.viewer(), collection_id)
    back = url_for("collections.show", collection_id=collection_id)
    if request.method == "GET":
        if collection.state not in UNFINISHED:
            return redirect(back)
        return render_template("console/collections/cancel.html", collection=collection, back=back)
    server = collection.server
    try:
        requests.cancel(db.session(), collection, context.viewer().user_id, clock.now())
    except Conflict as error:
        db.session.rollback()
        flash(str(error), "warning")
        return redirect(back)
    context.record_action(
        "collection cancelled", server.name, server.account, day=str(collection.day)
    )
    db.session.commit()
    flash(gettext("The collection has been canceled. Pages read so far are counted."), "success")
    return redirect(back)


def _shown(collection: Collection) -> dict[str, Any]:
    """Return the data of the page and its fragment."""
    unfinished = collection.state in UNFINISHED
    outcome = listing.filter_choice("outcome", collection_results.KINDS)
    done = collection_progress.load(db.session(), collection)
    return {
        "collection": collection,
        "server": collection.server,
        "zone": context.zone_of(collection.server.account),
        "feed": queries.feed_of(db.session(), collection),
        "requested_by": users.visible(db.session(), context.viewer(), collection.requested_by),
        "cancelled_by": users.visible(db.session(), context.viewer(), collection.cancelled_by),
        "unfinished": unfinished,
        "waiting": _waiting(collection, clock.now()),
        "progress": done,
        "outcome": outcome,
        "outcomes": collection_results.paged(collection, "failed" if unfinished else outcome),
        "counts": done.counts,
        "address_of": partial(_address, collection),
        "address_of_page": partial(_address, collection, outcome),
        "address_of_export": partial(_address, collection, outcome),
    }


def _address(
    collection: Collection, outcome: str, page: int | None = None, export: str | None = None
) -> str:
    """Return the page's address, also for its fragment."""
    return url_for(
        "collections.show",
        collection_id=collection.id,
        outcome=outcome or None,
        page=page,
        export=export,
    )


def _waiting(collection: Collection, now: datetime) -> Waiting | None:
    """Return why a collection does not start, once it has waited longer than a worker needs."""
    if heartbeat.is_stale(collection, now):
        return Waiting(
            gettext("The worker is not responding"),
            gettext(
                "It may have been stopped. Another worker continues within two minutes. No pages "
                "are lost or counted twice."
            ),
        )
    if collection.state != "queued" or collection.queued_at > now - _TAKEN_WITHIN:
        return None
    try:
        running = queue.worker_is_running(current_settings())
    except queue.QueueDown:
        return Waiting(
            gettext("The queue cannot be reached"),
            gettext(
                "Redis is not responding. The collection starts automatically when it is back."
            ),
        )
    if running:
        return Waiting(
            gettext("Queued"),
            gettext(
                "It starts when a worker is free, or within a few minutes if the queue was "
                "restarted."
            ),
        )
    return Waiting(
        gettext("No worker seems to be running"),
        gettext(
            "Start one (python -m jobs.worker), or contact the operator of this service. The "
            "collection then starts automatically."
        ),
    )
