"""The own profile: name, email, language and time zone, and the user's sessions."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import EmailField, SelectField, StringField
from wtforms.validators import DataRequired

from webapp import clock, i18n
from webapp.db import db
from webapp.errors import Conflict, Invalid
from webapp.extensions import current_settings
from webapp.filters import zone_name
from webapp.models import User
from webapp.queries import sessions as queries
from webapp.services.accounts import email_changes, users
from webapp.services.accounts import sessions as service
from webapp.services.notifications import access_emails
from webapp.views.console import account_forms
from webapp.views.console.users import ROLE_LABELS
from webapp.views.shared import context, forms, sessions
from webapp.views.shared.confirmation import confirmation_required, typed_values

blueprint = Blueprint("profile", __name__)


class ProfileForm(forms.EditForm):
    """What users choose for themselves."""

    full_name = StringField(_l("Full name"), [DataRequired(_l("Enter your full name."))])
    language = SelectField(_l("Language"), description=_l("For pages and emails."))
    time_zone = SelectField(_l("Time zone"), description=_l("For times on pages."))


class EmailForm(forms.Form):
    """A new email address."""

    email = EmailField(
        _l("New email"),
        [DataRequired(_l("Enter your new email."))],
        description=_l("We send a link to this address. Your email changes when you open it."),
    )


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


@blueprint.route("/profile/edit", methods=["GET", "POST"])
def edit() -> ResponseReturnValue:
    """Change name, language and time zone."""
    user = context.user()
    before = user.full_name, user.language, user.time_zone
    form = _profile_form(user)
    if form.validate_on_submit():
        try:
            users.edit(
                db.session(),
                user,
                full_name=form.full_name.data,
                language=form.language.data or None,
                time_zone=form.time_zone.data or None,
            )
        except Invalid as error:
            db.session.rollback()
            forms.refuse(form, error)
        else:
            if user.full_name != before[0]:
                context.record_action(
                    "user changed name",
                    user.email,
                    user.account,
                    before=before[0],
                    after=user.full_name,
                )
            db.session.commit()
            is_changed = (user.full_name, user.language, user.time_zone) != before
            saved = gettext("Your profile has been saved.")
            flash(saved if is_changed else gettext("Nothing was changed."), "success")
            return redirect(url_for("profile.show"))
    return forms.page("console/profile/edit.html", form)


@blueprint.route("/profile/email", methods=["GET", "POST"])
@confirmation_required(cancel="profile.show", fields=("email",))
def email() -> ResponseReturnValue:
    """Send a link to a new email address; the response is the same for one that is in use."""
    user = context.user()
    form = EmailForm(data=typed_values())
    if form.validate_on_submit():
        try:
            address = email_changes.check(user, form.email.data)
        except Invalid as error:
            forms.refuse(form, error)
        else:
            now = clock.now()
            access_emails.enqueue(db.session(), user, "email", now, recipient=address)
            db.session.commit()
            text = gettext("We sent a link to %(email)s. Open it to confirm.", email=address)
            flash(text, "success")
            return redirect(url_for("profile.show"))
    return forms.page("console/profile/email.html", form, user=user)


@blueprint.route("/profile/email/<token>", methods=["GET", "POST"])
def confirm_email(token: str) -> ResponseReturnValue:
    """Confirm the new email address, by the link that was sent to it."""
    user, secret_key = context.user(), current_settings().secret_key
    try:
        address = email_changes.new_address(secret_key, user, token)
        if request.method == "POST":
            now = clock.now()
            former = email_changes.confirm(db.session(), secret_key, user, token, now)
            context.record_action("user changed email", user.email, user.account, before=former)
            access_emails.enqueue(db.session(), user, "changed", now, recipient=former)
            db.session.commit()
            flash(gettext("You now log in with %(email)s.", email=address), "success")
            return redirect(url_for("profile.show"))
    except Conflict as error:
        db.session.rollback()
        flash(str(error), "warning")
        return redirect(url_for("profile.show"))
    return render_template("console/profile/confirm_email.html", email=address, token=token)


@blueprint.post("/profile/sessions/<int:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of the user's sessions; this one is logged out."""
    user, now = context.user(), clock.now()
    found = queries.of_user(db.session(), current_settings(), user.id, now)
    ended = next((one for one in found if one.id == session_id), None)
    if ended is None:
        flash(gettext("This session has already ended."), "warning")
        return redirect(url_for("profile.show"))
    context.record_action("user logged out", user.email, user.account)
    if ended.id == sessions.current().id:
        sessions.log_out()
        db.session.commit()
        flash(gettext("You have been logged out."), "success")
        return redirect(url_for("auth.login"))
    service.end(db.session(), ended, now)
    db.session.commit()
    flash(gettext("The session has been logged out."), "success")
    return redirect(url_for("profile.show"))


@blueprint.post("/profile/log-out-everywhere")
def log_out_everywhere() -> ResponseReturnValue:
    """End all sessions of the user, also this one."""
    user = context.user()
    service.end_all(db.session(), user, clock.now())
    context.record_action("user logged out everywhere", user.email, user.account)
    db.session.commit()
    sessions.clear()
    flash(gettext("You have been logged out everywhere."), "success")
    return redirect(url_for("auth.login"))


def _profile_form(user: User) -> ProfileForm:
    values = {"language": user.language or "", "time_zone": user.time_zone or ""}
    form = ProfileForm(data={"full_name": user.full_name, **values})
    form.language.choices = [("", gettext("Browser default")), *i18n.LANGUAGES.items()]
    own = gettext("Same as account: %(own)s", own=zone_name(user.account.zone))
    form.time_zone.choices = [("", own), *account_forms.time_zone_choices(user.time_zone)]
    return form
