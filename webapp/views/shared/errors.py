"""Error pages, which disclose nothing."""

import logging
import math

from flask import Flask, Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import (
    BadHost,
    HTTPException,
    InternalServerError,
    SecurityError,
    default_exceptions,
)

from webapp import filters, logs
from webapp.db import db
from webapp.errors import Conflict, Invalid, NotFound
from webapp.queue import QueueDown

log = logging.getLogger("releaf.web")

#: Statuses with their own page; others have that of 400 or 500.
_PAGES = frozenset({400, 403, 404, 405, 409, 413, 422, 429})

_FORGED = _l(
    "The page was open for too long, you logged in again in another tab, or your browser blocks "
    "cookies. Go back, reload the page and send it again."
)
_QUEUE_DOWN = _l(
    "The job queue (Redis) cannot be reached. Saved changes are kept, and jobs start when it is "
    "back."
)


def register(app: Flask) -> None:
    """Register a page for every error."""
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(SecurityError, _untrusted_host)
    app.register_error_handler(BadHost, _untrusted_host)
    app.register_error_handler(CSRFError, lambda _: _page(400, str(_FORGED)))
    app.register_error_handler(NotFound, not_found)
    app.register_error_handler(Conflict, conflict)
    app.register_error_handler(Invalid, _invalid)
    app.register_error_handler(QueueDown, _queue_down)
    app.register_error_handler(OperationalError, _database_down)
    app.register_error_handler(InterfaceError, _database_down)
    app.register_error_handler(InternalServerError, _failed)


def not_found(_: Exception) -> ResponseReturnValue:
    """The object does not exist, or not for this viewer."""
    return _page(404)


def conflict(error: Exception) -> ResponseReturnValue:
    """The operation is not possible now; the error's message is for users."""
    return _page(409, str(error))


def too_many_requests(seconds: int) -> Response:
    """A limit is exceeded; it ends in so many seconds."""
    minutes = filters.pluralize(math.ceil(seconds / 60), "minute")
    message = gettext("Try again in %(minutes)s. Nothing was changed.", minutes=minutes)
    response = make_response(*_page(429, message))
    response.headers["Retry-After"] = str(seconds)
    return response


def unavailable(message: str) -> ResponseReturnValue:
    """A required service is unavailable. Reads neither user nor session."""
    return _bare("shared/errors/503.html", code=503, message=message), 503, {"Retry-After": "60"}


def _refused(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    code = error.code or 500
    if code < 400:  # a redirect
        return error.get_response()
    if code >= 500:
        return unavailable("") if code == 503 else _failed(error)
    usual = default_exceptions[code].description if code in default_exceptions else None
    message = "" if error.description == usual else error.description or ""
    answer = error.get_response()
    answer.set_data(_page(code, message)[0])
    return answer


def _untrusted_host(_: Exception) -> ResponseReturnValue:
    """The host is not that of PUBLIC_URL, or is no host name.

    The response is plain text, because no URL can be built and so no template rendered.
    """
    return "This host name is not served here.\n", 400, {"Content-Type": "text/plain"}


def _invalid(error: Invalid) -> ResponseReturnValue:
    return _page(422, error.message)


def _queue_down(error: QueueDown) -> ResponseReturnValue:
    log.warning("%s %s: %s", request.method, request.endpoint, error)
    return unavailable(str(_QUEUE_DOWN))


def _database_down(error: Exception) -> ResponseReturnValue:
    log.error("%s %s: the database fails: %s", request.method, request.endpoint, error)
    return unavailable("")


def _failed(_: Exception) -> ResponseReturnValue:
    log.error("%s %s failed", request.method, request.endpoint)
    return _bare("shared/errors/500.html", code=500, reference=logs.request_id.get()), 500


def _page(code: int, message: str = "") -> tuple[str, int]:
    # Uncommitted changes are discarded, and the page can read.
    db.session.rollback()
    template = f"shared/errors/{code if code in _PAGES else 400}.html"
    return render_template(template, code=code, message=message), code


def _bare(template: str, **values: str | int) -> str:
    """Render a page without the data of the database that other pages have."""
    return current_app.jinja_env.get_template(template).render(**values)
