"""Confirmation: the password is entered again before what gives or takes access."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import ParamSpec

from flask import Response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from htmx_flask import make_response
from htmx_flask import request as htmx_request

from webapp import clock
from webapp.db import READING_METHODS
from webapp.services.accounts import sessions as service
from webapp.views.shared import sessions
from webapp.views.shared.security import safe_target

Arguments = ParamSpec("Arguments")
View = Callable[Arguments, ResponseReturnValue]

#: A cookie holds 4 KB.
_MOST_TYPED_BYTES = 1_000


def confirmation_required(
    form: str | None = None, *, cancel: str, fields: Sequence[str] = ()
) -> Callable[[View[Arguments]], View[Arguments]]:
    """Redirect to the confirmation of the password, unless it was entered in this session recently.

    ``form``: the endpoint of the page to return to, with the arguments of this one; None: this
    address, which has a page. ``cancel``: the endpoint of the page to return to without a
    confirmation, if it is not the page with the link to this one; it needs no confirmation itself.
    ``fields``: those without secrets, whose values are in the form again after the confirmation,
    if its view uses ``typed_values``.
    """

    def guard(view: View[Arguments]) -> View[Arguments]:
        @wraps(view)
        def guarded(*arguments: Arguments.args, **named: Arguments.kwargs) -> ResponseReturnValue:
            if service.is_confirmed(sessions.current(), clock.now()):
                return view(*arguments, **named)
            page = url_for(form, **(request.view_args or {})) if form else request.full_path
            refused = request.method not in READING_METHODS
            linking = None if refused else _linking_page()
            if refused and fields:
                _store_typed(fields)
            address = url_for(
                "auth.confirm",
                next=safe_target(page.removesuffix("?")),
                back=linking or url_for(cancel, **(request.view_args or {})),
                refused=("token" if "token" in request.form else "form") if refused else None,
            )
            if htmx_request.htmx:
                response: Response = make_response("", redirect=address)
                return response
            return redirect(address)

        return guarded

    return guard


def typed_values() -> dict[str, str]:
    """Return once what was typed in this form when its confirmation had ended."""
    values: dict[str, str] = session.pop(_typed_key(), {})
    return values


def _store_typed(fields: Sequence[str]) -> None:
    values = {name: request.form[name] for name in fields if name in request.form}
    if sum(len(value.encode()) for value in values.values()) <= _MOST_TYPED_BYTES:
        session[_typed_key()] = values


def _typed_key() -> str:
    return f"typed in {request.endpoint}"


def _linking_page() -> str | None:
    """Return the address of the page with the link to this one, None if it requires the same."""
    referrer = request.referrer or ""
    if not referrer.startswith(request.host_url):
        return None
    page = f"/{referrer.removeprefix(request.host_url)}"
    if page.partition("?")[0] in (request.path, url_for("auth.confirm")):
        return None
    return safe_target(page)
