"""Branding of the viewer's pages: logos and stylesheets as files."""

import hashlib
from functools import lru_cache

from flask import Blueprint, Flask, abort, g, make_response, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from webapp.db import db
from webapp.domain import contrast
from webapp.domain.contrast import Colour, Shades
from webapp.queries import access, brands
from webapp.views.shared import context

blueprint = Blueprint("brand_files", __name__)

_FOR_EVER = "max-age=31536000, immutable"
#: The content security policy of pictures: nothing is allowed.
_LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def register(app: Flask) -> None:
    """Add ``brand()`` to templates: the branding of the viewer's partner; None: the default."""
    app.context_processor(lambda: {"brand": _brand})
    app.jinja_env.globals["brand_style"] = _style_address


def _brand() -> brands.Branding | None:
    """Return the branding, read once per request if a page needs it."""
    if not current_user.is_authenticated:
        return None
    if "brand" not in g:
        g.brand = brands.for_account(db.session(), context.user().account)
    brand: brands.Branding | None = g.brand
    return brand


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


def _style_address(colour: Colour) -> str:
    """Return the URL of a color's stylesheet, with a version of its content."""
    return url_for(
        "brand_files.stylesheet",
        digits=str(colour)[1:],
        v=_version(_style(colour)),
    )


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
