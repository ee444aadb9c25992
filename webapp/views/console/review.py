"""Review: pages that are not counted until later readings or a user decide, and resolved ones.

A decision can be undone until its month is certified.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, TextAreaField
from wtforms.validators import Optional

from webapp import clock
from webapp.db import db
from webapp.errors import Conflict, Invalid
from webapp.messages import delta_texts, review_reason
from webapp.models import Delta
from webapp.queries import access, feed_events, users
from webapp.queries import review as queries
from webapp.services.metering import deposits
from webapp.services.metering import review as service
from webapp.services.metering.certified_decisions import certified_month
from webapp.services.metering.deltas import pairs_of_json
from webapp.views.console import history, reading_chart
from webapp.views.shared import context, export, forms, listing
from webapp.views.shared.context import CHANGERS, READERS, roles_required

blueprint = Blueprint("review", __name__)

#: Kinds of deltas that can be under review.
KINDS = (
    "limit", "near_lifetime", "physical", "first_count", "joined", "roll_over", "restored",
    "ordinary",
)  # fmt: skip
_READINGS_BEFORE, _READINGS_AFTER = 6, 8
_EVENTS_SHOWN = 12


class DecisionForm(forms.Form):
    """How many pages were printed, or why none were."""

    pages = IntegerField(_l("Pages to count"), [Optional()])
    reason = TextAreaField(_l("Reason"))


def resolved_by(delta: Any) -> str:
    """Return who resolved a delta: readings, a user if visible, or the command line."""
    if delta.resolved_by is None:
        return ""
    if delta.resolved_by == "readings":
        return gettext("Readings")
    if delta.resolved_by == "cli":
        return gettext("Command line")
    return str(delta.full_name) if delta.named and delta.full_name else gettext("Operations")


def _exported(deltas: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
    for delta in deltas:
        yield (
            delta.asset_id,
            delta.serial_number,
            delta.customer_name,
            delta.account_name,
            delta.pages,
            delta.proposed,
            delta.counted,
            delta.since,
            delta.day,
            review_reason(delta.kind),
            delta.state,
            resolved_by(delta),
            delta.reason,
            delta.decided_at,
        )


SHEET = export.Sheet(
    "review",
    (
        _l("Asset ID"),
        _l("Serial number"),
        _l("Customer in Printerpoint"),
        _l("Account"),
        _l("Pages"),
        _l("Proposed pages"),
        _l("Counted pages"),
        _l("First day"),
        _l("Last day"),
        _l("Why"),
        _l("State"),
        _l("Resolved by"),
        _l("Reason given"),
        _l("Resolved (UTC)"),
    ),
    _exported,
)


def filters_of_request() -> queries.Filters:
    """Return the filters of the list's address."""
    return queries.Filters(
        state=listing.filter_choice("state", queries.STATES, "held"),
        text=listing.search_text(),
        kind=listing.filter_choice("kind", KINDS),
        account_id=listing.filter_id("account"),
        feed_id=listing.filter_id("feed"),
    )


