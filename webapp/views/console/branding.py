"""Branding of a partner's pages, emails and certificates; logos and stylesheets as files."""

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from math import floor
from typing import Any

from flask import (
    Blueprint,
    Flask,
    abort,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.file import FileField
from wtforms import ColorField, HiddenField, StringField

from webapp import clock
from webapp.db import db
from webapp.domain import contrast
from webapp.domain.contrast import Colour, Shades
from webapp.errors import Invalid, NotFound
from webapp.images import Picture
from webapp.models import Account, Brand
from webapp.models.user import Role
from webapp.queries import access
from webapp.services.accounts import branding
from webapp.services.accounts.branding import Branding
from webapp.views.shared import context, forms
from webapp.views.shared.context import roles_required

blueprint = Blueprint("branding", __name__)

CHANGERS: tuple[Role, ...] = ("operations", "partner_admin")
_FOR_EVER = "max-age=31536000, immutable"
#: The content security policy of pictures: nothing is allowed.
_LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
#: What can be reset: the text of the confirmation, and of the message afterwards.
_RESETS = {
    "logo": _l("The logo is removed."),
    "all": _l("Everything looks like Releaf again."),
}


class BrandForm(forms.Form):
    """Name, color and logo. ``was``: the color in the form when it was rendered."""

    upload = b""
    was = HiddenField()
    name = StringField(
        _l("Display name"),
        description=_l("On pages, in mails and on certificates. Without one it is the account’s."),
    )
    colour = StringField(
        _l("Colour"),
        description=_l(
            "Six digits like #1b6b45, or from the palette beside it. Without one it is Releaf’s "
            "green."
        ),
    )
    picked = ColorField(_l("Colour from the palette"))
    logo = FileField(
        _l("Logo"),
        description=_l(
            "PNG, JPEG, WebP or SVG of at most 512 KB and 1,600 pixels. It is shown on white, "
            "640 by 200 pixels at most."
        ),
    )


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


def register(app: Flask) -> None:
    """Add ``brand()`` to templates: the branding of the viewer's partner; None: the default."""
    app.context_processor(lambda: {"brand": _brand})
    app.jinja_env.globals["brand_style"] = _style_address


@blueprint.route("/accounts/<int:account_id>/brand", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def edit(account_id: int) -> ResponseReturnValue:
    """Edit name, color and logo; customers have their partner's."""
    partner = _partner(account_id)
    if partner.id != account_id:
        return redirect(url_for("branding.edit", account_id=partner.id))
    form = _form(partner)
    if form.validate_on_submit():
        try:
            changes = _save(partner, form)
        except Invalid as error:
            db.session.rollback()
            partner = _partner(account_id)
            forms.refuse(form, error)
        else:
            if changes:
                context.note("brand changed", partner.name, partner, **changes)
            db.session.commit()
            flash(gettext("Saved.") if changes else gettext("Nothing was changed."), "success")
            return redirect(url_for("branding.edit", account_id=partner.id))
    return forms.page("console/branding/edit.html", form, **_context(partner, form))


@blueprint.post("/accounts/<int:account_id>/brand/preview")
@roles_required(*CHANGERS)
def preview(account_id: int) -> ResponseReturnValue:
    """Preview a form without storing it, as htmx fragment or page."""
    partner = _partner(account_id)
    if partner.id != account_id:
        return redirect(url_for("branding.edit", account_id=partner.id))
    form = _form(partner)
    part = request.headers.get("HX-Request") == "true"
    template = "console/branding/_preview.html" if part else "console/branding/edit.html"
    return render_template(template, form=form, **_context(partner, form))


@blueprint.route(
    "/accounts/<int:account_id>/brand/reset/<any(logo, all):what>", methods=["GET", "POST"]
)
@roles_required(*CHANGERS)
def reset(account_id: int, what: str) -> ResponseReturnValue:
    """Remove the logo or the whole branding, after confirmation."""
    partner = _partner(account_id)
    back = url_for("branding.edit", account_id=partner.id)
    brand = branding.of(db.session(), partner)
    if brand is None or (what == "logo" and brand.logo_digest is None):
        return redirect(back)
    if request.method == "GET":
        return render_template("console/branding/reset.html", account=partner, what=what, back=back)
    if what == "logo":
        branding.remove_logo(db.session(), partner, clock.now())
    else:
        branding.reset(db.session(), partner)
    context.note("brand reset", partner.name, partner, of=what)
    db.session.commit()
    flash(str(_RESETS[what]), "success")
    return redirect(back)


@blueprint.get("/brand/logo/<digest>.png")
def logo(digest: str) -> ResponseReturnValue:
    """A logo that the viewer's pages may show; immutable under its digest."""
    found = None
    if digest.isascii() and digest.isalnum() and len(digest) == 64:
        found = access.logo(db.session(), context.viewer(), digest)
    if found is None:
        abort(404)
    response = make_response(found.content)
    response.mimetype = found.content_type
    response.set_etag(digest)
    response.headers["Cache-Control"] = f"private, {_FOR_EVER}"
    response.headers["Content-Security-Policy"] = _LOGO_POLICY
    response.make_conditional(request)
    return response


@blueprint.get("/brand/<digits>.css")
def stylesheet(digits: str) -> ResponseReturnValue:
    """The shades of a color; public, because it contains no data of anyone."""
    try:
        colour = Colour.parse(digits)
    except ValueError:
        abort(404)
    if digits != str(colour)[1:]:
        abort(404)
    style = _style(colour)
    response = make_response(style)
    response.mimetype = "text/css"
    response.set_etag(_version(style))
    is_current = request.args.get("v") == _version(style)
    response.headers["Cache-Control"] = f"public, {_FOR_EVER}" if is_current else "no-cache"
    response.make_conditional(request)
    return response


def _brand() -> Branding | None:
    """Return the branding, read once per request if a page needs it."""
    if not current_user.is_authenticated:
        return None
    if "brand" not in g:
        g.brand = branding.for_account(db.session(), context.user().account)
    brand: Branding | None = g.brand
    return brand


def _partner(account_id: int) -> Account:
    """Return the partner of an account that the viewer may see. Raises NotFound."""
    account = access.account(db.session(), context.viewer(), account_id)
    if account.kind == "operations":
        raise NotFound("only partners have a brand")
    return account.partner or account


def _form(partner: Account) -> BrandForm:
    brand = branding.of(db.session(), partner) or Brand()
    form = BrandForm(
        name=brand.name or "",
        colour=brand.colour or "",
        picked=brand.colour or str(contrast.OURS),
        was=brand.colour or "",
    )
    if request.method == "POST":
        form.colour.data = _chosen(form)
        # The next submit is compared with the displayed color.
        form.was.data = brand.colour or ""
        form.picked.data = brand.colour or str(contrast.OURS)
        if form.logo.data:
            with form.logo.data.stream as file:
                form.upload = file.read(branding.LARGEST_LOGO + 1)
    return form


def _chosen(form: BrandForm) -> str:
    """Return the typed color, or the picked one if only that was changed."""
    offered = request.form.get("take")
    if offered:
        return offered
    typed, picked = (form.colour.data or "").strip(), (form.picked.data or "").strip()
    was = form.was.data or ""
    changed = picked and picked != (was or str(contrast.OURS))
    return picked if changed and typed == was else typed


def _save(partner: Account, form: BrandForm) -> dict[str, Any]:
    return dict(
        branding.change(
            db.session(),
            partner,
            name=form.name.data or "",
            colour=form.colour.data or "",
            logo=_uploaded(form),
            now=clock.now(),
        )
    )


def _uploaded(form: BrandForm) -> Picture | None:
    """Return the picture of the uploaded file. Raises Invalid."""
    return branding.sanitized_logo(form.upload) if form.upload else None


def _context(partner: Account, form: BrandForm) -> dict[str, Any]:
    return {
        "account": partner,
        "saved": branding.of(db.session(), partner),
        "sample": _sample(partner, form),
        "our_name": partner.name,
    }


def _sample(partner: Account, form: BrandForm) -> Sample:
    errors = []
    brand = branding.of(db.session(), partner)
    logo = (
        url_for("branding.logo", digest=brand.logo_digest) if brand and brand.logo_digest else None
    )
    try:
        uploaded = _uploaded(form)
    except Invalid as error:
        errors.append(error)
    else:
        if uploaded is not None:
            logo = f"data:image/png;base64,{base64.b64encode(uploaded.content).decode()}"
    colour, offer = contrast.OURS, None
    if form.colour.data:
        try:
            colour = Colour.parse(form.colour.data)
            branding.readable(form.colour.data)
        except ValueError:
            errors.append(Invalid("colour", gettext("This is no colour yet: it needs six digits.")))
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


def _style_address(colour: Colour) -> str:
    """Return the URL of a color's stylesheet, with a version of its content."""
    return url_for("branding.stylesheet", digits=str(colour)[1:], v=_version(_style(colour)))


@lru_cache(maxsize=256)
def _style(colour: Colour) -> str:
    """Return the custom properties of static/app.css that a color replaces, on screens."""
    light, dark = map(_properties, (contrast.on_light(colour), contrast.on_dark(colour)))
    return (
        f"@media screen {{ :root {{ {light} }} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
    )


def _properties(shades: Shades) -> str:
    return (
        f"--accent: {shades.accent}; --accent-deep: {shades.deep}; --accent-tint: {shades.tint}; "
        f"--on-accent: {shades.text}; --link: {shades.link}; --focus: {shades.link};"
    )


def _version(style: str) -> str:
    return hashlib.sha256(style.encode()).hexdigest()[:12]
