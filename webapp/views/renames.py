"""Customers under new names: their feeds go on with one click."""

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp import clock
from webapp.db import db
from webapp.models.user import Role
from webapp.queries import access
from webapp.services import renames
from webapp.views import audit, edge
from webapp.views.edge import roles_required

blueprint = Blueprint("renames", __name__)

CHANGERS: tuple[Role, ...] = ("operations", "partner_admin")


@blueprint.post("/feeds/<int:feed_id>/relink")
@roles_required(*CHANGERS)
def relink(feed_id: int) -> ResponseReturnValue:
    """Let a feed go on with the customer that lists its devices."""
    feed = access.feed(db.session(), edge.viewer(), feed_id)
    before = feed.customer_name
    renames.relink(db.session(), feed, clock.now())
    to = feed.customer_name
    audit.note("feed relinked", before, feed.server.account, before=before, to=to)
    db.session.commit()
    flash(
        gettext(
            "“%(before)s” is connected again, as “%(after)s”. The next collection brings its "
            "pages since then.",
            before=before,
            after=to,
        ),
        "success",
    )
    return redirect(url_for("feeds.show", feed_id=feed_id))
