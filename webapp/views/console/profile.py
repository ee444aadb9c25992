"""The own profile: what is stored about the user, and the user's sessions."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp import clock
from webapp.db import db
from webapp.extensions import current_settings
from webapp.queries import sessions as queries
from webapp.services.accounts import sessions as service
from webapp.views.console.users import ROLE_LABELS
from webapp.views.shared import context, sessions

blueprint = Blueprint("profile", __name__)


@blueprint.get("/profile")
def show() -> str:
    """The user, and the sessions that can be ended."""
    user = context.user()
    return render_template(
        "console/profile/show.html",
        user=user,
        labels=ROLE_LABELS,
        sessions=queries.of_user(db.session(), current_settings(), user.id, clock.now()),
        current=sessions.current(),
        settings=current_settings(),
    )


@blueprint.post("/profile/log-out-everywhere")
def log_out_everywhere() -> ResponseReturnValue:
    """End all sessions of the user, also this one."""
    user = context.user()
    service.end_all(db.session(), user, clock.now())
    context.note("user logged out everywhere", user.email, user.account)
    db.session.commit()
    sessions.clear()
    flash(gettext("You have been logged out everywhere."), "success")
    return redirect(url_for("auth.login"))
