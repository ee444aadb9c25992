"""Seen: an account, a server, a feed or a held gain as its page shows it.

A page that only shows one asks for its columns: to make entities of them, and of the accounts they
belong to, takes longer than to ask. What changes one loads the entity.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Select, bindparam
from sqlalchemy.orm import aliased

from webapp.asking import Question
from webapp.errors import NotFound
from webapp.models import Account, Delta, Device, Feed, Server
from webapp.models.account import InPlace, Speaking
from webapp.queries import access
from webapp.queries.access import Viewer

Noun = TypeVar("Noun")
#: Made once for a viewer, as everything that ``asking`` translates.
_kept = lru_cache(maxsize=512)
_Partner = aliased(Account, name="partner")


@dataclass(frozen=True, slots=True)
class SeenAccount(InPlace, Speaking):
    """An account; ``partner``: that of a customer."""

    id: int
    kind: str
    name: str
    partner_id: int | None
    time_zone: str | None
    country: str | None
    region: str | None
    language: str | None
    created_at: datetime
    partner: SeenAccount | None


@dataclass(frozen=True, slots=True)
class SeenServer:
    """A server, and its partner."""

    id: int
    name: str
    health: str
    health_reason: str | None
    health_checked_at: datetime
    health_changed_at: datetime
    created_at: datetime
    removed_at: datetime | None
    account: SeenAccount

    @property
    def paused(self) -> bool:
        """Whether collection waits for a health check to pass."""
        return self.health == "unhealthy"


@dataclass(frozen=True, slots=True)
class ServerOfFeed:
    """The server of a feed."""

    name: str
    paused: bool


@dataclass(frozen=True, slots=True)
class SeenFeed:
    """A feed, its account and its server."""

    id: int
    server_id: int
    customer_id: str | None
    customer_name: str
    status: str
    health: str
    health_changed_at: datetime
    heard_on: date | None
    created_at: datetime
    activated_at: datetime | None
    removed_at: datetime | None
    account: SeenAccount
    server: ServerOfFeed


@dataclass(frozen=True, slots=True)
class SeenGain:
    """A gain, with what tells whose printer gained it."""

    id: int
    device_id: int
    feed_id: int
    since: date
    day: date
    pages: int
    state: str
    held_for: str | None
    proposed: int | None
    reason: str | None
    decided_at: datetime | None
    decided_by: int | None
    asset_id: str
    serial_number: str
    customer_name: str
    account: SeenAccount


def account(viewer: Viewer, account_id: int) -> Question[SeenAccount]:
    """An account. Its answer raises NotFound."""
    return _question(_account(viewer), account_id, "account", _account_of)


def server(viewer: Viewer, server_id: int) -> Question[SeenServer]:
    """A server, removed or not. Its answer raises NotFound."""

    def told(row: Sequence[Any]) -> SeenServer:
        return _made(SeenServer, *row[: len(_SERVER)], _account_of(row[len(_SERVER) :]))

    return _question(_server(viewer), server_id, "server", told)


def feed(viewer: Viewer, feed_id: int) -> Question[SeenFeed]:
    """A feed, removed or not. Its answer raises NotFound."""

    def told(row: Sequence[Any]) -> SeenFeed:
        *of_feed, name, health = row[: len(_FEED)]
        owner = _account_of(row[len(_FEED) :])
        return _made(SeenFeed, *of_feed, owner, ServerOfFeed(name, health == "unhealthy"))

    return _question(_feed(viewer), feed_id, "feed", told)


def gain(viewer: Viewer, gain_id: int) -> Question[SeenGain]:
    """A gain, in whatever state. Its answer raises NotFound."""

    def told(row: Sequence[Any]) -> SeenGain:
        return _made(SeenGain, *row[: len(_GAIN)], _account_of(row[len(_GAIN) :]))

    return _question(_gain(viewer), gain_id, "gain", told)


def _question(
    query: Select[Any], wanted: int, word: str, told: Callable[[Sequence[Any]], Noun]
) -> Question[Noun]:
    access.may_exist(wanted, word)

    def found(rows: Sequence[Any]) -> Noun:
        if not rows:
            raise NotFound(f"there is no {word} {wanted}")
        return told(rows[0])

    return Question(query, {"wanted": wanted}, found)


def _columns(kind: type[Any], of: Any, *but: str) -> tuple[Any, ...]:
    """The columns that one of a kind is made of, in their order, ``but`` those told apart."""
    return tuple(getattr(of, field.name) for field in fields(kind) if field.name not in but)


_ACCOUNT = _columns(SeenAccount, Account, "partner")
_WHOSE = (*_ACCOUNT, *_columns(SeenAccount, _Partner, "partner"))
_SERVER = _columns(SeenServer, Server, "account")
_FEED = (*_columns(SeenFeed, Feed, "account", "server"), Server.name, Server.health)
_GAIN = (
    *_columns(SeenGain, Delta, "asset_id", "serial_number", "customer_name", "account"),
    Device.asset_id,
    Device.serial_number,
    Feed.customer_name,
)


def _account_of(values: Sequence[Any]) -> SeenAccount:
    own, partners = values[: len(_ACCOUNT)], values[len(_ACCOUNT) :]
    partner = _made(SeenAccount, *partners, None) if partners[0] is not None else None
    return _made(SeenAccount, *own, partner)


def _made(kind: Callable[..., Noun], *values: Any) -> Noun:
    """One of a kind, of its columns in their order."""
    return kind(*values)


@_kept
def _account(viewer: Viewer) -> Select[Any]:
    return _wanted(access.accounts(viewer), Account.id, ())


@_kept
def _server(viewer: Viewer) -> Select[Any]:
    return _wanted(access.servers(viewer).join(Server.account), Server.id, _SERVER)


@_kept
def _feed(viewer: Viewer) -> Select[Any]:
    return _wanted(access.feeds(viewer).join(Feed.server).join(Feed.account), Feed.id, _FEED)


@_kept
def _gain(viewer: Viewer) -> Select[Any]:
    query = access.deltas(viewer).join(Delta.device).join(Device.feed).join(Feed.account)
    return _wanted(query, Delta.id, _GAIN)


def _wanted(query: Any, key: Any, own: tuple[Any, ...]) -> Select[Any]:
    """The columns of the one that ``wanted`` names, and of the account it belongs to."""
    found: Select[Any] = (
        query.outerjoin(_Partner, _Partner.id == Account.partner_id)
        .where(key == bindparam("wanted"))
        .with_only_columns(*own, *_WHOSE)
    )
    return found
