"""The document of a certificate as a picture."""

from functools import lru_cache
from typing import Literal

from flask import Response, abort, make_response, request
from flask_babel import gettext

from webapp import pdf
from webapp.db import db
from webapp.models import Certificate
from webapp.queries import certificates


def picture(certificate: Certificate, cache: Literal["private", "public"]) -> Response:
    """Return the picture of a certificate, unless the browser has it."""
    rendered = certificates.document(db.session(), certificate)
    if rendered is None:
        abort(
            404,
            gettext("The PDF of this certificate is being generated. Try again in a minute."),
        )
    response = make_response()
    response.mimetype = "image/png"
    response.set_etag(f"{rendered.sha256}-{pdf.WIDTH}")
    # The document never changes, but who may see it does.
    response.headers["Cache-Control"] = f"{cache}, max-age=300"
    if not request.if_none_match.contains(response.get_etag()[0] or ""):
        response.data = _render(rendered.pdf)
    response.make_conditional(request)
    return response


@lru_cache(maxsize=32)
def _render(document: bytes) -> bytes:
    """Render a page; cached, because it is requested repeatedly after it was shared."""
    return pdf.picture(document)
