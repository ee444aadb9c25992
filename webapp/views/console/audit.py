"""The audit trail: who did what, when and from where."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from webapp.db import db
from webapp.models.user import Role
from webapp.queries import audit as queries
from webapp.queries import reconciliation
from webapp.services.accounts import audit
from webapp.services.accounts.audit import Action
from webapp.views.console import audit_details
from webapp.views.shared import context, export, listing
from webapp.views.shared.context import roles_required

blueprint = Blueprint("audit", __name__)

AUDIT_READERS: tuple[Role, ...] = ("operations", "partner_admin")
#: Users that the filter offers; entries of others are found by their name.
_MOST_USERS = 500
#: In addresses no blanks.
_ACTIONS: dict[str, Action] = {action.replace(" ", "-"): action for action in audit.ACTIONS}
#: The name of each action.
ACTION_LABELS: dict[Action, LazyString] = {
    "account added": _l("Account added"),
    "account changed": _l("Account changed"),
    "badge changed": _l("Badge changed"),
    "brand changed": _l("Brand changed"),
    "brand reset": _l("Brand reset"),
    "certificate minimum changed": _l("Minimum for a certificate changed"),
    "collection cancelled": _l("Collection canceled"),
    "collection requested": _l("Collection requested"),
    "deltas reviewed": _l("Cases reviewed"),
    "email resent": _l("Email resent"),
    "equivalent changed": _l("Water or CO₂ changed"),
    "feed changed": _l("Feed changed"),
    "feed deactivated": _l("Feed deactivated"),
    "feed note added": _l("Note added to a feed"),
    "feed note deleted": _l("Note of a feed deleted"),
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
    "user changed email": _l("User changed email"),
    "user changed password": _l("User changed password"),
    "user disabled": _l("User disabled"),
    "user enabled": _l("User enabled"),
    "user changed name": _l("User changed name"),
    "user invited": _l("User invited"),
    "user log-in refused": _l("Login refused"),
    "user logged in": _l("User logged in"),
    "user logged out": _l("User logged out"),
    "user logged out everywhere": _l("User logged out everywhere"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry for the page and exports.

    ``entry``: None if it cannot be read; ``details``: labels and texts; None if they cannot be
    read.
    """

    number: int
    entry: Any | None
    action: str | LazyString
    details: Sequence[tuple[str, str]] | None


def _shown(found: Sequence[Any]) -> list[Shown]:
    """Return the entries of rows that have their ids."""
    ids = [row.id for row in found]
    entries = queries.entries(db.session(), context.viewer(), ids)
    return [
        Shown(number, entry, _action(entry), audit_details.texts(entry))
        for number, entry in zip(ids, entries, strict=True)
    ]


def _action(entry: Any | None) -> str | LazyString:
    """Return the name of an action; one that was changed in the database has none."""
    action = str(entry.action) if entry else ""
    return ACTION_LABELS.get(cast(Action, action), action)


def _unreadable(number: int) -> str:
    return gettext(
        "Entry %(number)s was changed in the database and cannot be read.", number=number
    )


def _exported(found: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
    for one in _shown(found):
        entry = one.entry
        if entry is None:
            yield (None,) * 7 + (_unreadable(one.number),)
            continue
        name = entry.full_name if entry.named else None
        details = [f"{label}: {text}" for label, text in one.details or ()]
        yield (
            entry.at,
            name or _actor(entry),
            entry.email if name else "",
            entry.place,
            str(one.action),
            entry.subject,
            entry.account_name or "",
            _unreadable(one.number) if one.details is None else "; ".join(details),
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
@roles_required(*AUDIT_READERS)
def index() -> ResponseReturnValue:
    """The trail, the latest first: all of it, or a partner's own."""
    text, state = listing.search_text(), listing.filter_choice("state", _ACTIONS)
    action = _ACTIONS[state] if state else ""
    first, last = listing.filter_day("from"), listing.filter_day("to")
    viewer, zone, user_id = context.viewer(), context.user().zone, listing.filter_id("user")
    query = queries.search(
        viewer,
        text=text,
        action=action,
        user_id=user_id,
        since=_midnight(first, zone),
        until=_midnight(last and last + timedelta(days=1), zone),
    )
    if export.requested():
        return export.respond(query, _SHEET)
    page = listing.paginate(query)
    latest = reconciliation.latest(db.session()) if viewer.is_operations else None
    return listing.render(
        "audit",
        page,
        entries=_shown(page.items),
        unreadable=_unreadable,
        is_complete=latest is None or latest.audit_complete,
        q=text,
        state=state,
        actions=sorted(
            ((value, str(ACTION_LABELS[action])) for value, action in _ACTIONS.items()),
            key=lambda pair: pair[1].casefold(),
        ),
        zone=zone,
        first=first,
        last=last,
        user_id=user_id,
        users=queries.actors(db.session(), viewer, _MOST_USERS),
    )


def _midnight(day: date | None, zone: ZoneInfo) -> datetime | None:
    """Return the begin of a day in a zone."""
    return datetime.combine(day, time(), tzinfo=zone) if day else None
