"""Held gains: pages that look wrong, put before a person; a decision can be taken back."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from webapp import clock, filters
from webapp.db import db
from webapp.errors import Conflict, Invalid
from webapp.models import Delta
from webapp.models.user import Role
from webapp.queries import access, details, users
from webapp.queries import held as queries
from webapp.services.metering import review as service
from webapp.services.metering.deltas import pairs_of_json
from webapp.views import audit, delta_texts, edge, exports, forms, lists
from webapp.views.edge import roles_required

blueprint = Blueprint("held", __name__)

READERS: tuple[Role, ...] = ("operations", "partner_admin", "partner_viewer")
CHANGERS: tuple[Role, ...] = ("operations", "partner_admin")
STATES = ("held", "decided")
_READINGS_SHOWN = 5


class RejectForm(forms.Form):
    """Why the pages were not printed."""

    reason = TextAreaField(_l("Why were these pages not printed?"))


def _exported(deltas: Sequence[Any]) -> Iterable[Sequence[exports.Value]]:
    for delta in deltas:
        yield (
            delta.asset_id,
            delta.serial_number,
            delta.customer_name,
            delta.account_name,
            delta.pages,
            delta.since,
            delta.day,
            str(delta_texts.HELD_BRIEFLY[delta.kind]),
            delta.state,
            delta.proposed,
            delta.reason,
            delta.decided_at,
        )


_SHEET = exports.Sheet(
    "held-pages",
    (
        _l("Asset ID"),
        _l("Serial number"),
        _l("Customer in Printerpoint"),
        _l("Account"),
        _l("Pages"),
        _l("First day"),
        _l("Last day"),
        _l("Why"),
        _l("State"),
        _l("Proposed pages"),
        _l("Reason given"),
        _l("Decided (UTC)"),
    ),
    _exported,
)


@blueprint.get("/held")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The gains that wait for a person, the oldest first; or those that were decided."""
    text, state = lists.search_text(), lists.filter_choice("state", STATES, "held")
    decisions = service.DECISIONS if state == "decided" else ()
    query = queries.search(edge.viewer(), text=text, decisions=decisions)
    if exports.wanted():
        return exports.answer(query, _SHEET)
    page = lists.paginate(query)
    return lists.render("held", page, q=text, state=state, whys=delta_texts.HELD_BRIEFLY)


@blueprint.get("/held/<int:delta_id>")
@roles_required(*READERS)
def show(delta_id: int) -> ResponseReturnValue:
    """The case: what was read, and why it is held."""
    delta = _shown(delta_id)
    if delta.state == "counted":
        return redirect(url_for("devices.show", device_id=delta.device_id))
    return forms.page("held/show.html", RejectForm(), **_case(delta))


@blueprint.post("/held/<int:delta_id>")
@roles_required(*CHANGERS)
def answer(delta_id: int) -> ResponseReturnValue:
    """Decide: accept the pages, all or as proposed, take them as a reset, or reject them."""
    delta = access.delta(db.session(), edge.viewer(), delta_id)
    form = RejectForm()
    try:
        return _answer(delta, form)
    except Invalid as error:
        db.session.rollback()
        forms.refuse(form, error)
        return forms.page("held/show.html", form, **_case(_shown(delta_id)))
    except Conflict as error:
        db.session.rollback()
        flash(str(error), "warning")
        return redirect(url_for("held.show", delta_id=delta_id))


@blueprint.post("/held/<int:delta_id>/reopen")
@roles_required(*CHANGERS)
def reopen(delta_id: int) -> ResponseReturnValue:
    """Take a decision back, until a month was certified with it."""
    delta = access.delta(db.session(), edge.viewer(), delta_id)
    try:
        pages = service.reopen(db.session(), delta, audit.actor(), clock.now())
        db.session.commit()
    except Conflict as error:
        db.session.rollback()
        flash(str(error), "warning")
    else:
        said = gettext("The decision was taken back.")
        if pages:
            said = ngettext(
                "The decision was taken back. %(number)s page is not counted any more.",
                "The decision was taken back. %(number)s pages are not counted any more.",
                pages,
                number=filters.number(pages),
            )
        flash(said, "success")
    return redirect(url_for("held.show", delta_id=delta_id))


def _answer(delta: Delta, form: RejectForm) -> ResponseReturnValue:
    decision = request.form.get("answer", "")
    if decision not in service.DECISIONS:
        raise Invalid("reason", gettext("Choose what these pages are."))
    reason = (form.reason.data or "") if decision == "rejected" else ""
    adjusted = request.form.get("pages", default=delta.proposed, type=int)
    pages = service.decide(
        db.session(), delta, decision, audit.actor(), clock.now(), pages=adjusted, reason=reason
    )
    db.session.commit()
    if pages:
        flash(
            ngettext(
                "Decided: %(number)s page is counted.",
                "Decided: %(number)s pages are counted.",
                pages,
                number=filters.number(pages),
            ),
            "success",
        )
    else:
        flash(gettext("Decided: none of these pages is counted."), "success")
    return redirect(url_for("held.index"))


def _shown(delta_id: int) -> Delta:
    return access.delta(db.session(), edge.viewer(), delta_id)


def _case(delta: Delta) -> dict[str, Any]:
    """Everything a person needs to judge."""
    account = delta.feed.account
    counts = details.readings_around(db.session(), delta, _READINGS_SHOWN)
    return {
        "delta": delta,
        "zone": account.zone,
        "days": (delta.day - delta.since).days,
        "shares": pairs_of_json(delta.allocation),
        "readings": list(counts.items())[:_READINGS_SHOWN],
        "counts": counts,
        "decided_by": users.visible(db.session(), edge.viewer(), delta.decided_by),
        "why": delta_texts.HELD_FOR[delta.kind],
        "certified_with": service.certified_month(db.session(), delta),
    }
