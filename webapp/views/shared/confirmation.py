"""Confirmation: the password is entered again before what gives or takes access."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from htmx_flask import make_response
from htmx_flask import request as htmx_request

from webapp import clock
from webapp.services.accounts import sessions as service
from webapp.views.shared import sessions
from webapp.views.shared.security import safe_target

Arguments = ParamSpec("Arguments")
View = Callable[Arguments, ResponseReturnValue]


def confirmation_required(
    form: str | None = None,
) -> Callable[[View[Arguments]], View[Arguments]]:
    """Redirect to the confirmation of the password, unless it was entered in this session recently.

    ``form``: the endpoint of the page to return to, with the arguments of this one; None: this
    address, which has a page.
    """

    def guard(view: View[Arguments]) -> View[Arguments]:
        @wraps(view)
        def guarded(*arguments: Arguments.args, **named: Arguments.kwargs) -> ResponseReturnValue:
            if service.is_confirmed(sessions.current(), clock.now()):
                return view(*arguments, **named)
            page = url_for(form, **(request.view_args or {})) if form else request.full_path
            address = url_for("auth.confirm", next=safe_target(page.removesuffix("?")))
            if htmx_request.htmx:
                response: Response = make_response("", redirect=address)
                return response
            return redirect(address)

        return guarded

    return guard