@blueprint.get("/review")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The deltas under review, those that need a decision first; or resolved ones."""
    viewer, wanted = context.viewer(), filters_of_request()
    account = feed = None
    if wanted.account_id is not None:
        account = access.account(db.session(), viewer, wanted.account_id)
    if wanted.feed_id is not None:
        feed = access.feed(db.session(), viewer, wanted.feed_id)
    default = "-decided" if wanted.state == "resolved" else "urgency"
    sort = listing.sort_choice(queries.COLUMNS, default)
    query = queries.search(viewer, wanted, sort)
    if export.requested():
        return export.respond(query, SHEET)
    return listing.render(
        "review",
        listing.paginate(query),
        q=wanted.text,
        state=wanted.state,
        kind=wanted.kind,
        account=account,
        feed=feed,
        kinds=queries.kinds(db.session(), viewer, wanted),
        all_kinds=KINDS,
        heading=partial(listing.heading, sort),
        brief=partial(review_reason, brief=True),
        resolved_by=resolved_by,
    )


@blueprint.get("/review/<int:delta_id>")
@roles_required(*READERS)
def show(delta_id: int) -> ResponseReturnValue:
    """A delta: its readings, why it is under review, and the possible decisions."""
    delta = _shown(delta_id)
    if delta.state == "counted":
        return redirect(url_for("devices.show", device_id=delta.device_id))
    form = DecisionForm(pages=service.proposed_pages(delta))
    return forms.page("console/review/show.html", form, **_details(delta))


@blueprint.post("/review/<int:delta_id>")
@roles_required(*CHANGERS)
def decide(delta_id: int) -> ResponseReturnValue:
    """Decide a delta: count all pages or some, mark it as a reset, or reject it."""
    delta = _shown(delta_id)
    form = DecisionForm()
    try:
        return _decide(delta, form)
    except Invalid as error:
        db.session.rollback()
        forms.refuse(form, error)
        if not form.pages.raw_data:
            form.pages.data = service.proposed_pages(delta)
        return forms.page("console/review/show.html", form, **_details(_shown(delta_id)))
    except Conflict as error:
        db.session.rollback()
        flash(str(error), "warning")
        return redirect(url_for("review.show", delta_id=delta_id))


@blueprint.post("/review/<int:delta_id>/reopen")
@roles_required(*CHANGERS)
def reopen(delta_id: int) -> ResponseReturnValue:
    """Undo a decision, of a user or of readings, until its month is certified."""
    delta = _shown(delta_id)
    try:
        pages = service.reopen(db.session(), delta, context.actor(), clock.now())
        db.session.commit()
    except Conflict as error:
        db.session.rollback()
        flash(str(error), "warning")
    else:
        message = gettext("Reopened. These pages are under review again.")
        flash(message + delta_texts.uncounted_text(pages), "success")
    return redirect(url_for("review.show", delta_id=delta_id))


def _decide(delta: Delta, form: DecisionForm) -> ResponseReturnValue:
    decision = request.form.get("decision", "")
    if decision not in service.DECISIONS:
        raise Invalid("decision", gettext("Choose a decision."))
    pages = service.decide(
        db.session(),
        delta,
        decision,
        context.actor(),
        clock.now(),
        pages=form.pages.data,
        reason=(form.reason.data or "") if decision == "rejected" else "",
    )
    db.session.commit()
    flash(gettext("Decision saved.") + f" {delta_texts.counted_text(pages)}", "success")
    flash(url_for("review.reopen", delta_id=delta.id), "undo")
    return redirect(url_for("review.index"))


def _shown(delta_id: int) -> Delta:
    return access.delta(db.session(), context.viewer(), delta_id)


def _details(delta: Delta) -> dict[str, Any]:
    """Return the data of the page of a delta."""
    viewer, session = context.viewer(), db.session()
    readings = queries.readings_around(session, viewer, delta, _READINGS_BEFORE, _READINGS_AFTER)
    evidence = pairs_of_json(delta.evidence)
    events = feed_events.of_device_seen_by(session, viewer, delta.device_id, _EVENTS_SHOWN)
    at = {delta.device.feed_id}
    proposal = service.proposed_pages(delta)
    return {
        "delta": delta,
        "zone": context.zone_of(delta.feed.account),
        "proposal": proposal,
        "effects": [
            delta_texts.effect_text(deposits.months_of_delta(session, delta, pages))
            for pages in (delta.pages, proposal)
        ],
        "shares": pairs_of_json(delta.allocation),
        "evidence": evidence,
        "chart": reading_chart.layout_chart(_points(delta, readings), evidence, delta),
        "sees_device": bool(feed_events.visible_names(session, viewer, at)),
        "history": history.entries(session, viewer, events),
        "decided_by": users.visible(session, viewer, delta.decided_by),
        "why": review_reason(delta.kind),
        "certified_month": certified_month(session, delta),
    }


def _points(delta: Delta, readings: Sequence[Any]) -> list[tuple[date, int]]:
    """Return the readings of the chart, including both ends of the delta."""
    counts = {delta.since: delta.before, delta.day: delta.top}
    counts |= {reading.day: reading.pages for reading in readings}
    return sorted(counts.items())
