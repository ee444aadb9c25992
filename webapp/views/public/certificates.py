"""The public page of a certificate, its picture and its share card."""

from functools import lru_cache

from flask import Blueprint, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from webapp import pdf
from webapp.db import db
from webapp.domain.months import Month
from webapp.extensions import public_url_for
from webapp.models import Certificate
from webapp.queries import certificates as queries
from webapp.services.certificates import certificates
from webapp.views.shared import documents, equivalents

blueprint = Blueprint("public_certificates", __name__)


@blueprint.get("/c/<public_id>")
def show(public_id: str) -> ResponseReturnValue:
    """The certified data, for anyone who has the address."""
    certificate = _published(public_id)
    response = make_response(
        render_template(
            "public/certificates/show.html",
            certificate=certificate,
            equivalents=equivalents.of(certificate.pages),
            holder=certificate.account_name if certificate.account.is_named else None,
            is_rendered=queries.is_rendered(db.session(), certificate),
            address=public_url_for("public_certificates.show", public_id=certificate.public_id),
            size=(pdf.WIDTH, pdf.HEIGHT),
            card_url=public_url_for(
                "public_certificates.share_card", public_id=certificate.public_id
            ),
            card_size=(pdf.SHARE_WIDTH, pdf.SHARE_HEIGHT),
            month=Month.parse(certificate.month).first,
            carried_months=certificates.carried_months(certificate),
        )
    )
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.get("/c/<public_id>.png")
def picture(public_id: str) -> ResponseReturnValue:
    """The certificate as a picture with its holder's name, if that is public."""
    certificate = _published(public_id)
    if not certificate.account.is_named:
        abort(404)
    response = documents.picture(certificate, "public")
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@blueprint.get("/c/<public_id>/share.png")
def share_card(public_id: str) -> ResponseReturnValue:
    """The share card for networks and messengers; with its holder's name if that is public."""
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
    response.set_etag(pdf.card_renderer().version(values))
    # The certificate never changes, but whether its holder is named does.
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    if not request.if_none_match.contains(response.get_etag()[0] or ""):
        response.data = _card(values)
    response.make_conditional(request)
    return response


def _published(public_id: str) -> Certificate:
    """Return the certificate of a public address; aborts with 404."""
    certificate = queries.published(db.session(), public_id)
    if certificate is None:
        abort(404)
    return certificate


@lru_cache(maxsize=64)
def _card(values: pdf.CardValues) -> bytes:
    """Render a card; cached, because a shared link is opened by many at once."""
    return pdf.card_renderer().render(values)
