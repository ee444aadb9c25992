"""Visit: who asks, and what every page shows of it, in one statement.

A page shows its user, the brand of the partner and how many gains wait; and what it lists are
mostly the feeds of a partner's servers, which are few enough to be named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import String, and_, bindparam, case, cast, func, select
from sqlalchemy.orm import Session, aliased

from webapp import asking
from webapp.models import Account, Brand, Delta, Logo, Server, User
from webapp.models.account import InPlace
from webapp.models.user import Role
from webapp.queries import access
from webapp.queries.access import Viewer
from webapp.services import brands
from webapp.services.brands import Look


@dataclass(frozen=True, slots=True)
class OwnAccount(InPlace):
    """The account of whoever asks, as far as pages show it; ``partner``: of a customer."""

    id: int
    kind: str
    name: str
    time_zone: str | None
    country: str | None
    region: str | None
    partner: OwnAccount | None


@dataclass(frozen=True, slots=True)
class Asker:
    """The user who asks, as far as pages show it; whatever changes one loads it as a ``User``."""

    id: int
    account_id: int
    full_name: str
    email: str
    role: Role
    language: str | None
    account: OwnAccount

    # What Flask-Login asks of a user.
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True
    is_anonymous: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks; ``look``: what its pages bear (None: ours), ``held``: the gains that wait."""

    user: Asker
    viewer: Viewer
    look: Look | None
    held: int


def of(session: Session, user_id: int, stamp: str) -> Visit | None:
    """The visit of a session's user; None when the password has changed or the user is disabled."""
    found = asking.rows(session, _VISIT, {"user": user_id, "stamp": stamp})
    if not found:
        return None
    row = found[0]
    partner = None
    if row.partner_id is not None:
        partner = OwnAccount(
            row.partner_id,
            "partner",
            row.partner_name,
            row.partner_zone,
            row.partner_country,
            row.partner_region,
            None,
        )
    account = OwnAccount(
        row.account_id,
        row.kind,
        row.account_name,
        row.time_zone,
        row.country,
        row.region,
        partner,
    )
    user = Asker(row.id, row.account_id, row.full_name, row.email, row.role, row.language, account)
    look = None
    if row.branded is not None:
        owner = partner or account
        look = brands.borne(
            owner.name, row.brand, row.colour, row.logo_digest, row.width, row.height
        )
    servers = tuple(int(number) for number in row.servers.split()) if row.servers else ()
    return Visit(user, Viewer(user.role, user.account_id, user.id, servers), look, row.held)


def user(session: Session, user_id: int, stamp: str) -> User | None:
    """The user alone, for a request that may change something."""
    return session.scalar(_USER, {"user": user_id, "stamp": stamp})


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
_IS_THE_ONE = and_(
    User.id == bindparam("user"),
    User.session_stamp == bindparam("stamp"),
    User.disabled_at.is_(None),
)
_USER = select(User).where(_IS_THE_ONE)
_VISIT: Any = (
    select(
        User.id,
        User.account_id,
        User.full_name,
        User.email,
        User.role,
        User.language,
        Account.kind,
        Account.name.label("account_name"),
        Account.time_zone,
        Account.country,
        Account.region,
        Account.partner_id,
        _Partner.name.label("partner_name"),
        _Partner.time_zone.label("partner_zone"),
        _Partner.country.label("partner_country"),
        _Partner.region.label("partner_region"),
        Brand.account_id.label("branded"),
        Brand.name.label("brand"),
        Brand.colour,
        Brand.logo_digest,
        Logo.width,
        Logo.height,
        _SERVERS.scalar_subquery().label("servers"),
        case(
            (User.role == "customer", 0),
            (User.role == "operations", _HELD.scalar_subquery()),
            else_=_OWN_HELD.scalar_subquery(),
        ).label("held"),
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
    .where(_IS_THE_ONE)
)
