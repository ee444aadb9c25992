"""Logging in with one password for users of several partners."""

import re

from sqlalchemy import select

from tests import factories
from tests.factories import PASSWORD
from tests.views.conftest import Transaction, Visitor
from webapp.models import Account, AuditEntry


def test_with_one_password_for_two_accounts_one_of_them_is_chosen(
    visitor: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        names = ("Northwind Print", "Westerly Copiers", "Another")
        north, west, other = (factories.partner(session, name=name).id for name in names)
        for account_id in (north, west):
            account = session.get_one(Account, account_id)
            factories.user(session, account, email="ada@example.com", full_name=account.name)

    question = visitor.log_in("ada@example.com")
    fields = {"email": "ada@example.com", "password": PASSWORD}
    answers = [
        visitor.post("/login", {**fields, "account": account, "password": password})
        for account, password in (
            (str(other), PASSWORD),
            ("x", PASSWORD),
            ("", PASSWORD),
            (str(west), "not the password"),
        )
    ]
    chosen = visitor.post("/login", {**fields, "account": str(west)})

    assert question.status_code == 422
    assert "Choose an account" in question.text
    assert re.findall(r'name="account"[^>]*value="(\d+)"', question.text) == [str(north), str(west)]
    assert "Another" not in question.text
    assert [answer.status_code for answer in answers] == [422] * 4
    assert "Northwind" not in answers[3].text
    assert chosen.status_code == 302
    assert "Westerly Copiers" in visitor.get("/").text


def test_a_refused_login_is_in_the_trail_of_each_partner_with_the_email(
    visitor: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        partners = [factories.partner(session, name=name) for name in ("North", "West")]
        for partner in partners:
            factories.user(session, partner, email="ada@example.com")
        ids = [partner.id for partner in partners]

    visitor.log_in("ada@example.com", "not the password")

    with transaction() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
        assert [(entry.action, entry.account_id) for entry in entries] == [
            ("user log-in refused", account_id) for account_id in ids
        ]
