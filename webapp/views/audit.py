"""The audit trail: who did what, when and from where."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, bindparam, or_
from sqlalchemy.orm import aliased, joinedload

from webapp import asking, clock
from webapp.db import db
from webapp.models import Account, AuditEntry, User
from webapp.models.user import Role
from webapp.queries import access
from webapp.services import audit
from webapp.services.audit import Action, Actor
from webapp.views import edge, exports, lists
from webapp.views.edge import roles_required
from webapp.words import Words, gettext

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


def _exported(entries: Sequence[AuditEntry]) -> Iterable[Sequence[exports.Value]]:
    seen = _people_seen(entries)
    for entry in entries:
        named = entry.user if entry.user_id in seen else None
        details = (f"{k}: {v}" for k, v in entry.details.items() if k not in INSIDE and v)
        yield (
            entry.at,
            named.full_name if named else "" if entry.place == "command" else gettext("Operations"),
            named.email if named else "",
            entry.place,
            WORDS[cast(Action, entry.action)],
            entry.subject,
            entry.account.name if entry.account else "",
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


#: The trail grows for ever, and nobody leafs through to its end.
_COUNTED = 1_000
#: The account of whoever acted.
_OF_USER = aliased(Account)
#: What a row of the list shows: entities would be made anew for each.
_SHOWN: tuple[Any, ...] = (
    AuditEntry.at,
    AuditEntry.place,
    AuditEntry.action,
    AuditEntry.subject,
    AuditEntry.details,
    AuditEntry.user_id,
    User.full_name,
    Account.name.label("account_name"),
)


@blueprint.get("/audit")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The trail, the latest first: all of it, or a partner's own."""
    text, state = lists.searched(), lists.chosen("state", _ACTIONS)
    listing = _listing(edge.viewer(), state, searched=bool(text))
    if exports.wanted():
        return exports.answer(listing.whole, _SHEET, lists.wanted(text))
    page = lists.paged(listing, lists.wanted(text))
    return lists.page(
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


@lists.kept
def _listing(viewer: access.Viewer, state: str, *, searched: bool) -> lists.Listing:
    query = access.audit_entries(viewer)
    if state:
        query = query.where(AuditEntry.action == _ACTIONS[state])
    if searched:
        query = query.outerjoin(AuditEntry.user)
        names = (AuditEntry.subject, AuditEntry.action, User.full_name, User.email)
        query = query.where(or_(*map(lists.holds, names)))
    query = query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    shown = query if searched else query.outerjoin(AuditEntry.user)
    named = (joinedload(AuditEntry.user), joinedload(AuditEntry.account))
    return lists.Listing(
        shown.outerjoin(AuditEntry.account)
        .outerjoin(_OF_USER, _OF_USER.id == User.account_id)
        .with_only_columns(*_SHOWN, access.owns(viewer, _OF_USER).label("seen")),
        counting=query,
        count_to=_COUNTED,
        short=searched,
        whole=query.options(*named),
    )


def _people_seen(entries: Sequence[Any]) -> set[int]:
    """The users of these entries who may be named to the viewer: operations are not to partners."""
    ids = {entry.user_id for entry in entries if entry.user_id is not None}
    if not ids:
        return set()
    rows = asking.rows(db.session(), _people(edge.viewer()), {"users": list(ids)})
    return {row.id for row in rows}


@lists.kept
def _people(viewer: access.Viewer) -> Select[Any]:
    among = User.id.in_(bindparam("users", expanding=True))
    return access.users(viewer).where(among).with_only_columns(User.id)
