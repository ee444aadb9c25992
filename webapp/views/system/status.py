"""System status: queues, workers, timetable, nights and failures, for operations."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from email.utils import parseaddr
from typing import Any

from flask import Blueprint, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from webapp import clock, queue, queue_status
from webapp.db import db
from webapp.extensions import current_settings, public_url_for
from webapp.queries import mails, overlaps, system_status
from webapp.views.shared import listing
from webapp.views.shared.context import roles_required

blueprint = Blueprint("status", __name__)

_NIGHTS = 7
#: RFC 9116 recommends less than a year.
_SECURITY_TXT_VALID = timedelta(days=180)
#: The description of each job.
JOB_LABELS = {
    queue.ENQUEUE_DUE_COLLECTIONS: _l("Enqueue due collections"),
    queue.RUN_COLLECTION: _l("Collect a server"),
    queue.RUN_FEED: _l("Collect a customer that failed"),
    queue.CHECK_SERVERS: _l("Check all servers"),
    queue.CHECK_SERVER: _l("Check a server"),
    queue.CHAIN_AUDIT_ENTRIES: _l("Chain entries of the audit trail"),
    queue.CLOSE_MONTHS: _l("Close months that are due"),
    queue.RENDER_CERTIFICATES: _l("Generate certificates"),
    queue.RECONCILE: _l("Compare meters, pages and certificates"),
    queue.RESOLVE_FAILURES: _l("Remove failed jobs that are resolved"),
    queue.SEND_NOTIFICATIONS: _l("Send emails"),
}
#: The names of the queues.
_QUEUES = {
    "timetable": _l("Schedule"),
    "collection": _l("Collection"),
    "documents": _l("PDFs"),
}
#: The causes of technical errors, and the remedies.
_REASONS = (
    (
        "Work-horse terminated",
        _l("Its process was killed, possibly because memory ran out."),
    ),
    (
        "AbandonedJobError",
        _l("Its worker was killed, or the machine stopped."),
    ),
    ("JobTimeoutException", _l("It exceeded its time limit.")),
    ("OperationalError", _l("The database did not respond, or was busy for too long.")),
    ("DecryptionError", _l("A token cannot be decrypted with the keys in ENCRYPTION_KEYS.")),
    ("ConnectionError", _l("Another service could not be reached.")),
    (
        "Invalid attribute name",
        _l("Worker and web server run different versions: restart both."),
    ),
    (
        "ModuleNotFoundError",
        _l("Worker and web server run different versions: restart both."),
    ),
)
_CLASS = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Z]\w*)(?:: (.*))?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Night:
    """The scheduled collections of all servers for a day; ``minutes``: of the longest one."""

    day: date
    servers: int
    finished: int
    unfinished: int
    customers: int
    failed: int
    held: int
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Failed:
    """A failed job, explained; ``of``, ``url``: its object, and that object's page."""

    job: queue_status.Failure
    what: str
    of: str
    url: str | None
    explanation: str
    technical: str


@blueprint.get("/operations")
@roles_required("operations")
def index() -> ResponseReturnValue:
    """The page, or for htmx its part that updates automatically."""
    now = clock.now()
    since = now.date() - timedelta(days=_NIGHTS)
    values: dict[str, Any] = {
        "now": now,
        "status": None,
        "failures": [],
        "job_labels": JOB_LABELS,
        "nights": _nights(since),
        "mails": mails.undelivered(db.session()),
        "overlaps": overlaps.pending(db.session()),
        "pending_render": system_status.pending_renders(db.session()),
    }
    try:
        status = queue_status.status(current_settings())
    except queue.QueueDown:
        pass  # displayed on the page
    else:
        values |= {
            "status": status,
            "queues": _QUEUES,
            "failures": list(_explained((*status.failures, *status.resolved))),
        }
    template = "system/status/_status.html" if listing.is_fragment() else "system/status/index.html"
    response = make_response(render_template(template, **values))
    response.vary.add("HX-Request")
    return response


@blueprint.get("/healthz")
def alive() -> ResponseReturnValue:
    """Respond if the database does: for load balancers, without a login."""
    system_status.ping(db.session())
    return {"status": "ok"}


@blueprint.get("/.well-known/security.txt")
def security_txt() -> ResponseReturnValue:
    """Respond with the address for reports of vulnerabilities (RFC 9116)."""
    settings = current_settings()
    expires = (clock.now() + _SECURITY_TXT_VALID).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: mailto:{parseaddr(settings.mail_from)[1]}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en, es",
        f"Canonical: {public_url_for('status.security_txt')}",
    )
    response = make_response("\n".join(lines) + "\n")
    response.mimetype = "text/plain"
    return response


def explain_error(error: str) -> str:
    """Return the explanation of the last line of a traceback."""
    for sign, words in _REASONS:
        if sign in error:
            return str(words)
    found = _CLASS.match(error)
    if found is None:
        return error or gettext("No reason was recorded.")
    # Messages of our errors are sentences; of others only the name is displayed.
    return found[2] or gettext("%(error)s, without a message.", error=found[1])


def _explained(failures: Sequence[queue_status.Failure]) -> Iterable[Failed]:
    of_function: defaultdict[str, list[tuple[int, ...]]] = defaultdict(list)
    for one in failures:
        of_function[one.function].append(one.ids)
    servers = system_status.servers_of_collections(
        db.session(), [ids[0] for ids in of_function[queue.RUN_COLLECTION]]
    )
    feeds = system_status.customer_names(
        db.session(), [ids[1] for ids in of_function[queue.RUN_FEED]]
    )
    for one in failures:
        of, path = "", None
        if one.function == queue.RUN_FEED:
            of, path = feeds.get(one.ids[1], ""), url_for("feeds.show", feed_id=one.ids[1])
        elif one.function == queue.RUN_COLLECTION:
            of = servers.get(one.ids[0], "")
            path = url_for("collections.show", collection_id=one.ids[0])
        url = path if of else None
        yield Failed(
            one,
            str(JOB_LABELS.get(one.function, one.function)),
            of,
            url,
            explain_error(one.error),
            one.error,
        )


def _nights(since: date) -> list[Night]:
    """Return the last nights by the day that they closed, the latest first."""
    failed = system_status.failed_by_day(db.session(), since)
    held = system_status.held_by_day(db.session(), since)
    return [
        Night(
            row.day,
            row.servers,
            row.finished,
            row.servers - row.finished,
            int(row.customers),
            failed.get(row.day, 0),
            held.get(row.day, 0),
            None if row.seconds is None else int(row.seconds) // 60,
        )
        for row in system_status.nights(db.session(), since, _NIGHTS)
    ]
