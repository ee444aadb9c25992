"""Requests of users for collections, of one server or feed or of several."""

from collections.abc import Callable, Iterable

from flask import flash, g, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from webapp import clock, filters, queue
from webapp.db import db
from webapp.errors import Conflict
from webapp.extensions import current_settings
from webapp.models import Feed, Server
from webapp.services.collection import requests, scheduling
from webapp.views.shared import context

#: The most servers named in a message about those that cannot be read.
_NAMED = 3


def start(server: Server, feed: Feed | None = None) -> ResponseReturnValue:
    """Request a collection and redirect to its page, or to that of the running one.

    Raises Conflict for a server that was removed or is paused.
    """
    collection_id, _ = request_collection(server, feed)
    return redirect(url_for("collections.show", collection_id=collection_id))


def request_collection(server: Server, feed: Feed | None = None) -> tuple[int, bool]:
    """Request a collection; return its id, and whether it is new. Commits.

    Raises Conflict for a server that was removed or is paused.
    """
    now = clock.now()
    made, is_new = requests.request_manual(
        db.session(), server, feed, context.viewer().user_id, now
    )
    made_id = made.id
    if not is_new:
        db.session.rollback()
        return made_id, False
    context.record_action(
        "collection requested", feed.customer_name if feed else server.name, server.account
    )
    db.session.commit()
    try:
        queue.run_collection(current_settings(), made_id)
    except queue.QueueDown:
        scheduling.job_lost(made, now)
        db.session.commit()
        _warn_that_queue_is_down()
    return made_id, True


def request_each(
    ids: Iterable[int], found: Callable[[int], tuple[Server, Feed | None]]
) -> tuple[str, str]:
    """Request several collections; return a message and its category. Commits.

    ``found``: the server, and the feed if it is about one, by id. Only some of the servers that
    cannot be read are named, because the message is stored in a cookie of limited size.
    """
    started, refused = 0, set()
    for each in ids:
        server, feed = found(each)  # one by one: a rollback expires every loaded row
        name = server.name
        try:
            started += request_collection(server, feed)[1]
        except Conflict as error:
            db.session.rollback()
            refused.add(f"{name}: {error}")
    for reason in sorted(refused)[:_NAMED]:
        flash(reason, "warning")
    if len(refused) > _NAMED:
        others = ngettext(
            "%(number)s other server cannot be read now, either.",
            "%(number)s other servers cannot be read now, either.",
            len(refused) - _NAMED,
            number=filters.number(len(refused) - _NAMED),
        )
        flash(others, "warning")
    if not started:
        return gettext(
            "No new collection: the requested ones are already running, or cannot start now."
        ), "warning"
    return ngettext(
        "%(number)s collection requested; they run one after another.",
        "%(number)s collections requested; they run one after another.",
        started,
        number=filters.number(started),
    ), "success"


def _warn_that_queue_is_down() -> None:
    """Flash once, regardless of the number of collections."""
    if not g.get("warned_of_queue"):
        g.warned_of_queue = True
        flash(
            gettext(
                "The queue cannot be reached. The collection starts automatically when it is back."
            ),
            "warning",
        )
