"""Branding of a partner's pages, emails and certificates."""

import base64
from contextlib import suppress
from dataclasses import dataclass
from math import floor
from typing import Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import ColorField, StringField

from webapp import clock
from webapp.db import db
from webapp.domain import contrast
from webapp.domain.contrast import Colour, Shades
from webapp.errors import Invalid
from webapp.images import LARGEST_FILE, Picture
from webapp.models import Account, Brand
from webapp.queries import access, brands
from webapp.services.accounts import branding
from webapp.views.console import logo_upload
from webapp.views.shared import context, forms, listing
from webapp.views.shared.context import CHANGERS, roles_required

blueprint = Blueprint("branding", __name__)

#: What can be reset: the text of the confirmation, and of the message afterwards.
_RESETS = {
    "logo": _l("The logo has been removed."),
    "all": _l("The default look has been restored."),
}


class BrandForm(forms.EditForm):
    """Name, color and logo.

    ``picture``: the uploaded logo; ``refusal``: why it is refused.
    """

    picture: Picture | None = None
    refusal: Invalid | None = None
    name = StringField(
        _l("Display name"),
        description=_l(
            "Shown on pages, in emails and on certificates. The default is the account’s name."
        ),
    )
    colour = StringField(
        _l("Color"),
        description=_l(
            "Six hex digits like #1b6b45, or choose with the color picker. The default is "
            "Releaf’s green."
        ),
    )
    picked = ColorField(_l("Color picker"))
    logo = FileField(
        _l("Logo"),
        description=_l(
            "PNG, JPEG, WebP or SVG of at most 512 KB and 1600 pixels. It is shown on white, "
            "640 by 200 pixels at most."
        ),
    )

    def complete(self, shown: dict[str, Any]) -> None:
        """Set the color to the typed one, or to the picked one if only that was changed."""
        if not self.is_submitted():
            return
        was = str(shown.get("colour") or "")
        typed, picked = (self.colour.data or "").strip(), (self.picked.data or "").strip()
        is_picked = picked and picked != (was or str(contrast.DEFAULT_ACCENT)) and typed == was
        chosen = request.form.get("take") or (picked if is_picked else typed)
        with suppress(ValueError):
            chosen = str(Colour.parse(chosen))
        self.colour.data = chosen


@dataclass(frozen=True, slots=True)
class Sample:
    """The preview of a form. ``offer``: the sufficient shade for a color that is too light.

    ``logo``: the address of the picture, possibly a data URL.
    """

    name: str
    colour: Colour
    pages: tuple[tuple[str, Shades, Colour, str], ...]
    offer: Colour | None
    logo: str | None
    errors: tuple[Invalid, ...]


