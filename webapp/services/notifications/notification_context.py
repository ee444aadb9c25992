"""Notification contexts: what an email states about a server or a feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp import filters
from webapp.messages import sentence
from webapp.models import Collection, Feed, HealthChange, Server

_MEND_SERVER = _l(
    "Fix the cause; if the token was rejected, replace it on the server’s page. Then select Check "
    "now. The connection is also tested automatically every hour."
)
_MEND_FEED = _l(
    "Check in Printerpoint whether this customer’s data collection agent (DCA) is running and "
    "online. No further action is needed once it is."
)
_MEND_READ_BY_HAND = _l(
    "Request a meter reading from this customer. No further action is needed once it arrives."
)


@dataclass(frozen=True, slots=True)
class NotificationContext:
    """The statement about one server or feed. ``path``: of its page, from the root."""

    name: str
    title: str
    facts: Sequence[tuple[str, str]]
    step: str
    path: str
    bad: bool


def of_changes(
    session: Session, changes: Sequence[HealthChange], *, often: bool = False
) -> NotificationContext:
    """Return the context of changes of one server or feed. ``often``: it changes frequently."""
    if changes[-1].server_id is not None:
        server = session.get_one(Server, changes[-1].server_id)
        return _of_server(session, server, changes, often=often)
    feed = session.get_one(Feed, changes[-1].feed_id)
    return _of_feed(feed, changes, often=often)


def of_server(session: Session, server: Server) -> NotificationContext:
    """Return the context of a server's present state, for the digest."""
    return NotificationContext(
        server.name,
        gettext("%(name)s is unhealthy", name=server.name),
        [
            (
                gettext("Cause"),
                sentence(server.health_reason) or gettext("Printerpoint did not respond"),
            ),
            (gettext("Since"), filters.time_in(server.health_changed_at, server.account.zone)),
            (gettext("Last good data"), _last_night(session, server)),
        ],
        str(_MEND_SERVER),
        f"/servers/{server.id}",
        bad=True,
    )


def of_feed(feed: Feed) -> NotificationContext:
    """Return the context of a feed's present state, for the digest."""
    return NotificationContext(
        feed.customer_name,
        gettext("%(customer_name)s is not reporting", customer_name=feed.customer_name),
        [
            (
                gettext("Last good data"),
                _day_or_none(feed.last_data_on),
            ),
            (
                gettext("Unhealthy since"),
                filters.time_in(feed.health_changed_at, feed.account.zone),
            ),
            (gettext("Server"), feed.server.name),
        ],
        _next_step(feed),
        f"/feeds/{feed.id}",
        bad=True,
    )


def _of_server(
    session: Session, server: Server, changes: Sequence[HealthChange], *, often: bool
) -> NotificationContext:
    zone = server.account.zone
    last = changes[-1]
    bad = last.after == "unhealthy"
    facts = _turns(changes, zone, often=often)
    if bad:
        facts += [
            (gettext("Cause"), sentence(last.reason)),
            (gettext("Since"), filters.time_in(last.at, zone)),
            (gettext("Last good data"), _last_night(session, server)),
        ]
    else:
        facts += [(gettext("Reachable since"), filters.time_in(last.at, zone))]
        facts += [
            (gettext("It was down for"), sentence(first.reason))
            for first in changes
            if first.after != "healthy"
        ]
    step = (
        str(_MEND_SERVER)
        if bad
        else gettext("No action needed. The missed nightly run is collected automatically.")
    )
    title = (
        gettext("%(name)s is unhealthy", name=server.name)
        if bad
        else gettext("%(name)s is reachable again", name=server.name)
    )
    return NotificationContext(server.name, title, facts, step, f"/servers/{server.id}", bad)


def _of_feed(feed: Feed, changes: Sequence[HealthChange], *, often: bool) -> NotificationContext:
    last = changes[-1]
    bad = last.after == "unhealthy"
    facts = _turns(changes, feed.account.zone, often=often)
    facts += [
        (gettext("Cause") if bad else gettext("Result"), sentence(last.reason)),
        (gettext("Since"), filters.time_in(last.at, feed.account.zone)),
    ]
    if bad:
        facts.append(
            (
                gettext("Last good data"),
                _day_or_none(last.last_data_on),
            )
        )
    facts.append((gettext("Server"), feed.server.name))
    name = feed.customer_name
    title = (
        gettext("%(name)s is not reporting", name=name)
        if bad
        else gettext("%(name)s is reporting again", name=name)
    )
    step = _next_step(feed) if bad else ""
    return NotificationContext(name, title, facts, step, f"/feeds/{feed.id}", bad)


def _next_step(feed: Feed) -> str:
    return str(_MEND_FEED if feed.read_interval_days is None else _MEND_READ_BY_HAND)


def _turns(changes: Sequence[HealthChange], zone: tzinfo, *, often: bool) -> list[tuple[str, str]]:
    """Return how often it changed, if more than once."""
    if len(changes) < 2 and not often:
        return []
    since = filters.time_in(changes[0].at, zone)
    return [
        (
            gettext("Changed"),
            ngettext(
                "%(number)s time since %(since)s",
                "%(number)s times since %(since)s",
                len(changes),
                since=since,
                number=filters.number(len(changes)),
            ),
        )
    ]


def _last_night(session: Session, server: Server) -> str:
    day = session.scalar(
        select(func.max(Collection.day)).where(
            Collection.server_id == server.id, Collection.state == "finished"
        )
    )
    return _day_or_none(day)


def _day_or_none(day: date | None) -> str:
    return filters.day(day) if day else gettext("none yet")
