"""Login, logout, password, and the one-time link by which a user chooses one."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from webapp import clock, i18n
from webapp.db import db
from webapp.errors import Conflict, Invalid, NotFound
from webapp.models import User
from webapp.queries import users as queries
from webapp.services.accounts import audit, passwords, users
from webapp.services.accounts import sessions as service
from webapp.services.accounts.audit import Action, Actor
from webapp.services.notifications import access_emails
from webapp.views.public.auth_forms import (
    AcceptForm,
    ConfirmPasswordForm,
    ForgotForm,
    LoginForm,
    PasswordForm,
)
from webapp.views.shared import context, forms, rate_limits, security, sessions

log = logging.getLogger("releaf.auth")
blueprint = Blueprint("auth", __name__)

#: The same for email and password, so that it does not disclose who has a login.
_REFUSED = _l(
    "Incorrect email or password. Check both, or request a new link from your administrator."
)


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """Log in, and redirect to the requested page."""
    target = security.target_after_login()
    if current_user.is_authenticated:
        return redirect(target)
    form = LoginForm()
    if _is_complete(form):
        found = users.authenticate(db.session(), form.email.data, form.password.data)
        user = _chosen(form, found)
        if user is not None:
            _record_action("user logged in", user)
            _log_in(user)
            return redirect(target)
        db.session.rollback()
        if not found:
            _record_refusal(form.email.data)
            forms.refuse(form, Invalid("", str(_REFUSED)))
    return forms.page("public/auth/login.html", form)


def _chosen(form: LoginForm, found: Sequence[User]) -> User | None:
    """Return the only user, or that of the chosen account; without a choice the form has one."""
    if len(found) == 1:
        return found[0]
    for user in found:
        if form.account.data == str(user.account_id):
            return user
    if found:
        rate_limits.exempt_attempt()
        form.account.choices = [(str(user.account_id), user.account.name) for user in found]
        text = gettext("Choose an account, and enter your password once more.")
        forms.refuse(form, Invalid("account", text))
    return None


@blueprint.route("/forgot", methods=["GET", "POST"])
def forgot() -> ResponseReturnValue:
    """Send a link to choose a new password; the response is the same for an unknown email."""
    form = ForgotForm()
    if form.validate_on_submit():
        now = clock.now()
        found = queries.by_email(db.session(), form.email.data)
        for user in filter(users.may_reset_password, found):
            access_emails.enqueue(db.session(), user, "reset", now)
        audit.record_refusal(db.session(), found, "password reset requested", now)
        db.session.commit()
        return redirect(url_for("auth.forgot_sent"))
    return forms.page("public/auth/forgot.html", form)


@blueprint.get("/forgot/sent")
def forgot_sent() -> str:
    """What happens next, whether or not there is a user with the email."""
    return render_template(
        "public/auth/forgot_sent.html", minutes=users.RESET_VALID // timedelta(minutes=1)
    )


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session."""
    _record_action("user logged out", context.user())
    sessions.log_out()
    db.session.commit()
    flash(gettext("You have been logged out."), "success")
    return redirect(url_for("auth.login"))


@blueprint.route("/confirm", methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    """Confirm the password, and return to the page that requires it.

    ``back``: the page to return to without a confirmation; ``refused``: "form" or "token" if a
    form was sent, without or with a token.
    """
    target = security.safe_target(request.values.get("next")) or url_for("home.index")
    back = security.safe_target(request.args.get("back")) or url_for("home.index")
    form = ConfirmPasswordForm()
    if _is_complete(form):
        if passwords.verify(form.password.data, context.user().password_hash):
            service.confirm(db.session(), sessions.current(), clock.now())
            db.session.commit()
            if "refused" in request.args:
                flash(_nothing_changed(request.args["refused"] == "token"), "warning")
            return redirect(target)
        _record_action("password refused", context.user())
        db.session.commit()
        forms.refuse(form, Invalid("password", gettext("This is not your current password.")))
    minutes = service.CONFIRMED_FOR // timedelta(minutes=1)
    return forms.page("public/auth/confirm.html", form, minutes=minutes, back=back)


def _nothing_changed(had_token: bool) -> str:
    if had_token:
        return gettext(
            "Your password is confirmed. Nothing was changed yet: enter the token again, and send "
            "the form."
        )
    return gettext(
        "Your password is confirmed. Nothing was changed yet: check the form, and send it again."
    )


@blueprint.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Change the user's password; all sessions end, and a new one starts here."""
    form = PasswordForm()
    if _is_complete(form):
        user = context.user()
        try:
            users.change_password(db.session(), user, form.old.data, form.new.data, clock.now())
        except Invalid as error:
            db.session.rollback()
            if error.field == "old":
                _record_action("password refused", user)
                db.session.commit()
            else:
                rate_limits.exempt_attempt()
            forms.refuse(form, error)
        else:
            _record_action("user changed password", user)
            _log_in(user)
            flash(
                gettext(
                    "Your password has been changed. Your other sessions have been logged out."
                ),
                "success",
            )
            return redirect(url_for("home.index"))
    return forms.page("public/auth/password.html", form)


@blueprint.route("/invitations/<token>", methods=["GET", "POST"])
def invitation(token: str) -> ResponseReturnValue:
    """The one-time link: choose a password and log in."""
    try:
        found = users.invitation(db.session(), token, clock.now())
    except NotFound:
        return _ended(gettext("It may not have been copied completely. Copy the whole link."), 404)
    except Conflict as error:
        return _ended(str(error))
    form, resets = AcceptForm(), found.user.has_password
    if _is_complete(form):
        try:
            user = users.accept(
                db.session(),
                token,
                form.password.data,
                clock.now(),
                language=i18n.current_language(),
            )
        except Invalid as error:
            db.session.rollback()
            rate_limits.exempt_attempt()
            forms.refuse(form, error)
        except Conflict as error:
            db.session.rollback()
            return _ended(str(error))
        else:
            _record_action("password reset" if resets else "invitation accepted", user)
            _log_in(user)
            flash(
                gettext(
                    "Welcome, %(full_name)s. Next time log in with %(email)s.",
                    full_name=user.full_name,
                    email=user.email,
                ),
                "success",
            )
            return redirect(url_for("home.index"))
    return forms.page("public/auth/invitation.html", form, user=found.user)


def _is_complete(form: forms.Form) -> bool:
    """Whether a form was sent with valid fields; otherwise no password is compared."""
    if form.validate_on_submit():
        return True
    rate_limits.exempt_attempt()
    return False


def _record_action(action: Action, user: User) -> None:
    context.record_action(action, user.email, user.account, by=Actor(user.id, "browser"))


def _record_refusal(email: str) -> None:
    found = queries.by_email(db.session(), email)
    audit.record_refusal(db.session(), found, "user log-in refused", clock.now())
    db.session.commit()
    log.info("a log-in was refused")


def _log_in(user: User) -> None:
    """Log in, and commit."""
    sessions.log_in(user)
    db.session.commit()
    log.info("user %s is logged in", user.id)


def _ended(message: str, status: int = 410) -> ResponseReturnValue:
    return render_template("public/auth/ended.html", message=message), status
