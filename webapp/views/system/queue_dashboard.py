"""rq-dashboard behind our login, with its own content security policy."""

import base64
import hashlib
import re

import rq_dashboard
from flask import Flask, Response, abort, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from rq_dashboard.web import setup_rq_connection

from webapp import queue
from webapp.db import READING_METHODS, db
from webapp.errors import Conflict
from webapp.extensions import csrf, current_settings
from webapp.settings import Settings
from webapp.views.shared import context, errors, security

# Its requests carry no CSRF token: ``_guard_queues`` checks their origin instead.
csrf.exempt(rq_dashboard.blueprint)

QUEUES = "/operations/queues"

#: Its own inline script is allowed by its hash; markup in the texts of jobs cannot run scripts.
#: It compiles its templates, which is 'unsafe-eval', and has styles in attributes.
_DASHBOARD_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval' {hash}; "
    "style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_INLINE_SCRIPT = re.compile(rb'<script type="text/javascript">(.*?)</script>', re.DOTALL)
_POSITIVE = re.compile(r"[1-9][0-9]{0,8}")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_REGISTRIES = frozenset(
    {"queued", "failed", "started", "finished", "deferred", "scheduled", "canceled"}
)
#: Endpoints with effects, whichever methods rq-dashboard accepts.
_CHANGING = frozenset(
    f"rq_dashboard.{view}"
    for view in (
        "delete_job_view", "requeue_job_view", "requeue_all", "empty_queue", "compact_queue"
    )
)  # fmt: skip
_DOWN = _l(
    "The queues cannot be shown because Redis cannot be reached. Check REDIS_URL and that Redis "
    "is running. Queued jobs are kept."
)


def mount_queues(app: Flask, settings: Settings) -> None:
    """Mount rq-dashboard; call after ``security.register``, so that the login is checked first."""
    app.config["RQ_DASHBOARD_REDIS_URL"] = (settings.redis_url,)
    setup_rq_connection(app)
    app.before_request(_guard_queues)
    app.after_request(_allow_its_script)
    app.after_request(_record_change)
    app.register_blueprint(rq_dashboard.blueprint, url_prefix=QUEUES)


def _guard_queues() -> ResponseReturnValue | None:
    if request.blueprint != rq_dashboard.blueprint.name:
        return None
    if context.viewer().role != "operations":
        abort(403)
    if request.endpoint in _CHANGING and request.method != "POST":
        abort(405, valid_methods=["POST"])
    if request.method not in READING_METHODS:
        security.require_same_origin()
    if not _is_valid(request.view_args or {}):
        abort(404)
    if request.endpoint != "rq_dashboard.static" and not queue.reachable(current_settings()):
        return errors.unavailable(str(_DOWN))
    if request.endpoint == "rq_dashboard.compact_queue":
        name = str((request.view_args or {})["queue_name"])
        if queue.is_empty(current_settings(), name):  # rq-dashboard would fail
            raise Conflict(gettext("The queue is empty."))
    return None


def _is_valid(arguments: dict[str, object]) -> bool:
    """Whether an address is one that rq-dashboard handles; it fails for others."""
    numbers = [str(arguments.get(name, 1)) for name in ("page", "per_page")]
    return (
        arguments.get("instance_number", 0) == 0
        and arguments.get("registry_name", "queued") in _REGISTRIES
        and arguments.get("order", "asc") in ("asc", "dsc")
        # rq-dashboard writes the name of a queue into its script without quoting it.
        and all(
            _NAME.fullmatch(str(arguments.get(name) or "a")) for name in ("job_id", "queue_name")
        )
        and all(_POSITIVE.fullmatch(number) for number in numbers)
    )


def _record_change(response: Response) -> Response:
    """Record a change after it was made; rq-dashboard has no transaction for both.

    It answers with 200 also for a job that does not exist, and if there was no job to requeue.
    """
    if request.endpoint not in _CHANGING or response.status_code != 200:
        return response
    answer = response.get_json()
    if answer["status"] == "OK" and answer.get("count") != 0:
        what = str(request.endpoint).removeprefix("rq_dashboard.").removesuffix("_view")
        words = " ".join(str(value) for value in (request.view_args or {}).values())
        context.record_action("queue changed", f"{what.replace('_', ' ')} {words}".strip(), None)
        db.session.commit()
    return response


def _allow_its_script(response: Response) -> Response:
    # An error page of Releaf under its prefix needs no exception from the policy.
    if request.blueprint == rq_dashboard.blueprint.name and response.mimetype == "text/html":
        found = _INLINE_SCRIPT.search(response.get_data())
        if found:
            digest = base64.b64encode(hashlib.sha256(found[1]).digest()).decode()
            policy = _DASHBOARD_POLICY.format(hash=f"'sha256-{digest}'")
            response.headers["Content-Security-Policy"] = policy
    return response
