"""The badge of a customer, for other websites."""

import hashlib

from flask import Blueprint, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from webapp import filters
from webapp.db import db
from webapp.domain.trees import trees
from webapp.queries import badges, metrics

blueprint = Blueprint("badge", __name__)


@blueprint.get("/badge/<badge_id>.svg")
def show(badge_id: str) -> ResponseReturnValue:
    """The badge: trees to date, for other websites."""
    account = badges.account(db.session(), badge_id)
    pages = metrics.pages(db.session(), metrics.Scope.account(account))
    with force_locale(account.document_language):
        svg = render_template("public/badge.svg", trees=filters.trees(trees(pages)))
    response = make_response(svg)
    response.mimetype = "image/svg+xml"
    response.set_etag(hashlib.sha256(svg.encode()).hexdigest())
    response.headers["Cache-Control"] = "public, max-age=3600"
    # For embedding elsewhere; opened directly it must not run anything.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    response.make_conditional(request)
    return response


@blueprint.get("/badge/<badge_id>.json")
def totals(badge_id: str) -> ResponseReturnValue:
    """The trees to date as JSON, for other websites: a decimal number in a string."""
    account = badges.account(db.session(), badge_id)
    pages = metrics.pages(db.session(), metrics.Scope.account(account))
    response = jsonify(trees=str(trees(pages)))
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest())
    response.headers["Cache-Control"] = "public, max-age=3600"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response
