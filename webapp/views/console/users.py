"""Users: invited by a one-time link, which is emailed, or displayed once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from wtforms import EmailField, RadioField, StringField
from wtforms.validators import DataRequired

from webapp import clock
from webapp.db import db
from webapp.domain.reasons import reason
from webapp.errors import Conflict, Invalid
from webapp.extensions import public_url_for
from webapp.models import Account, User
from webapp.models.user import ROLES, Role
from webapp.queries import access
from webapp.queries import users as queries
from webapp.queries.lists import COUNT_TO
from webapp.services.accounts import users
from webapp.services.notifications import access_emails
from webapp.views.shared import context, export, forms, listing
from webapp.views.shared.confirmation import confirmation_required, typed_values
from webapp.views.shared.context import CHANGERS, READERS, roles_required

blueprint = Blueprint("users", __name__)

ROLE_LABELS: dict[Role, LazyString] = {
    "operations": _l("Operations"),
    "partner_admin": _l("Administrator"),
    "partner_viewer": _l("Viewer"),
    "customer": _l("Customer"),
}
_ROLE_CHOICES: dict[Role, LazyString] = {
    "operations": _l("Operations: sees and changes everything"),
    "partner_admin": _l("Administrator: sees and changes the partner and its customers"),
    "partner_viewer": _l("Viewer: sees the same, but cannot change anything"),
    "customer": _l("Customer: sees the customer’s own pages and certificates"),
}

State = Literal["active", "invited", "expired", "disabled"]


@dataclass(frozen=True, slots=True)
class Invited:
    """The state of an invitation: ``until`` is its expiry, past or future."""

    state: State
    until: datetime | None = None


class InviteForm(forms.Form):
    """The person to invite."""

    full_name = StringField(_l("Full name"), [DataRequired(_l("Enter the user’s full name."))])
    email = EmailField(
        _l("Email"),
        [DataRequired(_l("Enter the email the user will log in with."))],
        description=_l("Used to log in."),
    )
    role = RadioField(_l("Role"), [DataRequired(_l("Choose a role."))])


def _exported(found: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
    for user in found:
        yield (
            user.full_name,
            user.email,
            user.account_name,
            str(ROLE_LABELS[user.role]),
            _state(user, user.invited_until).state,
            user.created_at,
        )


_SHEET = export.Sheet(
    "users",
    (
        _l("Name"),
        _l("Email"),
        _l("Account"),
        _l("Role"),
        _l("State"),
        _l("Added (UTC)"),
    ),
    _exported,
)


@blueprint.get("/users")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The users of the accounts a viewer may see."""
    text, role = listing.search_text(), listing.filter_choice("role", ROLES)
    sort = listing.sort_choice(queries.COLUMNS, "name")
    query = queries.search(context.viewer(), text=text, role=role, sort=sort)
    if export.requested():
        return export.respond(query, _SHEET)
    page = listing.paginate(query, count_to=COUNT_TO if text else None)
    return listing.render(
        "users",
        page,
        q=text,
        role=role,
        roles=_roles_seen(),
        labels=ROLE_LABELS,
        heading=partial(listing.heading, sort),
        states={user.id: _state(user, user.invited_until) for user in page.items},
    )


@blueprint.route("/users/new", methods=["GET", "POST"])
@roles_required(*CHANGERS)
@confirmation_required(cancel="users.index", fields=("full_name", "email", "role"))
def new() -> ResponseReturnValue:
    """Invite a person to the account in the address, or to the user's."""
    account = _account()
    form = InviteForm(data=typed_values())
    form.role.choices = [(role, _ROLE_CHOICES[role]) for role in users.roles_of(account)]
    if len(form.role.choices) == 1 and form.role.data is None:
        form.role.data = form.role.choices[0][0]
    if form.validate_on_submit():
        try:
            user, token = users.invite(
                db.session(),
                account,
                email=form.email.data,
                full_name=form.full_name.data,
                role=form.role.data,
                now=clock.now(),
            )
        except Invalid as error:
            db.session.rollback()
            account = _account()
            forms.refuse(form, error)
        else:
            context.record_action("user invited", user.email, account, role=user.role)
            return _sent(user) if _emails() else _link(user, token)
    return forms.page("console/users/new.html", form, account=account)


