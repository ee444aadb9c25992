"""The audit trail: who did what, when and from where."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.domain.reasons import Reason
from webapp.messages import sentence
from webapp.models.user import Role
from webapp.queries import audit as queries
from webapp.services.accounts import audit
from webapp.services.accounts.audit import Action
from webapp.views.shared import context, export, listing
from webapp.views.shared.context import roles_required

blueprint = Blueprint("audit", __name__)

READERS: tuple[Role, ...] = ("operations", "partner_admin")
#: Details that are ids of rows, which are not displayed.
INSIDE = ("delta", "user", "feed", "server")
#: In addresses no blanks.
_ACTIONS: dict[str, Action] = {action.replace(" ", "-"): action for action in audit.ACTIONS}
#: The name of each action.
ACTION_LABELS: dict[Action, LazyString] = {
    "account added": _l("Account added"),
    "account changed": _l("Account changed"),
    "badge changed": _l("Badge changed"),
    "brand changed": _l("Brand changed"),
    "brand reset": _l("Brand reset"),
    "collection cancelled": _l("Collection canceled"),
    "collection requested": _l("Collection requested"),
    "deltas reviewed": _l("Cases reviewed"),
    "email resent": _l("Email resent"),
    "feed changed": _l("Feed changed"),
    "feed deactivated": _l("Feed deactivated"),
    "feed reactivated": _l("Feed reactivated"),
    "feed relinked": _l("Feed reconnected"),
    "feed removed": _l("Feed removed"),
    "feeds connected": _l("Feeds connected"),
    "invitation accepted": _l("Invitation accepted"),
    "month closed": _l("Month closed"),
    "name sharing changed": _l("Name sharing changed"),
    "password reset": _l("Password reset"),
    "password reset requested": _l("Password reset requested"),
    "password refused": _l("Wrong password"),
    "pages recounted": _l("Pages recounted"),
    "queue changed": _l("Queue changed"),
    "review reopened": _l("Review reopened"),
    "server approved": _l("Server approved"),
    "server checked": _l("Server checked"),
    "server registered": _l("Server added"),
    "server removed": _l("Server removed"),
    "server renamed": _l("Server renamed"),
    "server token replaced": _l("Server token replaced"),
    "tokens re-encrypted": _l("Tokens re-encrypted"),
    "tries limited": _l("Too many attempts"),
    "user changed password": _l("User changed password"),
    "user disabled": _l("User disabled"),
    "user enabled": _l("User enabled"),
    "user invited": _l("User invited"),
    "user log-in refused": _l("Login refused"),
    "user logged in": _l("User logged in"),
    "user logged out": _l("User logged out"),
    "user logged out everywhere": _l("User logged out everywhere"),
}
#: The labels of details; others have their own name.
_DETAILS = {
    "after": _l("After"),
    "again": _l("Link"),
    "before": _l("Before"),
    "day": _l("Day"),
    "devices": _l("Devices"),
    "of": _l("Item"),
    "pause": _l("Pages printed while inactive"),
    "result": _l("Result"),
    "role": _l("Role"),
    "to": _l("To"),
}


def _exported(entries: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
    for entry in entries:
        name = entry.full_name if entry.named else None
        details = (
            f"{name}: {sentence(cast(Reason, value)) if isinstance(value, dict) else value}"
            for name, value in entry.details.items()
            if name not in INSIDE and value
        )
        yield (
            entry.at,
            name or _actor(entry),
            entry.email if name else "",
            entry.place,
            str(ACTION_LABELS[cast(Action, entry.action)]),
            entry.subject,
            entry.account_name or "",
            "; ".join(details),
        )


def _actor(entry: Any) -> str:
    """Return the actor of an entry whose user the viewer does not see."""
    if entry.place == "command":
        return ""
    return gettext("Operations") if entry.user_id else gettext("Not logged in")


_SHEET = export.Sheet(
    "audit-trail",
    (
        _l("When (UTC)"),
        _l("Who"),
        _l("Email"),
        _l("From"),
        _l("Action"),
        _l("Item"),
        _l("Partner"),
        _l("Details"),
    ),
    _exported,
)


@blueprint.get("/audit")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The trail, the latest first: all of it, or a partner's own."""
    text, state = listing.search_text(), listing.filter_choice("state", _ACTIONS)
    action = _ACTIONS[state] if state else ""
    query = queries.search(context.viewer(), text=text, action=action)
    if export.requested():
        return export.respond(query, _SHEET)
    page = listing.paginate(query)
    return listing.render(
        "audit",
        page,
        q=text,
        state=state,
        actions=_ACTIONS,
        labels=ACTION_LABELS,
        details=_DETAILS,
        zone=context.user().account.zone,
        inside=INSIDE,
    )
