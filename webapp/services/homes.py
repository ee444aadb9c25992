"""Home: what the first page says of servers, feeds and pages, in one question to the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    String,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from webapp.asking import Question
from webapp.db import at_most, constant, month_in_digits
from webapp.domain.months import Month
from webapp.models import (
    Account,
    Certificate,
    Device,
    Feed,
    PartnerMonth,
    Reconciliation,
    Server,
    ServerDay,
    User,
)
from webapp.queries import access
from webapp.queries.access import Viewer
from webapp.services import totals
from webapp.services.metering.deposits import DayPages


@dataclass(frozen=True, slots=True)
class Beginning:
    """How far a partner has come; the checklist goes when all is done."""

    has_server: bool
    has_feed: bool
    has_reading: bool
    has_customer_user: bool
    has_certificate: bool

    @property
    def counts(self) -> bool:
        """Whether pages are being counted: the rest can wait."""
        return self.has_server and self.has_feed and self.has_reading

    @property
    def is_over(self) -> bool:
        """Whether everything is done."""
        return self.counts and self.has_customer_user and self.has_certificate


@dataclass(frozen=True, slots=True)
class Home:
    """``servers``: by health; ``feeds``: ``all`` but removed ones, those that are ``inactive``, and
    the others by health; ``months``: pages by the month they are counted in. ``accounts`` (by
    kind) are told to operations alone, who get this month's pages only, and ``differences``: how
    many the latest comparison found; days, certified pages and the beginning are a partner's.
    """

    servers: Mapping[str, int]
    feeds: Mapping[str, int]
    accounts: Mapping[str, int]
    months: Mapping[Month, int]
    days: Sequence[DayPages]
    certified: int
    beginning: Beginning
    differences: int


@dataclass(frozen=True, slots=True)
class PartnerCounts:
    """Of each of some partners, by its id; those without any are left out."""

    customers: Mapping[int, int]
    servers: Mapping[int, tuple[int, int]]
    pages: Mapping[int, int]


def of(viewer: Viewer, today: date, first: date, last: date) -> Question[Home]:
    """The home of operations or of a partner, with the pages of the days ``first`` to ``last``."""
    values: dict[str, Any] = {"month": str(Month.of(today))}
    if not viewer.is_operations:
        values = {"partner": viewer.account_id, "first": first, "last": last}
    return Question(_question(viewer.is_operations), values, lambda rows: _told(rows, first, last))


def _told(rows: Sequence[Any], first: date, last: date) -> Home:
    told: dict[str, dict[str, int]] = defaultdict(dict)
    pages: dict[date, int] = {}
    for of, what, day, number in rows:
        if day is not None:
            pages[day] = int(number)
        else:
            told[of][what] = int(number or 0)
    feeds = {**dict.fromkeys(("healthy", "unhealthy", "pending", "inactive"), 0), **told["feed"]}
    feeds["all"] = sum(feeds.values())
    steps = told["step"]
    begun = Beginning(
        has_server=bool(told["server"]),
        has_feed=bool(feeds["all"]),
        has_reading=bool(steps.get("device")),
        has_customer_user=bool(steps.get("user")),
        has_certificate=bool(steps.get("certificate")),
    )
    return Home(
        servers=told["server"],
        feeds=feeds,
        accounts=told["account"],
        months={Month.parse(one): number for one, number in told["month"].items() if number},
        days=totals.all_days(pages, first, last),
        certified=told["certified"].get("all", 0),
        beginning=begun,
        differences=told["compared"].get("differences", 0),
    )


_OF_SERVERS: BindParameter[int] = bindparam("servers", expanding=True)
_FEEDS_BY_HEALTH = (
    select(Feed.server_id, Feed.status, Feed.health, func.count())
    .where(Feed.server_id.in_(_OF_SERVERS), access.IS_TIED)
    .group_by(Feed.server_id, Feed.status, Feed.health)
)


def feeds_by_health(server_ids: Sequence[int]) -> Question[dict[int, dict[str, int]]]:
    """How many feeds each server has, by health; inactive ones apart, removed ones left out."""
    return Question(_FEEDS_BY_HEALTH, {"servers": list(server_ids)}, _by_health)


def _by_health(rows: Sequence[Any]) -> dict[int, dict[str, int]]:
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for server_id, status, health, feeds in rows:
        found[server_id]["inactive" if status == "inactive" else health] += feeds
    return {server_id: {**counts} for server_id, counts in found.items()}


def partner_counts(partner_ids: Collection[int], month: Month) -> Question[PartnerCounts]:
    """Customers, servers (all, unhealthy) and the pages counted in a month, of each partner."""
    values = {"partners": list(partner_ids), "month": str(month)}
    return Question(_counts_of(), values, _counts_told)


def counts_of_partners(partners: Select[Any], month: Month) -> Question[PartnerCounts]:
    """The same of those whose ids a query tells; it is made once, for it is remembered."""
    return Question(_counts_of(partners, month), None, _counts_told)


def _counts_told(rows: Sequence[Any]) -> PartnerCounts:
    return PartnerCounts(
        {partner: int(number) for of, partner, number, _ in rows if of == "customers"},
        {partner: (int(all_), int(bad)) for of, partner, all_, bad in rows if of == "servers"},
        {partner: int(pages) for of, partner, pages, _ in rows if of == "pages"},
    )


_compared = (
    select(Reconciliation.differences)
    .order_by(Reconciliation.at.desc(), Reconciliation.id.desc())
    .limit(at_most(1))
    .subquery()
)


@lru_cache(maxsize=2)
def _question(is_operations: bool) -> CompoundSelect[Any]:
    """Every part answers with rows of one shape: what of, a word, a day, a number."""
    servers = _part("server", Server.health, func.count()).where(Server.removed_at.is_(None))
    servers = servers.group_by(Server.health)
    if is_operations:
        month: BindParameter[str] = bindparam("month", type_=String)
        return union_all(
            servers,
            _feeds(),
            _part("month", month, func.sum(ServerDay.pages)).where(ServerDay.counted_in == month),
            _part("account", Account.kind, func.count()).group_by(Account.kind),
            _part("compared", "differences", func.json_array_length(_compared.c.differences)),
        )
    partner: BindParameter[int] = bindparam("partner")
    own = select(Server.id).where(Server.account_id == partner)
    days = (
        _part("day", "of_server", func.sum(ServerDay.pages), ServerDay.day)
        .where(ServerDay.server_id.in_(own))
        .where(ServerDay.day.between(bindparam("first", type_=Date), bindparam("last", type_=Date)))
        .group_by(ServerDay.day)
    )
    months = _part("month", ServerDay.counted_in, func.sum(ServerDay.pages))
    customers = select(Account.id).where(Account.partner_id == partner)
    steps: dict[str, Select[Any]] = {
        "device": select(Device.id).join(Device.feed).where(Feed.server_id.in_(own)),
        "user": select(User.id).where(User.role == "customer", User.account_id.in_(customers)),
        "certificate": select(Certificate.id).where(Certificate.account_id.in_(customers)),
    }
    return union_all(
        servers.where(Server.account_id == partner),
        _feeds().where(Feed.server_id.in_(own)),
        months.where(ServerDay.server_id.in_(own)).group_by(ServerDay.counted_in),
        days,
        _part("certified", "all", func.sum(PartnerMonth.pages)).where(
            PartnerMonth.partner_id == partner
        ),
        *(_part("step", name, case((query.exists(), 1), else_=0)) for name, query in steps.items()),
    )


def _feeds() -> Any:
    """All feeds but removed ones, those that are inactive apart."""
    how = case((Feed.status == constant("inactive"), constant("inactive")), else_=Feed.health)
    return _part("feed", how, func.count()).where(access.IS_TIED).group_by(how)


def _part(of: str, what: Any, number: Any, day: Any = None) -> Any:
    """A part of the question, with columns of the same types as every other.

    A day stays one: as text it would be written as the database's settings have it.
    """
    return select(
        constant(of).label("of"),
        cast(constant(what) if isinstance(what, str) else what, String).label("what"),
        (cast(null(), Date) if day is None else day).label("day"),
        cast(number, BigInteger).label("number"),
    )


@lru_cache(maxsize=8)
def _counts_of(among: Select[Any] | None = None, month: Month | None = None) -> CompoundSelect[Any]:
    """Of the partners that a query tells, in a month; of those given with both without."""
    named: BindParameter[int] = bindparam("partners", expanding=True)
    partners: Any = named if among is None else select(among.subquery())
    counted_in: Any = bindparam("month") if month is None else month_in_digits(month)
    zero: ColumnElement[int] = literal_column("0")
    bad = func.count().filter(Server.health == constant("unhealthy"))
    return union_all(
        select(constant("customers"), Account.partner_id, func.count(), zero)
        .where(Account.partner_id.in_(partners))
        .group_by(Account.partner_id),
        select(constant("servers"), Server.account_id, func.count(), bad)
        .where(Server.account_id.in_(partners), Server.removed_at.is_(None))
        .group_by(Server.account_id),
        select(constant("pages"), Server.account_id, func.sum(ServerDay.pages), zero)
        .join(Server, Server.id == ServerDay.server_id)
        .where(Server.account_id.in_(partners), ServerDay.counted_in == counted_in)
        .group_by(Server.account_id),
    )
