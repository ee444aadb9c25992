"""Bulk decisions: selected deltas of one kind, or all of a kind; and undoing them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField

from webapp import clock, filters
from webapp.db import db
from webapp.domain.trees import trees
from webapp.errors import Invalid, NotFound
from webapp.messages import delta_texts, review_reason
from webapp.models import Delta
from webapp.queries import review as queries
from webapp.services.metering import review as service
from webapp.services.metering.review import BulkDecision
from webapp.views.console import review
from webapp.views.shared import bulk, context, export, forms, listing
from webapp.views.shared.context import CHANGERS, roles_required

blueprint = Blueprint("review_bulk", __name__)

#: The most deltas decided in one transaction.
MAX_DELTAS = 500
#: The most decisions that a message names.
_NAMED = 5


class ReasonForm(forms.Form):
    """Why the pages of all these deltas were not printed."""

    reason = TextAreaField(_l("Reason"))


@blueprint.post("/review/selection")
@roles_required(*CHANGERS)
def act() -> ResponseReturnValue:
    """Decide the selected deltas, or all of a kind, after confirmation of the sums."""
    back = bulk.list_url("review.index")
    if export.requested():
        selected = queries.search(context.viewer(), _selected())
        return bulk.export_selected(
            selected, review.SHEET, bulk.selected_ids("delta"), "review.index"
        )
    everything = request.form.get("all", "")
    action = everything or request.form.get("action", "")
    if action not in service.BULK_DECISIONS:
        return bulk.nothing_selected(back)
    found = _found(_of_kind() if everything else _selected())
    if request.form.get("confirmed") == "yes":
        return _decide([delta.id for delta in found], action, back)
    deltas = [delta for delta in found if delta.state == "held"]
    if not deltas:
        if everything and not found:
            flash(gettext("No case of this kind is under review now."), "warning")
            return redirect(back)
        if not found:
            return bulk.nothing_selected(back)
        flash(_decided_text(service.BulkResult(0, 0, len(found))), "warning")
        return redirect(back)
    if len({delta.kind for delta in deltas}) > 1:
        flash(gettext("Choose cases that are under review for the same reason."), "warning")
        return redirect(back)
    return _confirm(deltas, action, back, others=len(found) - len(deltas))


@blueprint.post("/review/undo")
@roles_required(*CHANGERS)
def undo() -> ResponseReturnValue:
    """Undo the viewer's decisions of one action; those of certified months stand."""
    session = db.session()
    at = _decided_at()
    ids = queries.decided_together(session, context.viewer(), at) if at else ()
    result = service.reopen_many(session, ids, context.actor(), clock.now())
    session.commit()
    changed = max(min(request.args.get("decided", 0, type=int), MAX_DELTAS) - len(ids), 0)
    if not ids and not changed:
        flash(gettext("There is no decision to undo."), "warning")
    for tone, message in _undo_messages(result, changed):
        flash(message, tone)
    return redirect(url_for("review.index"))


def _decided_at() -> datetime | None:
    """Return the time of the action; None for a value that no message has."""
    try:
        return datetime.fromisoformat(request.args.get("at", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _found(wanted: queries.Filters) -> Sequence[Any]:
    """Return the deltas. Raises NotFound for a selected one that the viewer may not see."""
    found = queries.deltas(db.session(), context.viewer(), wanted)
    if wanted.delta_ids is not None and len(found) != len(wanted.delta_ids):
        raise NotFound("one of the deltas")
    return found


def _selected() -> queries.Filters:
    """Return the selected deltas, in any state: readings may have decided some of them."""
    return queries.Filters(state="any", delta_ids=bulk.selected_ids("delta", MAX_DELTAS))


def _of_kind() -> queries.Filters:
    """Return all deltas of a kind under review, with the filters of the list."""
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
    deltas: Sequence[Any],
    action: str,
    back: str,
    *,
    others: int = 0,
    form: ReasonForm | None = None,
) -> ResponseReturnValue:
    """Ask for confirmation, with the sums of pages and customers."""
    form = form or ReasonForm(formdata=None)
    shown = deltas[:MAX_DELTAS]
    pages = sum(delta.pages for delta in shown)
    proposed = sum(delta.proposed for delta in shown)
    counted = {"accepted": pages, "proposed": proposed}.get(action, 0)
    page = render_template(
        "console/review/bulk_confirm.html",
        form=form,
        action=action,
        deltas=shown,
        others=others,
        more=len(deltas) - len(shown),
        customers=len({delta.account_id for delta in shown}),
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
    decision, now = cast(BulkDecision, action), clock.now()
    try:
        result = service.decide_many(
            db.session(), delta_ids, decision, context.actor(), now, reason=reason
        )
        db.session.commit()
    except Invalid as error:
        db.session.rollback()
        forms.refuse(form, error)
        return _confirm(_found(_selected()), action, back, form=form)
    flash(_decided_text(result), "warning" if result.conflicts else "success")
    if result.decided:
        undo_url = url_for("review_bulk.undo", at=now.isoformat(), decided=result.decided)
        flash(undo_url, "undo")
    return redirect(back)


def _decided_text(result: service.BulkResult) -> str:
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


def _undo_messages(result: service.UndoResult, changed: int) -> Iterator[tuple[str, str]]:
    """Return the messages after an undo, with their tones. ``changed``: deltas changed since."""
    if result.reopened:
        message = ngettext(
            "%(number)s decision undone. The case is under review again.",
            "%(number)s decisions undone. The cases are under review again.",
            result.reopened,
            number=filters.number(result.reopened),
        )
        yield "success", message + delta_texts.uncounted_text(result.pages)
    for reason, deltas in _by_reason(result).items():
        yield "warning", _not_undone_text(deltas, reason)
    if changed:
        message = ngettext(
            "%(number)s case was changed after this decision and was not undone.",
            "%(number)s cases were changed after this decision and were not undone.",
            changed,
            number=filters.number(changed),
        )
        yield "warning", message


def _by_reason(result: service.UndoResult) -> dict[str, list[Delta]]:
    found = defaultdict(list)
    for delta, reason in result.refused:
        found[reason].append(delta)
    return found


def _not_undone_text(deltas: Sequence[Delta], reason: str) -> str:
    """Return which decisions were not undone for a reason; the first ones by name."""
    names = [
        gettext(
            "%(name)s at %(customer)s",
            name=filters.device_name(delta.device),
            customer=delta.feed.customer_name,
        )
        for delta in deltas[:_NAMED]
    ]
    if len(deltas) > _NAMED:
        names.append(gettext("%(number)s more", number=filters.number(len(deltas) - _NAMED)))
    message = ngettext(
        "%(number)s decision was not undone: %(names)s.",
        "%(number)s decisions were not undone: %(names)s.",
        len(deltas),
        number=filters.number(len(deltas)),
        names=", ".join(names),
    )
    return f"{message} {reason}"
