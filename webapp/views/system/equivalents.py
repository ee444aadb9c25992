"""Equivalents of pages in water and CO2: operations enter a factor and its source."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from webapp import clock
from webapp.db import db
from webapp.errors import Invalid
from webapp.models.equivalent import EQUIVALENT_KINDS, EquivalentKind
from webapp.queries import equivalents as queries
from webapp.services.certificates import equivalents as service
from webapp.views.shared import context, forms
from webapp.views.shared.confirmation import confirmation_required, typed_values
from webapp.views.shared.context import roles_required

blueprint = Blueprint("equivalents", __name__)

_FIELDS = ("water_factor", "water_source", "co2_factor", "co2_source")
_SOURCE = _l("Shown beside the amount, for example the name and year of a study.")


class EquivalentsForm(forms.EditForm):
    """A factor and its source for each equivalent; both are empty while it is off."""

    water_factor = StringField(_l("Liters of water per thousand pages"))
    water_source = StringField(_l("Source for water"), description=_SOURCE)
    co2_factor = StringField(_l("Kilograms of CO₂ per thousand pages"))
    co2_source = StringField(_l("Source for CO₂"), description=_SOURCE)


@blueprint.route("/operations/equivalents", methods=["GET", "POST"])
@roles_required("operations")
@confirmation_required(cancel="status.index", fields=_FIELDS)
def edit() -> ResponseReturnValue:
    """Enter the factors and sources, or clear them."""
    form = EquivalentsForm(data=_stored())
    typed = typed_values()
    if request.method == "GET":
        for name, value in typed.items():
            form[name].data = value
    if request.method == "POST" and form.validate_on_submit():
        try:
            changed = [kind for kind in EQUIVALENT_KINDS if _save(form, kind)]
        except Invalid as error:
            db.session.rollback()
            forms.refuse(form, error)
        else:
            db.session.commit()
            flash(gettext("Saved.") if changed else gettext("Nothing was changed."), "success")
            return redirect(url_for("equivalents.edit"))
    return forms.page("system/equivalents/edit.html", form)


def _stored() -> dict[str, str]:
    """Return the values of the form."""
    values = {}
    for one in queries.factors(db.session()):
        values[f"{one.kind}_factor"] = f"{one.per_thousand:f}"
        values[f"{one.kind}_source"] = one.source
    return values


def _save(form: EquivalentsForm, kind: EquivalentKind) -> bool:
    """Store an equivalent, or switch it off if both fields are empty. Raises Invalid."""
    text, source = ((form[f"{kind}_{name}"].data or "").strip() for name in ("factor", "source"))
    if text or source:
        per_thousand = service.factor(kind, text)
        change = service.change(db.session(), kind, per_thousand, source, clock.now())
    else:
        change = service.remove(db.session(), kind)
    if change is None:
        return False
    before, after = change
    context.record_action("equivalent changed", kind, None, before=before, after=after)
    return True
