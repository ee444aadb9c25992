"""Texts of users and of Printerpoint that look like ours: shown as they are, on every page."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from html import unescape
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.browser import page_urls, seeded_db
from tests.factories import NOW
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.crypto import Keyring
from webapp.domain.reasons import reason
from webapp.models import (
    Account,
    AuditEntry,
    Brand,
    Certificate,
    Delta,
    Device,
    Feed,
    FeedEvent,
    HealthChange,
    Mail,
    Outcome,
    Server,
    User,
)
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.accounts.audit import ACTIONS
from webapp.settings import Settings

#: A packed text, parameters of three kinds of formats, an expression and markup.
HOSTILE = '{"code": "silent", "params": {}} %(name)s %s %n {0} {name} {{ 977*991 }} <i>&amp;'
#: It fits each column; another text where a column is shorter or has to be unique.
COLUMNS: tuple[tuple[type[Any], tuple[str, ...]], ...] = (
    (Account, ("name",)),
    (Brand, ("name",)),
    (Certificate, ("account_name", "partner_name", "project")),
    (Delta, ("reason",)),
    (Device, ("asset_id", "serial_number")),
    (Feed, ("customer_name", "customer_id")),
    (Mail, ("title", "plain")),
    (Server, ("name",)),
    (User, ("full_name",)),
)
#: Texts of the details of events; others are codes and figures.
DETAILS = ("name", "names", "customer", "reason", "asset", "members")
RENAMED = ("asset_edited", "customer_renamed")
LISTS = (
    "accounts", "audit", "certificates", "collections", "devices", "feeds", "operations/mails",
    "review", "servers", "users",
)  # fmt: skip

Seeded = tuple[dict[str, int | str], dict[str, Visitor]]


def _replace_texts(session: Session) -> None:
    for model, names in COLUMNS:
        for name in names:
            length = model.__table__.columns[name].type.length or 250
            for row in session.scalars(select(model)):
                if getattr(row, name):
                    # The number is in front, since the end is cut off.
                    setattr(row, name, f"{row_key(row)} {HOSTILE}"[:length])
    session.execute(
        update(Feed)
        .where(Feed.health == "unhealthy")
        .values(successor_name=HOSTILE, successor_devices=3, successor_of=4)
    )
    for event in session.scalars(select(FeedEvent)):
        event.details = {
            name: HOSTILE if name in DETAILS and value else value
            for name, value in event.details.items()
        }
        if event.kind in RENAMED:
            event.details = {**event.details, "before": HOSTILE, "after": HOSTILE}
        if "names" in event.details:
            event.details = {**event.details, "names": [HOSTILE, HOSTILE]}
    text = reason("error", error=HOSTILE)
    session.execute(update(HealthChange).values(reason=text))
    session.execute(update(Outcome).values(reason=text))
    session.execute(update(Mail).where(Mail.error.is_not(None)).values(error=text))
    session.execute(update(Server).where(Server.health == "unhealthy").values(health_reason=text))


def row_key(row: Any) -> str:
    """A text that makes the texts of a row unique."""
    key = getattr(row, "id", None) or getattr(row, "number", None)
    return str(key or row.account_id)


def _record_actions(session: Session, account_id: int) -> None:
    names = ("before", "to", "of", "result", "name", "reason")
    details = {**dict.fromkeys(names, HOSTILE), "more": reason("same_fleet", name=HOSTILE)}
    session.add_all(
        AuditEntry(
            at=NOW,
            account_id=account_id,
            place="browser",
            action=action,
            subject=HOSTILE,
            details=details,
        )
        for action in ACTIONS
    )


@pytest.fixture
def settings(settings: Settings, printerpoint: Sandbox) -> Settings:
    """Settings with the address of the sandbox."""
    return replace(settings, printerpoint_url=printerpoint.url)


@pytest.fixture
def seeded(
    transaction: Transaction,
    settings: Settings,
    printerpoint: Sandbox,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> Seeded:
    """A database with one of every state, and a browser for each role."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    for number in range(3):
        customer = printerpoint.add_customer(f"{number} {HOSTILE}")
        printerpoint.add_printer(customer, serial=HOSTILE, asset=HOSTILE, count=1_000)
    with transaction() as session:
        keyring = Keyring(settings.encryption_keys)
        built = seeded_db.build(session, keyring, printerpoint.token)
        emails = {role: user.email for role, user in built.people.items()}
        _record_actions(session, int(built.ids["partner"]))
        session.flush()
        _replace_texts(session)
    return built.ids, {role: log_in(email) for role, email in emails.items()}


def _paths(ids: dict[str, int | str], role: str) -> Iterator[str]:
    for endpoint, paths in {**page_urls.PAGES, **page_urls.PARTS}.items():
        if role in page_urls.roles(endpoint):
            for path in paths:
                with suppress(KeyError):  # an id that needs other services
                    yield path.format(**ids)


@pytest.mark.slow
def test_texts_that_look_like_codes_and_formats_are_shown_as_they_are(seeded: Seeded) -> None:
    ids, visitors = seeded
    for role, language in (("operations", "en"), ("partner_admin", "es"), ("customer", "es")):
        visitors[role].post("/language", {"language": language})
        shown = 0
        for path in _paths(ids, role):
            answer = visitors[role].get(path)

            assert answer.status_code in (200, 302, 403, 404, 409), path
            assert "<i>&" not in answer.text, path
            assert "968207" not in answer.text, path
            shown += unescape(answer.text).count(HOSTILE)
        assert shown > 100


@pytest.mark.slow
def test_exports_have_such_texts_as_they_are(seeded: Seeded) -> None:
    _, visitors = seeded

    for name in LISTS:
        text = visitors["operations"].get(f"/{name}?export=csv").text
        book = ZipFile(BytesIO(visitors["operations"].get(f"/{name}?export=xlsx").data))
        sheet = book.read("xl/worksheets/sheet1.xml").decode()

        assert HOSTILE[-20:] in text, name
        assert HOSTILE[-20:] in unescape(sheet), name
        assert "<f>" not in sheet
