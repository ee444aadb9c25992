"""Overview: how the service runs, for operations: queues, workers, timetable, nights, failures."""

import re
from collections import defaultdict
from collections.abc import Collection as Several
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Date, bindparam, cast, func, null, select, union_all

from webapp import asking, clock, queue
from webapp.asking import Question
from webapp.db import at_most, constant, db
from webapp.models import Certificate, Collection, Delta, Feed, Mail, Outcome, Server
from webapp.queries import access
from webapp.services import certificates, mails
from webapp.views import edge, lists
from webapp.views.edge import roles_required
from webapp.words import Words, gettext

blueprint = Blueprint("overview", __name__)

_NIGHTS = 7
#: What each job does, in words.
WORDS = {
    queue.ENQUEUE_DUE_COLLECTIONS: Words("Look which nights are due"),
    queue.RUN_COLLECTION: Words("Collect a server"),
    queue.RUN_FEED: Words("Collect a customer that failed"),
    queue.CHECK_SERVERS: Words("Check unhealthy servers"),
    queue.CHECK_SERVER: Words("Check a server"),
    queue.CLOSE_MONTHS: Words("Close months that are due"),
    queue.DRAW_CERTIFICATE: Words("Draw a certificate"),
    queue.RECONCILE: Words("Compare counters, pages and certificates"),
    queue.SEND_NOTIFICATIONS: Words("Send mails"),
}
#: What the queues are called.
_QUEUES = {
    "timetable": Words("Timetable"),
    "collection": Words("Collection"),
    "documents": Words("Documents"),
}
#: What stands behind the errors that say nothing to a reader, and what to do.
_REASONS = (
    (
        "Work-horse terminated",
        Words("Its process was killed, by the machine or for want of memory."),
    ),
    (
        "AbandonedJobError",
        Words("Its worker ended without a word: killed, or the machine stopped."),
    ),
    ("JobTimeoutException", Words("It took longer than it may.")),
    ("OperationalError", Words("The database did not answer, or was busy for too long.")),
    ("SealError", Words("A token cannot be opened with the keys in ENCRYPTION_KEYS.")),
    ("ConnectionError", Words("Another service could not be reached.")),
    (
        "Invalid attribute name",
        Words("The worker runs other code than the web server: restart both."),
    ),
    ("ModuleNotFoundError", Words("The worker runs other code than the web server: restart both.")),
)
_CLASS = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Z]\w*)(?:: (.*))?$", re.DOTALL)


_SINCE = bindparam("since", type_=Date)
#: Each by itself: of a stretch that is not known PostgreSQL expects a third of all nights, finds
#: that dear, and plans anew each time.
_DAYS = bindparam("days", type_=Date, expanding=True)
_WAITING = union_all(
    select(constant("failed"), Collection.day, func.count())
    .join(Outcome, Outcome.collection_id == Collection.id)
    .where(Collection.kind == constant("scheduled"), Collection.day >= _SINCE)
    .where(Outcome.outcome == constant("failed"))
    .group_by(Collection.day),
    select(constant("held"), Delta.day, func.count())
    .where(access.IS_HELD, Delta.day >= _SINCE)
    .group_by(Delta.day),
    select(constant("undrawn"), cast(null(), Date), func.count()).select_from(
        certificates.WITHOUT_DOCUMENT.subquery()
    ),
    # By their state, without a day.
    mails.IN_VAIN.with_only_columns(Mail.state, cast(null(), Date), func.count()),
)


_ENDED = (
    select(
        Collection.day,
        func.count().label("servers"),
        func.count().filter(Collection.state == "finished").label("finished"),
        func.coalesce(func.sum(Collection.feeds), 0).label("customers"),
        func.min(Collection.queued_at).label("begun"),
        func.max(Collection.finished_at).label("ended"),
    )
    .where(Collection.kind == constant("scheduled"), Collection.day.in_(_DAYS))
    .group_by(Collection.day)
    .order_by(Collection.day.desc())
    .limit(at_most(_NIGHTS))
)


