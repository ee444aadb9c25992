"""Unsubscribe from an email notification by the link in an email."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.db import db
from webapp.extensions import csrf, current_settings
from webapp.models import User
from webapp.models.notice import Subject
from webapp.services.notifications import unsubscribe as service
from webapp.views.shared.notification_labels import SUBJECT_LABELS

blueprint = Blueprint("unsubscribe", __name__)


@blueprint.get("/unsubscribe/<token>")
def show(token: str) -> ResponseReturnValue:
    """The email notification that the link switches off, or has switched off."""
    user, subject = _user_of_link(token)
    return render_template(
        "public/unsubscribe.html",
        token=token,
        wanted=service.wants(user, subject),
        labels=SUBJECT_LABELS[subject],
    )


@blueprint.post("/unsubscribe/<token>")
@csrf.exempt  # mail programs post here as well; the link is signed and needs no session
def change(token: str) -> ResponseReturnValue:
    """Switch it off, by the page or by a mail program (RFC 8058), or on again."""
    user, subject = _user_of_link(token)
    service.choose(user, subject, wanted=request.form.get("again") == "yes")
    db.session.commit()
    return redirect(url_for("unsubscribe.show", token=token), 303)


def _user_of_link(token: str) -> tuple[User, Subject]:
    return service.user_of_link(db.session(), current_settings().secret_key, token)
