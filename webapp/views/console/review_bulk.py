"""Bulk decisions: selected cases of one kind, or all of a kind."""

from collections.abc import Sequence
from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from webapp import clock, filters
from webapp.db import db
from webapp.domain.trees import trees
from webapp.errors import Invalid, NotFound
from webapp.messages import review_reason
from webapp.queries import review as queries
from webapp.services.metering import review as service
from webapp.services.metering.review import BulkDecision
from webapp.views.console import delta_texts, review
from webapp.views.shared import bulk, context, export, forms, listing
from webapp.views.shared.context import CHANGERS, roles_required

blueprint = Blueprint("review_bulk", __name__)

#: The most cases decided in one transaction.
MAX_CASES = 500


class ReasonForm(forms.Form):
    """Why the pages of all these cases were not printed."""

    reason = TextAreaField(_l("Reason"))


@blueprint.post("/review/selection")
@roles_required(*CHANGERS)
def act() -> ResponseReturnValue:
    """Decide the selected cases, or all of a kind, after confirmation of the sums."""
    back = bulk.list_url("review.index")
    if export.requested():
        ticked = queries.search(context.viewer(), _ticked())
        return bulk.export_selected(ticked, review.SHEET, bulk.selected_ids("case"), back)
    everything = request.form.get("all", "")
    action = everything or request.form.get("action", "")
    if action not in service.BULK_DECISIONS:
        return bulk.nothing_selected(back)
    found = _found(_of_kind() if everything else _ticked())
    if request.form.get("confirmed") == "yes":
        return _decide([case.id for case in found], action, back)
    cases = [case for case in found if case.state == "held"]
    if not cases:
        return bulk.nothing_selected(back)
    if len({case.kind for case in cases}) > 1:
        flash(gettext("Choose cases that are under review for the same reason."), "warning")
        return redirect(back)
    return _confirm(cases, action, back, others=len(found) - len(cases))


def _found(wanted: queries.Filters) -> Sequence[Any]:
    """Return the cases. Raises NotFound for a selected one that the viewer may not see."""
    found = queries.cases(db.session(), context.viewer(), wanted)
    if wanted.delta_ids is not None and len(found) != len(wanted.delta_ids):
        raise NotFound("one of the cases")
    return found


def _ticked() -> queries.Filters:
    """Return the selected cases, in any state: readings may have decided some of them."""
    return queries.Filters(state="any", delta_ids=bulk.selected_ids("case", MAX_CASES))


def _of_kind() -> queries.Filters:
    """Return all cases of a kind under review, with the filters of the list."""
    return queries.Filters(
        text=listing.search_text(),
        kind=_choice("kind", review.KINDS),
        account_id=request.form.get("account", type=int),
        feed_id=request.form.get("feed", type=int),
    )


def _choice(name: str, allowed: Sequence[str]) -> str:
    value = request.form.get(name, "")
    return value if value in allowed else ""


def _confirm(
    cases: Sequence[Any],
    action: str,
    back: str,
    *,
    others: int = 0,
    form: ReasonForm | None = None,
) -> ResponseReturnValue:
    """Ask for confirmation, with the sums of pages and customers."""
    form = form or ReasonForm(formdata=None)
    shown = cases[:MAX_CASES]
    pages = sum(case.pages for case in shown)
    proposed = sum(case.proposed for case in shown)
    counted = {"accepted": pages, "proposed": proposed}.get(action, 0)
    page = render_template(
        "console/review/bulk_confirm.html",
        form=form,
        action=action,
        cases=shown,
        others=others,
        more=len(cases) - len(shown),
        customers=len({case.account_id for case in shown}),
        pages=pages,
        counted=counted,
        counted_trees=trees(counted),
        why=review_reason(shown[0].kind),
        back=back,
    )
    return page, 422 if form.errors else 200


def _decide(delta_ids: Sequence[int], action: str, back: str) -> ResponseReturnValue:
    form = ReasonForm()
    reason = (form.reason.data or "") if action == "rejected" else ""
    decision = cast(BulkDecision, action)
    try:
        result = service.decide_many(
            db.session(), delta_ids, decision, context.actor(), clock.now(), reason=reason
        )
        db.session.commit()
    except Invalid as error:
        db.session.rollback()
        forms.refuse(form, error)
        return _confirm(_found(_ticked()), action, back, form=form)
    flash(_said(result), "warning" if result.conflicts else "success")
    return redirect(back)


def _said(result: service.BulkResult) -> str:
    """Return the message: what was decided, and what had been decided before."""
    message = ngettext(
        "%(number)s case decided.",
        "%(number)s cases decided.",
        result.decided,
        number=filters.number(result.decided),
    )
    if result.decided:
        message += f" {delta_texts.counted_text(result.pages)}"
    if result.conflicts:
        message += " " + ngettext(
            "%(number)s case was already resolved and was not changed.",
            "%(number)s cases were already resolved and were not changed.",
            result.conflicts,
            number=filters.number(result.conflicts),
        )
    return message
