"""Changes of a feed: deactivate, reactivate, remove, reconnect."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp import clock
from webapp.db import db
from webapp.queries import access
from webapp.services.feeds import feeds, pauses, renames
from webapp.views.shared import context
from webapp.views.shared.context import CHANGERS, roles_required

blueprint = Blueprint("feed_changes", __name__)

#: The choices for pages printed while a feed was inactive.
_PAUSES = {"count": True, "skip": False}


@blueprint.route("/feeds/<int:feed_id>/deactivate", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def deactivate(feed_id: int) -> ResponseReturnValue:
    """Deactivate a feed, after confirmation."""
    feed = access.feed(db.session(), context.viewer(), feed_id)
    if request.method == "GET":
        return render_template("console/feeds/deactivate.html", feed=feed)
    is_changed = pauses.deactivate(db.session(), feed, clock.now())
    if is_changed:
        context.record_action("feed deactivated", feed.customer_name, feed.server.account)
    db.session.commit()
    name = feed.customer_name
    if is_changed:
        message = gettext(
            "%(customer_name)s is inactive and is no longer collected.", customer_name=name
        )
    else:
        message = gettext("%(name)s is already inactive.", name=name)
    flash(message, "success")
    return redirect(url_for("feeds.show", feed_id=feed_id))


@blueprint.route("/feeds/<int:feed_id>/reactivate", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def reactivate(feed_id: int) -> ResponseReturnValue:
    """Reactivate a feed, with a choice whether pages printed while inactive count."""
    feed = access.feed(db.session(), context.viewer(), feed_id)
    if request.method == "GET":
        by_default = pauses.counts_by_default(feed, clock.now())
        return render_template(
            "console/feeds/reactivate.html",
            feed=feed,
            zone=context.zone_of(feed.account),
            counts_pause=by_default,
        )
    chosen = _PAUSES.get(request.form.get("pause", ""))
    counted = pauses.reactivate(db.session(), feed, clock.now(), counts_pause=chosen)
    if counted is not None:
        pause = pauses.reason_of(counted)
        context.record_action(
            "feed reactivated", feed.customer_name, feed.server.account, pause=pause
        )
    db.session.commit()
    name = feed.customer_name
    if counted is None:
        message = gettext("%(name)s is already active.", name=name)
    elif not counted:
        message = gettext(
            "%(name)s is active again. Pages printed while it was inactive are not counted.",
            name=name,
        )
    else:
        message = gettext(
            "%(name)s is active again. Pages printed while it was inactive are counted.", name=name
        )
    flash(message, "success")
    return redirect(url_for("feeds.show", feed_id=feed_id))


@blueprint.route("/feeds/<int:feed_id>/remove", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def remove(feed_id: int) -> ResponseReturnValue:
    """Disconnect a customer, after confirmation."""
    feed = access.feed(db.session(), context.viewer(), feed_id)
    if request.method == "GET":
        return render_template("console/feeds/remove.html", feed=feed)
    is_changed = feeds.remove(db.session(), feed, clock.now())
    if is_changed:
        context.record_action("feed removed", feed.customer_name, feed.server.account)
    db.session.commit()
    name = feed.customer_name
    if is_changed:
        message = gettext(
            "%(customer_name)s has been removed. Counted pages are kept.", customer_name=name
        )
    else:
        message = gettext("%(name)s has already been removed.", name=name)
    flash(message, "success")
    return redirect(url_for("feeds.show", feed_id=feed_id))


@blueprint.post("/feeds/<int:feed_id>/relink")
@roles_required(*CHANGERS)
def relink(feed_id: int) -> ResponseReturnValue:
    """Connect a feed to the customer that lists its devices."""
    feed = access.feed(db.session(), context.viewer(), feed_id)
    before = feed.customer_name
    is_changed = renames.relink(db.session(), feed, clock.now())
    to = feed.customer_name
    if is_changed:
        context.record_action("feed relinked", before, feed.server.account, before=before, to=to)
    db.session.commit()
    if is_changed:
        message = gettext(
            "“%(before)s” is reconnected as “%(after)s”. The next collection adds the pages "
            "printed since then.",
            before=before,
            after=to,
        )
    else:
        message = gettext("Nothing was changed.")
    flash(message, "success")
    return redirect(url_for("feeds.show", feed_id=feed_id))
