"""The audit trail: who did what, when and from where."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp import clock
from webapp.db import db
from webapp.domain.reasons import Reason
from webapp.messages import sentence
from webapp.models import Account
from webapp.models.user import Role
from webapp.queries import audit as queries
from webapp.services import audit
from webapp.services.audit import Action, Actor
from webapp.views import edge, exports, lists
from webapp.views.edge import roles_required
from webapp.words import Words

blueprint = Blueprint("audit", __name__)

READERS: tuple[Role, ...] = ("operations", "partner_admin")
#: Details that are ids of rows and say nothing to a reader.
INSIDE = ("delta", "user", "feed", "server")
#: In addresses no blanks.
_ACTIONS: dict[str, Action] = {action.replace(" ", "-"): action for action in audit.ACTIONS}
#: What each act is called.
WORDS: dict[Action, Words] = {
    "account added": Words("Account added"),
    "account changed": Words("Account changed"),
    "badge changed": Words("Badge changed"),
    "brand changed": Words("Brand changed"),
    "brand reset": Words("Brand reset"),
    "collection asked for": Words("Collection asked for"),
    "collection cancelled": Words("Collection cancelled"),
    "feed deactivated": Words("Feed deactivated"),
    "feed reactivated": Words("Feed reactivated"),
    "feed removed": Words("Feed removed"),
    "feeds tied": Words("Feeds tied"),
    "held pages decided": Words("Held pages decided"),
    "held pages reopened": Words("Held pages reopened"),
    "mail sent again": Words("Mail sent again"),
    "naming changed": Words("Naming changed"),
    "queue changed": Words("Queue changed"),
    "server checked": Words("Server checked"),
    "server registered": Words("Server registered"),
    "server removed": Words("Server removed"),
    "server renamed": Words("Server renamed"),
    "server token replaced": Words("Server token replaced"),
    "tokens resealed": Words("Tokens resealed"),
    "user disabled": Words("User disabled"),
    "user enabled": Words("User enabled"),
    "user invited": Words("User invited"),
    "user logged in": Words("User logged in"),
    "user changed password": Words("User changed password"),
    "user took the invitation": Words("User took the invitation"),
}
#: What the details of an act are called; any other by its own name.
_DETAILS = {
    "again": Words("Again"),
    "before": Words("Before"),
    "day": Words("Day"),
    "of": Words("Of it"),
    "result": Words("Result"),
    "role": Words("Role"),
    "to": Words("To"),
}


def actor() -> Actor:
    """Whoever acts in this request."""
    return Actor(edge.viewer().user_id, "browser")


def note(
    action: Action,
    subject: str,
    account: Account | None,
    *,
    by: Actor | None = None,
    **details: Any,
) -> None:
    """Note what is done in this request, in the transaction that does it; commit after it."""
    audit.record(
        db.session(),
        by or actor(),
        action,
        subject,
        account_id=audit.concerned(account),
        details=details,
        now=clock.now(),
    )


def _exported(entries: Sequence[Any]) -> Iterable[Sequence[exports.Value]]:
    for entry in entries:
        name = entry.full_name if entry.named else None
        details = (
            f"{name}: {sentence(cast(Reason, value)) if isinstance(value, dict) else value}"
            for name, value in entry.details.items()
            if name not in INSIDE and value
        )
        yield (
            entry.at,
            name or ("" if entry.place == "command" else gettext("Operations")),
            entry.email if name else "",
            entry.place,
            WORDS[cast(Action, entry.action)],
            entry.subject,
            entry.account_name or "",
            "; ".join(details),
        )


_SHEET = exports.Sheet(
    "audit-trail",
    (
        Words("When (UTC)"),
        Words("Who"),
        Words("E-mail"),
        Words("From"),
        Words("What"),
        Words("Of what"),
        Words("Partner"),
        Words("Details"),
    ),
    _exported,
)


@blueprint.get("/audit")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The trail, the latest first: all of it, or a partner's own."""
    text, state = lists.search_text(), lists.filter_choice("state", _ACTIONS)
    action = _ACTIONS[state] if state else ""
    query = queries.search(edge.viewer(), text=text, action=action)
    if exports.wanted():
        return exports.answer(query, _SHEET)
    page = lists.paginate(query)
    return lists.render(
        "audit",
        page,
        q=text,
        state=state,
        actions=_ACTIONS,
        words=WORDS,
        details=_DETAILS,
        zone=edge.user().account.zone,
        inside=INSIDE,
    )
