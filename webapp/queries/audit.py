"""The audit trail."""

from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import aliased

from webapp.models import Account, AuditEntry, User
from webapp.queries import access, lists
from webapp.queries.viewer import Viewer

#: The account of the user who acted.
_UserAccount = aliased(Account)


def search(viewer: Viewer, *, text: str = "", action: str = "") -> Select[Any]:
    """Select the entries a viewer may see, the latest first.

    ``named``: whether the viewer may see who acted; partners do not see users of operations.
    """
    query: Any = access.audit_entries(viewer).outerjoin(AuditEntry.user)
    query = query.outerjoin(AuditEntry.account)
    query = query.outerjoin(_UserAccount, _UserAccount.id == User.account_id)
    if action:
        query = query.where(AuditEntry.action == action)
    if text:
        columns = (AuditEntry.subject, AuditEntry.action, User.full_name, User.email)
        query = query.where(lists.contains(text, *columns))
    selected: Select[Any] = query.with_only_columns(
        AuditEntry.at,
        AuditEntry.place,
        AuditEntry.action,
        AuditEntry.subject,
        AuditEntry.details,
        AuditEntry.user_id,
        User.full_name,
        User.email,
        Account.name.label("account_name"),
        access.owns(viewer, _UserAccount).label("named"),
    )
    return selected.order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
