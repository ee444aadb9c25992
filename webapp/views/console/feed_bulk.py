"""Bulk actions on feeds, or on customers' feeds: collect, deactivate, reactivate, reconnect."""

from collections.abc import Callable, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from webapp import clock, filters
from webapp.db import db
from webapp.domain.months import Month
from webapp.errors import Conflict
from webapp.models import Feed, Server
from webapp.models.feed import COLLECTED
from webapp.queries import access
from webapp.queries import feeds as queries
from webapp.services.feeds import pauses, renames
from webapp.views.console import collection_requests
from webapp.views.console import feeds as feed_views
from webapp.views.shared import bulk, context, export, totals
from webapp.views.shared.context import CHANGERS, roles_required

blueprint = Blueprint("feed_bulk", __name__)

#: The statuses of feeds to which an action applies.
_CONCERNED: dict[str, tuple[str, ...]] = {
    "collect": COLLECTED,
    "deactivate": COLLECTED,
    "reactivate": ("inactive",),
    "relink": COLLECTED,
}


@blueprint.post("/feeds/selection")
@roles_required(*CHANGERS)
def act() -> ResponseReturnValue:
    """Apply the action to the selected feeds; actions other than collecting after confirmation."""
    action = request.form.get("action", "")
    chosen = _chosen()
    if export.requested() and (chosen or not _of_customers()):
        month = Month.of(totals.today_of(context.user().account, clock.now()))
        wanted = {feed.id for feed in chosen}
        rows = bulk.selected_rows(queries.every(context.viewer(), month), Feed.id, wanted, "feeds")
        return bulk.export_selected(rows, feed_views.sheet(), wanted, "feeds.index")
    if action not in _CONCERNED or not chosen:
        return bulk.nothing_selected(_back())
    if len(chosen) > bulk.MAX_ROWS:
        flash(gettext("More than 200 feeds are selected. Select fewer customers."), "warning")
        return redirect(_back())
    concerned = [feed for feed in chosen if _is_concerned(action, feed)]
    others = len(chosen) - len(concerned)
    if not concerned:
        flash(_skipped_text(action, others), "warning")
        return redirect(_back())
    if action != "collect" and request.form.get("confirmed") != "yes":
        return _confirmation_page(action, concerned, others)
    try:
        done, how = _ACTIONS[action](concerned)
    except Conflict as error:
        db.session.rollback()
        flash(gettext("Nothing was changed. %(error)s", error=str(error)), "warning")
        return redirect(_back())
    if others:
        done += f" {_skipped_text(action, others)}"
    flash(done, how)
    return redirect(url_for("collections.index") if action == "collect" else _back())


def _is_concerned(action: str, feed: Feed) -> bool:
    may_be = feed.status in _CONCERNED[action]
    return may_be and (action != "relink" or feed.successor_name is not None)


def _confirmation_page(action: str, concerned: Sequence[Feed], others: int) -> str:
    now = clock.now()
    counted = sum(pauses.counts_by_default(feed, now) for feed in concerned)
    return render_template(
        "console/feeds/bulk_confirm.html",
        action=action,
        feeds=concerned,
        others=others,
        pauses=_pauses(counted, len(concerned) - counted),
        back=_back(),
        of_customers=_of_customers(),
    )


def _back() -> str:
    """Return the list that sent the form: of feeds, or of customers."""
    return bulk.list_url("accounts.index" if _of_customers() else "feeds.index")


def _of_customers() -> bool:
    return request.form.get("of") == "customers"


def _chosen() -> Sequence[Feed]:
    """Return the selected feeds, or those of selected customers. Raises NotFound."""
    wanted, customers = bulk.selected_ids("feed"), bulk.selected_ids("account")
    if customers:
        return queries.of_customers(db.session(), context.viewer(), customers)
    return queries.selected(db.session(), context.viewer(), wanted)


