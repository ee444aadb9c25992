"""Visit: who asks, and what every page shows of it, in one statement.

A page shows its user, the brand of the partner and how many gains wait; and what it lists are
mostly the feeds of a partner's servers, which are few enough to be named.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import String, and_, bindparam, case, cast, func, select
from sqlalchemy.orm import Session, aliased, contains_eager

from webapp.models import Account, Brand, Delta, Logo, Server, User
from webapp.services import access, brands
from webapp.services.access import Viewer
from webapp.services.brands import Look


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks; ``look``: what its pages bear (None: ours), ``held``: the gains that wait."""

    user: User
    viewer: Viewer
    look: Look | None
    held: int


def of(session: Session, user_id: int, stamp: str) -> Visit | None:
    """The visit of a session's user; None when the password has changed or the user is disabled."""
    row = session.execute(_VISIT, {"user": user_id, "stamp": stamp}).first()
    if row is None:
        return None
    user, brand, name, colour, digest, width, height, servers, held = row
    account = user.account
    owner = account.partner or account
    look = brands.borne(owner.name, name, colour, digest, width, height) if brand else None
    viewer = Viewer.of(user, [int(number) for number in servers.split()] if servers else ())
    return Visit(user, viewer, look, held)


_Partner = aliased(Account, name="partner")
_SERVERS = select(func.aggregate_strings(cast(Server.id, String), " ")).where(
    Server.account_id == User.account_id
)
_HELD = select(func.count()).select_from(Delta).where(access.IS_HELD)
# Whose servers they are is asked for by itself, so that it is found once, not for each gain.
_asking = aliased(User, name="asking")
_OWN_SERVERS = select(Server.id).where(
    Server.account_id
    == select(_asking.account_id).where(_asking.id == bindparam("user")).scalar_subquery()
)
_OWN_HELD = _HELD.where(Delta.server_id.in_(_OWN_SERVERS))
_VISIT = (
    select(
        User,
        Brand.account_id,
        Brand.name,
        Brand.colour,
        Brand.logo_digest,
        Logo.width,
        Logo.height,
        _SERVERS.scalar_subquery(),
        case(
            (User.role == "customer", 0),
            (User.role == "operations", _HELD.scalar_subquery()),
            else_=_OWN_HELD.scalar_subquery(),
        ),
    )
    .join(User.account)
    .outerjoin(_Partner, Account.partner)
    .outerjoin(
        Brand,
        and_(
            Account.kind != "operations",
            Brand.account_id == func.coalesce(Account.partner_id, Account.id),
        ),
    )
    .outerjoin(Logo, Logo.digest == Brand.logo_digest)
    .where(
        User.id == bindparam("user"),
        User.session_stamp == bindparam("stamp"),
        User.disabled_at.is_(None),
    )
    .options(contains_eager(User.account).contains_eager(Account.partner.of_type(_Partner)))
)