@blueprint.get("/users/<int:user_id>")
@roles_required(*READERS)
def show(user_id: int) -> ResponseReturnValue:
    """A user, and the possible actions."""
    user = access.user(db.session(), context.viewer(), user_id)
    return render_template(
        "console/users/show.html",
        user=user,
        invited=_state(user, queries.invited_until(db.session(), user.id)),
        labels=ROLE_LABELS,
        is_self=user.id == context.viewer().user_id,
    )


@blueprint.post("/users/<int:user_id>/invite")
@roles_required(*CHANGERS)
@confirmation_required("users.show", cancel="users.show")
def invite(user_id: int) -> ResponseReturnValue:
    """Create a link to choose a password, the first or a new one."""
    user = access.user(db.session(), context.viewer(), user_id)
    token = users.invite_again(db.session(), user, clock.now())
    context.record_action("user invited", user.email, user.account, again=reason("new_link"))
    return _sent(user) if _emails() else _link(user, token)


@blueprint.route("/users/<int:user_id>/disable", methods=["GET", "POST"])
@roles_required(*CHANGERS)
@confirmation_required(cancel="users.show")
def disable(user_id: int) -> ResponseReturnValue:
    """Disable a user, after confirmation."""
    viewer = context.viewer()
    user = access.user(db.session(), viewer, user_id)
    if user.id == viewer.user_id:
        raise Conflict(gettext("You cannot disable yourself; another administrator can."))
    form = forms.ConfirmForm()
    if form.validate_on_submit():
        is_changed = users.disable(db.session(), user, clock.now(), by=viewer.user_id)
        if is_changed:
            context.record_action("user disabled", user.email, user.account)
        db.session.commit()
        name = user.full_name
        if is_changed:
            message = gettext(
                "%(full_name)s has been disabled and logged out everywhere.", full_name=name
            )
        else:
            message = gettext("%(full_name)s is already disabled.", full_name=name)
        flash(message, "success")
        return redirect(url_for("users.show", user_id=user_id))
    return render_template("console/users/disable.html", user=user)


@blueprint.post("/users/<int:user_id>/enable")
@roles_required(*CHANGERS)
@confirmation_required("users.show", cancel="users.show")
def enable(user_id: int) -> ResponseReturnValue:
    """Enable a user."""
    user = access.user(db.session(), context.viewer(), user_id)
    is_changed = users.enable(db.session(), user)
    if is_changed:
        context.record_action("user enabled", user.email, user.account)
    db.session.commit()
    if is_changed:
        message = gettext("%(full_name)s can log in again.", full_name=user.full_name)
    else:
        message = gettext("%(full_name)s is not disabled.", full_name=user.full_name)
    flash(message, "success")
    return redirect(url_for("users.show", user_id=user_id))


def _emails() -> bool:
    """Whether the button that was pressed emails the link."""
    return request.form.get("delivery") == "email"


def _sent(user: User) -> ResponseReturnValue:
    """Email a link; commit."""
    access_emails.enqueue(db.session(), user, "invitation", clock.now())
    db.session.commit()
    flash(gettext("An email with a link is on its way to %(email)s.", email=user.email), "success")
    return redirect(url_for("users.show", user_id=user.id))


def _link(user: User, token: str) -> ResponseReturnValue:
    """Commit, and render the link; only its hash is stored, so it is displayed once."""
    db.session.commit()
    address = public_url_for("auth.invitation", token=token)
    days = users.VALID.days
    return make_response(
        render_template("console/users/invited.html", user=user, link=address, days=days), 201
    )


def _account() -> Account:
    viewer = context.viewer()
    account_id = listing.target_id("account") or viewer.account_id
    if account_id is None:
        abort(404)
    return access.account(db.session(), viewer, account_id)


def _roles_seen() -> list[Role]:
    """Return the roles of users that a viewer may see."""
    return [role for role in ROLES if context.viewer().is_operations or role != "operations"]


def _state(user: Any, until: datetime | None) -> Invited:
    if user.disabled_at is not None:
        return Invited("disabled")
    if until is not None and until > clock.now():
        return Invited("active" if user.has_password else "invited", until)
    return Invited("active" if user.has_password else "expired", until)
