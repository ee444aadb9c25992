"""Notifications: a user's choice of emails; the emails sent, for operations."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from webapp import clock, i18n
from webapp.db import db
from webapp.errors import Conflict
from webapp.messages import sentence
from webapp.models.notice import Subject
from webapp.models.user import Role
from webapp.queries import mails as queries
from webapp.services.accounts import users
from webapp.services.notifications import outbox, unsubscribe
from webapp.views.shared import context, export, forms, listing
from webapp.views.shared.context import roles_required
from webapp.views.shared.notification_labels import SUBJECT_LABELS

blueprint = Blueprint("notifications", __name__)

STATES = ("queued", "sending", "sent", "failed")

#: The email notifications of each role; viewers have none.
CHOICES: dict[Role, tuple[Subject, ...]] = {
    "operations": ("nights", "approval"),
    "partner_admin": ("server", "feed", "digest"),
    "customer": ("certificate",),
}


class NotificationsForm(forms.EditForm):
    """The email notifications that a user wants."""

    server = BooleanField(SUBJECT_LABELS["server"][0])
    feed = BooleanField(SUBJECT_LABELS["feed"][0])
    digest = BooleanField(SUBJECT_LABELS["digest"][0])
    nights = BooleanField(SUBJECT_LABELS["nights"][0])
    approval = BooleanField(SUBJECT_LABELS["approval"][0])
    certificate = BooleanField(SUBJECT_LABELS["certificate"][0])


@blueprint.route("/notices", methods=["GET", "POST"])
@roles_required("operations", "partner_admin", "customer")
def choose() -> ResponseReturnValue:
    """Choose email notifications."""
    user = context.user()
    subjects = CHOICES[context.viewer().role]
    wants = {subject: unsubscribe.wants(user, subject) for subject in subjects}
    form = NotificationsForm(data=wants)
    if request.method == "POST" and form.validate_on_submit():
        changed = [
            subject
            for subject in subjects
            if unsubscribe.choose(user, subject, wanted=bool(form[subject].data))
        ]
        db.session.commit()
        saved = gettext("Saved. Applies to all emails from now on.")
        flash(saved if changed else gettext("Nothing was changed."), "success")
        return redirect(url_for("notifications.choose"))
    return forms.page(
        "console/notifications/choose.html",
        form,
        subjects=subjects,
        labels=SUBJECT_LABELS,
        user=user,
        language_of_emails=i18n.LANGUAGES[users.language_of(user)],
    )


def _exported(found: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
    for mail in found:
        yield (
            mail.title,
            mail.full_name,
            mail.email,
            mail.created_at,
            mail.state,
            sentence(mail.error),
        )


_SHEET = export.Sheet(
    "mails",
    (
        _l("Subject"),
        _l("To"),
        _l("Email"),
        _l("Created (UTC)"),
        _l("State"),
        _l("Error"),
    ),
    _exported,
)


@blueprint.get("/operations/mails")
@roles_required("operations")
def index() -> ResponseReturnValue:
    """The emails, the latest first."""
    text, state = listing.search_text(), listing.filter_choice("state", STATES)
    query = queries.search(text=text, state=state)
    if export.requested():
        return export.respond(query, _SHEET)
    page = listing.paginate(query)
    waiting, failed, error = queries.undelivered(db.session())
    return listing.render(
        "notifications", page, q=text, state=state, waiting=waiting, failed=failed, error=error
    )


@blueprint.get("/operations/mails/<int:mail_id>")
@roles_required("operations")
def show(mail_id: int) -> ResponseReturnValue:
    """An email as its recipient sees it."""
    return render_template(
        "console/notifications/show.html", mail=queries.get(db.session(), mail_id)
    )


@blueprint.post("/operations/mails/<int:mail_id>/again")
@roles_required("operations")
def retry(mail_id: int) -> ResponseReturnValue:
    """Send a failed email again."""
    mail = queries.get(db.session(), mail_id)
    try:
        outbox.retry(db.session(), mail, clock.now())
        context.record_action("email resent", mail.title, mail.user.account, to=mail.user.email)
        db.session.commit()
    except Conflict as error:
        db.session.rollback()
        flash(str(error), "warning")
    else:
        flash(gettext("It will be sent again within a minute."), "success")
    return redirect(url_for("notifications.show", mail_id=mail_id))
