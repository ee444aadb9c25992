"""The minimum of a partner's certificates."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import Optional

from webapp.db import db
from webapp.errors import Invalid
from webapp.models import Account
from webapp.queries import access
from webapp.services.certificates import minimum
from webapp.views.shared import context, forms
from webapp.views.shared.context import CHANGERS, roles_required

blueprint = Blueprint("certificate_minimum", __name__)


class PagesField(IntegerField):
    """A whole number of pages."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Parse the input; the message for anything but a whole number names the pages."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(gettext("Enter a whole number of pages.")) from error


class MinimumForm(forms.EditForm):
    """The fewest pages of a certificate."""

    minimum_pages = PagesField(
        _l("Minimum pages per certificate"),
        [Optional()],
        description=_l(
            "A month with fewer pages has no certificate. Its pages are carried to the next one, "
            "on a line of their own. Enter 0 or leave this empty to certify every month with pages."
        ),
    )


@blueprint.route("/accounts/<int:account_id>/certificate-minimum", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def edit(account_id: int) -> ResponseReturnValue:
    """Set the minimum of a partner's certificates; customers have their partner's."""
    partner = access.partner(db.session(), context.viewer(), account_id)
    if partner.id != account_id:
        return redirect(url_for("certificate_minimum.edit", account_id=partner.id))
    form = MinimumForm(minimum_pages=partner.minimum_pages)
    if form.validate_on_submit():
        try:
            _save(partner, form.minimum_pages.data)
        except Invalid as error:
            forms.refuse(form, error)
        else:
            return redirect(url_for("accounts.show", account_id=account_id))
    return forms.page(
        "console/certificates/minimum.html",
        form,
        account=partner,
        largest=minimum.LARGEST,
    )


def _save(partner: Account, pages: int | None) -> None:
    before = partner.minimum_pages
    is_changed = minimum.change(partner, pages)
    if is_changed:
        context.record_action(
            "certificate minimum changed",
            partner.name,
            partner,
            before=before or 0,
            after=partner.minimum_pages or 0,
        )
    db.session.commit()
    flash(gettext("Saved.") if is_changed else gettext("Nothing was changed."), "success")