@blueprint.route("/accounts/<int:account_id>/brand", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def edit(account_id: int) -> ResponseReturnValue:
    """Edit name, color and logo; customers have their partner's."""
    partner = access.partner(db.session(), context.viewer(), account_id)
    if partner.id != account_id:
        return redirect(url_for("branding.edit", account_id=partner.id))
    form = _form(partner)
    if form.validate_on_submit():
        try:
            changes = _save(partner, form)
        except Invalid as error:
            db.session.rollback()
            partner = access.partner(db.session(), context.viewer(), account_id)
            forms.refuse(form, error)
        else:
            if changes:
                context.record_action("brand changed", partner.name, partner, **changes)
            db.session.commit()
            flash(gettext("Saved.") if changes else gettext("Nothing was changed."), "success")
            return redirect(url_for("branding.edit", account_id=partner.id))
    return forms.page("console/branding/edit.html", form, **_context(partner, form))


@blueprint.post("/accounts/<int:account_id>/brand/preview")
@roles_required(*CHANGERS)
def preview(account_id: int) -> ResponseReturnValue:
    """Preview a form without storing it, as htmx fragment or page."""
    partner = access.partner(db.session(), context.viewer(), account_id)
    if partner.id != account_id:
        return redirect(url_for("branding.edit", account_id=partner.id))
    form = _form(partner)
    name = "_preview" if listing.is_fragment() else "edit"
    return render_template(f"console/branding/{name}.html", form=form, **_context(partner, form))


@blueprint.route(
    "/accounts/<int:account_id>/brand/reset/<any(logo, all):what>", methods=["GET", "POST"]
)
@roles_required(*CHANGERS)
def reset(account_id: int, what: str) -> ResponseReturnValue:
    """Remove the logo or the whole branding, after confirmation."""
    partner = access.partner(db.session(), context.viewer(), account_id)
    back = url_for("branding.edit", account_id=partner.id)
    brand = brands.get(db.session(), partner)
    if brand is None or (what == "logo" and brand.logo_digest is None):
        if request.method == "POST":
            flash(gettext("Nothing was changed."), "success")
        return redirect(back)
    if request.method == "GET":
        return render_template("console/branding/reset.html", account=partner, what=what, back=back)
    if what == "logo":
        is_changed = branding.remove_logo(db.session(), partner, clock.now())
    else:
        is_changed = branding.reset(db.session(), partner)
    if is_changed:
        context.record_action("brand reset", partner.name, partner, of=what)
    db.session.commit()
    flash(str(_RESETS[what]) if is_changed else gettext("Nothing was changed."), "success")
    return redirect(back)


def _form(partner: Account) -> BrandForm:
    brand = brands.get(db.session(), partner) or Brand()
    form = BrandForm(
        name=brand.name or "",
        colour=brand.colour or "",
        picked=brand.colour or str(contrast.DEFAULT_ACCENT),
    )
    if request.method == "POST":
        form.picked.data = brand.colour or str(contrast.DEFAULT_ACCENT)
        if form.logo.data:
            _decode_logo(form)
    return form


def _decode_logo(form: BrandForm) -> None:
    """Decode the upload once, with no transaction open, because it may take seconds."""
    with form.logo.data.stream as file:
        upload = file.read(LARGEST_FILE + 1)
    db.session.rollback()
    try:
        form.picture = logo_upload.sanitized(upload) if upload else None
    except Invalid as error:
        form.refusal = error


def _save(partner: Account, form: BrandForm) -> dict[str, Any]:
    """Save the values of a form; return what was changed. Raises Invalid."""
    if form.refusal:
        raise form.refusal
    return dict(
        branding.change(
            db.session(),
            partner,
            name=form.name.data or "",
            colour=form.colour.data or "",
            logo=form.picture,
            now=clock.now(),
        )
    )


def _context(partner: Account, form: BrandForm) -> dict[str, Any]:
    return {
        "account": partner,
        "saved": brands.get(db.session(), partner),
        "sample": _sample(partner, form),
    }


def _sample(partner: Account, form: BrandForm) -> Sample:
    errors = [form.refusal] if form.refusal else []
    brand = brands.get(db.session(), partner)
    logo = (
        url_for("brand_files.logo", digest=brand.logo_digest)
        if brand and brand.logo_digest
        else None
    )
    if form.picture:
        logo = f"data:image/png;base64,{base64.b64encode(form.picture.content).decode()}"
    colour, offer = contrast.DEFAULT_ACCENT, None
    if form.colour.data:
        try:
            colour = Colour.parse(form.colour.data)
            branding.readable(form.colour.data)
        except ValueError:
            errors.append(Invalid("colour", gettext("Enter a color with six digits.")))
        except Invalid as error:
            errors.append(error)
            offer = contrast.nearest_passing(colour)
    shown = offer or colour
    pages = tuple(
        (words, shades, behind[0], f"{floor(contrast.lowest(shades.accent, behind) * 10) / 10}")
        for words, shades, behind in (
            ("light", contrast.on_light(shown), contrast.LIGHT_PAGE),
            ("dark", contrast.on_dark(shown), contrast.DARK_PAGE),
        )
    )
    name = " ".join((form.name.data or "").split()) or partner.name
    return Sample(name, shown, pages, offer, logo, tuple(errors))
