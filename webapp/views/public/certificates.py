"""The public page of a certificate, its picture and its share card."""

from functools import lru_cache

from flask import Blueprint, abort, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp import pdf
from webapp.db import db
from webapp.domain.months import Month
from webapp.models import Certificate
from webapp.queries import certificates as queries
from webapp.views.shared import context, documents

blueprint = Blueprint("public_certificates", __name__)


@blueprint.get("/c/<public_id>")
def show(public_id: str) -> ResponseReturnValue:
    """What is certified, for whoever was given the address; nothing else of anybody."""
    certificate = _published(public_id)
    response = make_response(
        render_template(
            "public/certificates/show.html",
            certificate=certificate,
            holder=certificate.account_name if certificate.account.is_named else None,
            is_rendered=certificate.document is not None,
            address=context.settings().public_url
            + url_for("public_certificates.show", public_id=certificate.public_id),
            size=(pdf.WIDTH, pdf.HEIGHT),
            card_url=context.settings().public_url
            + url_for("public_certificates.share_card", public_id=certificate.public_id),
            card_size=(pdf.SHARE_WIDTH, pdf.SHARE_HEIGHT),
            month=Month.parse(certificate.month).first,
        )
    )
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.get("/c/<public_id>.png")
def picture(public_id: str) -> ResponseReturnValue:
    """The certificate as a picture, which bears its holder's name; only if that may be shown."""
    certificate = _published(public_id)
    if not certificate.account.is_named:
        abort(404)
    response = documents.picture(certificate, "public")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.get("/c/<public_id>/share.png")
def share_card(public_id: str) -> ResponseReturnValue:
    """What is certified as a picture for networks and messengers; its holder only if named."""
    certificate = _published(public_id)
    values = pdf.CardValues(
        number=certificate.number,
        holder=certificate.account_name if certificate.account.is_named else None,
        month=Month.parse(certificate.month).first,
        pages=certificate.pages,
        trees=certificate.trees,
        project=certificate.project,
        language=certificate.language,
    )
    response = make_response()
    response.mimetype = "image/png"
    response.set_etag(_card_renderer().version(values))
    # What is certified never changes, but whether its holder is named does.
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if not request.if_none_match.contains(response.get_etag()[0] or ""):
        response.data = _card(values)
    response.make_conditional(request)
    return response


def _published(public_id: str) -> Certificate:
    """The certificate of a public address; aborts with 404."""
    certificate = queries.published(db.session(), public_id)
    if certificate is None:
        abort(404)
    return certificate


@lru_cache(maxsize=1)
def _card_renderer() -> pdf.CardRenderer:
    """One a process; made when the first card is asked for."""
    return pdf.CardRenderer()


@lru_cache(maxsize=64)
def _card(values: pdf.CardValues) -> bytes:
    """A link that is passed on is looked at by many at once."""
    return _card_renderer().render(values)
