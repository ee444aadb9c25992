"""Two partners, and what is stored of their brands."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import NOW
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.models import AuditEntry, Brand, User

SENT = {"name": "Northwind Green", "colour": "#1d4ed8", "picked": "#1b6b45", "shown": "{}"}


@dataclass(frozen=True, slots=True)
class Partners:
    """Two partners; of the first an administrator, a viewer and a customer; and operations."""

    ada: Visitor
    vera: Visitor
    cara: Visitor
    wes: Visitor
    olga: Visitor
    partner_id: int
    customer_id: int
    operations_id: int

    @property
    def page(self) -> str:
        """Where the first partner chooses."""
        return f"/accounts/{self.partner_id}/brand"


@pytest.fixture
def partners(
    transaction: Transaction,
    log_in: Callable[[User | str], Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> Partners:
    """Northwind Print and Westerly Print."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with transaction() as session:
        northwind = factories.partner(session, name="Northwind Print")
        westerly = factories.partner(session, name="Westerly Print")
        customer = factories.customer(session, northwind, name="Harbour Hotel")
        operations = factories.operations(session)
        for email, account in (
            ("ada", northwind), ("vera", northwind), ("cara", customer), ("wes", westerly),
            ("olga", operations),
        ):  # fmt: skip
            factories.user(
                session,
                account,
                email=f"{email}@example.com",
                role="partner_viewer" if email == "vera" else None,
            )
        ids = northwind.id, customer.id, operations.id
    ada, vera, cara, wes, olga = (
        log_in(f"{name}@example.com") for name in ("ada", "vera", "cara", "wes", "olga")
    )
    return Partners(ada, vera, cara, wes, olga, *ids)


def chosen(transaction: Transaction) -> list[tuple[Any, ...]]:
    """What is stored of brands."""
    with transaction() as session:
        stored = session.scalars(select(Brand))
        return [(brand.name, brand.colour, brand.logo_digest) for brand in stored]


def noted(transaction: Transaction) -> list[tuple[str, dict[str, Any], int | None]]:
    """The audit entries of brands."""
    with transaction() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("brand")).order_by(AuditEntry.id)
        )
        return [(entry.action, dict(entry.details), entry.account_id) for entry in entries]


def post_form(
    visitor: Visitor, path: str, upload: bytes | None = None, **fields: str
) -> TestResponse:
    """Send the form; the name of the file is arbitrary."""
    values: dict[str, object] = {**SENT, **fields}
    if upload is not None:
        values["logo"] = (BytesIO(upload), "logo.png", "image/png")
    return visitor.post(path, values)