@dataclass(frozen=True, slots=True)
class Night:
    """A day's nights, over all servers."""

    day: date
    servers: int
    finished: int
    unfinished: int
    customers: int
    failed: int
    held: int
    took: timedelta | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A failed job in plain words; ``of``: what it was about, and where that is."""

    job: queue.Failure
    what: str
    of: str
    url: str | None
    why: str
    technical: str


@blueprint.get("/operations")
@roles_required("operations")
def index() -> ResponseReturnValue:
    """The page, or for htmx its part that follows by itself."""
    now = clock.now()
    since = now.date() - timedelta(days=_NIGHTS)
    waiting: Question[dict[str, dict[date | None, int]]]
    waiting = Question(_WAITING, {"since": since}, _counts)
    days = [since + timedelta(days=n) for n in range(_NIGHTS + 1)]
    ended = Question[Any](_ENDED, {"days": days})
    asking.ask(db.session(), waiting, ended)
    counts = waiting.answer
    in_vain = {state: counts[state].get(None, 0) for state in ("queued", "failed")}
    context: dict[str, Any] = {
        "now": now,
        "standing": None,
        "failures": [],
        "words": WORDS,
        "nights": _nights(ended.answer, counts),
        "mails": mails.in_vain(db.session(), in_vain),
        "undrawn": counts["undrawn"].get(None, 0),
    }
    try:
        standing = queue.standing(edge.settings())
    except queue.QueueDown:
        pass  # the page says so, and shows the rest
    else:
        context |= {
            "standing": standing,
            "queues": _QUEUES,
            "failures": list(_explained(standing.failures)),
        }
    template = "overview/_standing.html" if lists.is_fragment() else "overview/index.html"
    response = make_response(render_template(template, **context))
    response.vary.add("HX-Request")
    return response


def why(error: str) -> str:
    """The plain words for the last line of a traceback."""
    for sign, words in _REASONS:
        if sign in error:
            return str(words)
    found = _CLASS.match(error)
    if found is None:
        return error or gettext("It left no reason behind.")
    # Errors of our own are sentences already; of others the name alone may say it.
    return found[2] or gettext("%(error)s, without a word of its own.", error=found[1])


def _explained(failures: Sequence[queue.Failure]) -> Iterable[Failed]:
    servers = _servers_of(failures)
    feeds = _names(Feed, [one.ids[1] for one in failures if one.function == queue.RUN_FEED])
    numbers = _names(
        Certificate, [one.ids[0] for one in failures if one.function == queue.DRAW_CERTIFICATE]
    )
    for one in failures:
        of, path = "", None
        if one.function == queue.RUN_FEED:
            of, path = feeds.get(one.ids[1], ""), url_for("feeds.show", feed_id=one.ids[1])
        elif one.function == queue.RUN_COLLECTION:
            of = servers.get(one.ids[0], "")
            path = url_for("collections.show", collection_id=one.ids[0])
        elif one.function == queue.DRAW_CERTIFICATE:
            of = numbers.get(one.ids[0], "")
            path = url_for("certificates.show", number=of or "-")
        url = path if of else None
        yield Failed(one, WORDS.get(one.function, one.function), of, url, why(one.error), one.error)


def _servers_of(failures: Sequence[queue.Failure]) -> dict[int, str]:
    """The servers of collections, by the collection's id."""
    ids = [one.ids[0] for one in failures if one.function == queue.RUN_COLLECTION]
    if not ids:
        return {}
    rows = db.session.execute(
        select(Collection.id, Server.name)
        .join(Server, Server.id == Collection.server_id)
        .where(Collection.id.in_(ids))
    )
    return {row.id: row.name for row in rows}


def _names(model: type[Feed] | type[Certificate], ids: Several[int]) -> dict[int, str]:
    if not ids:
        return {}
    name = Feed.customer_name if model is Feed else Certificate.number
    rows = db.session.execute(select(model.id, name.label("name")).where(model.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _nights(rows: Sequence[Any], counts: Mapping[str, Mapping[date | None, int]]) -> list[Night]:
    """The last nights by the day they closed, the latest first."""
    failed, held = counts["failed"], counts["held"]
    return [
        Night(
            row.day,
            row.servers,
            row.finished,
            row.servers - row.finished,
            int(row.customers),
            failed.get(row.day, 0),
            held.get(row.day, 0),
            _between(row.begun, row.ended),
        )
        for row in rows
    ]


def _counts(rows: Sequence[Any]) -> dict[str, dict[date | None, int]]:
    """What went wrong or waits since a day, by the day, and what waits to be drawn."""
    found: dict[str, dict[date | None, int]] = defaultdict(dict)
    for of, day, number in rows:
        found[of][day] = number
    return found


def _between(begun: datetime | None, ended: datetime | None) -> timedelta | None:
    return ended - begun if begun and ended and ended >= begun else None
