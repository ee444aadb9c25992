"""Saved views: the filters of a list under a name, for the user who saves them.

Only the list and its known parameters are stored, never an address.
"""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired

from webapp import clock
from webapp.db import db
from webapp.errors import Invalid, NotFound
from webapp.models.saved_view import LONGEST_NAME
from webapp.queries import saved_views as queries
from webapp.services.accounts import saved_views
from webapp.views.shared import context, forms, listing

blueprint = Blueprint("saved_views", __name__)


class SavedViewForm(forms.Form):
    """The name of a view."""

    name = StringField(
        _l("Name"),
        [DataRequired(_l("Enter a name."))],
        description=_l("A view with the same name is replaced."),
    )


@blueprint.route("/views/<list_name>/new", methods=["GET", "POST"])
def new(list_name: str) -> ResponseReturnValue:
    """Save the filters of a list, which are in the address as in that of the list."""
    if list_name not in listing.LISTS:
        raise NotFound("there is no such list")
    filters = listing.filters_of_request()
    back = url_for(f"{list_name}.index", **dict[str, Any](filters))
    form = SavedViewForm()
    if form.validate_on_submit():
        user_id, now = context.user().id, clock.now()
        try:
            saved_views.save(db.session(), user_id, list_name, form.name.data, filters, now)
        except Invalid as error:
            db.session.rollback()
            forms.refuse(form, error)
        else:
            db.session.commit()
            flash(gettext("The view has been saved."), "success")
            return redirect(back)
    return forms.page("console/saved_views/new.html", form, back=back, longest=LONGEST_NAME)


@blueprint.route("/views/<int:view_id>/delete", methods=["GET", "POST"])
def delete(view_id: int) -> ResponseReturnValue:
    """Delete a view, after confirmation."""
    view = queries.find(db.session(), context.viewer(), view_id)
    if view is None:
        flash(gettext("This view was already deleted."), "warning")
        return redirect(url_for("home.index"))
    back = url_for(f"{view.list_name}.index")
    form = forms.ConfirmForm()
    if form.validate_on_submit():
        saved_views.delete(db.session(), view)
        db.session.commit()
        flash(gettext("The view has been deleted."), "success")
        return redirect(back)
    return render_template("console/saved_views/delete.html", view=view, back=back)