def _skipped_text(action: str, count: int) -> str:
    """Return the message about feeds to which the action does not apply."""
    if action == "reactivate":
        return ngettext(
            "%(number)s feed was not changed: it is not inactive.",
            "%(number)s feeds were not changed: they are not inactive.",
            count,
            number=filters.number(count),
        )
    if action == "relink":
        return ngettext(
            "%(number)s feed was not changed: no new customer name was found for it.",
            "%(number)s feeds were not changed: no new customer names were found for them.",
            count,
            number=filters.number(count),
        )
    return ngettext(
        "%(number)s feed was not changed: inactive or removed.",
        "%(number)s feeds were not changed: inactive or removed.",
        count,
        number=filters.number(count),
    )


def _deactivate(chosen: Sequence[Feed]) -> tuple[str, str]:
    """Deactivate all of them, or none. Raises Conflict."""
    count = 0
    for feed in chosen:
        if pauses.deactivate(db.session(), feed, clock.now()):
            context.record_action("feed deactivated", feed.customer_name, feed.server.account)
            count += 1
    db.session.commit()
    done = ngettext(
        "%(number)s feed deactivated: not collected until reactivated.",
        "%(number)s feeds deactivated: not collected until reactivated.",
        count,
        number=filters.number(count),
    )
    return done if count else gettext("Nothing was changed."), "success"


def _reactivate(chosen: Sequence[Feed]) -> tuple[str, str]:
    """Reactivate all of them, or none; each by the length of its pause. Raises Conflict."""
    now, count, counted = clock.now(), 0, 0
    for feed in chosen:
        counts = pauses.reactivate(db.session(), feed, now)
        if counts is None:
            continue
        count += 1
        counted += counts
        pause = pauses.reason_of(counts)
        context.record_action(
            "feed reactivated", feed.customer_name, feed.server.account, pause=pause
        )
    db.session.commit()
    if not count:
        return gettext("Nothing was changed."), "success"
    done = ngettext(
        "%(number)s feed reactivated.",
        "%(number)s feeds reactivated.",
        count,
        number=filters.number(count),
    )
    return f"{done} {_pauses(counted, count - counted)}", "success"


def _relink(chosen: Sequence[Feed]) -> tuple[str, str]:
    """Connect all of them to the customers that list their devices, or none. Raises Conflict."""
    count = 0
    for feed in chosen:
        before = feed.customer_name
        if renames.relink(db.session(), feed, clock.now()):
            to, account = feed.customer_name, feed.server.account
            context.record_action("feed relinked", before, account, before=before, to=to)
            count += 1
    db.session.commit()
    done = ngettext(
        "%(number)s feed reconnected.",
        "%(number)s feeds reconnected.",
        count,
        number=filters.number(count),
    )
    return done if count else gettext("Nothing was changed."), "success"


def _pauses(counted: int, others: int) -> str:
    """Return for how many of them pages printed while inactive count."""
    message = []
    if counted:
        message.append(
            ngettext(
                "Pages printed while inactive are counted for %(number)s feed, which was inactive "
                "for less than a day.",
                "Pages printed while inactive are counted for %(number)s feeds, which were "
                "inactive for less than a day.",
                counted,
                number=filters.number(counted),
            )
        )
    if others:
        message.append(
            ngettext(
                "Pages printed while inactive are not counted for %(number)s feed, which was "
                "inactive for a day or longer.",
                "Pages printed while inactive are not counted for %(number)s feeds, which were "
                "inactive for a day or longer.",
                others,
                number=filters.number(others),
            )
        )
    return " ".join(message)


def _collect(chosen: Sequence[Feed]) -> tuple[str, str]:
    """Request a collection of each feed."""

    def found(feed_id: int) -> tuple[Server, Feed]:
        feed = access.feed(db.session(), context.viewer(), feed_id)
        return feed.server, feed

    return collection_requests.request_each([feed.id for feed in chosen], found)


_ACTIONS: dict[str, Callable[[Sequence[Feed]], tuple[str, str]]] = {
    "collect": _collect,
    "deactivate": _deactivate,
    "reactivate": _reactivate,
    "relink": _relink,
}
