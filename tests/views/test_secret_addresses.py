"""Addresses with a one-time or personal link are neither logged nor sent on."""

import io
import logging

import pytest
from flask import Flask

from tests import factories
from tests.views.conftest import Transaction, Visitor
from webapp.logs import Redacting
from webapp.views.shared.security import SECRET_ADDRESSES


def test_every_address_with_a_token_is_listed_as_secret(app: Flask) -> None:
    with_tokens = {rule.endpoint for rule in app.url_map.iter_rules() if "token" in rule.arguments}

    assert with_tokens == SECRET_ADDRESSES


@pytest.mark.parametrize(
    "path", ["/invitations/s3cret", "/unsubscribe/s3cret", "/profile/email/s3cret"]
)
def test_a_secret_address_is_neither_a_referrer_nor_a_login_parameter(
    visitor: Visitor, transaction: Transaction, path: str
) -> None:
    opened, sent = visitor.get(path), visitor.client.post(path)
    _add_user(transaction)
    visitor.log_in("ada@example.com")
    logged_in = visitor.get(path)

    for response in (opened, sent, logged_in):
        assert response.headers["Referrer-Policy"] == "strict-origin"
        assert "s3cret" not in response.headers.get("Location", "")


def test_the_login_redirects_to_the_requested_secret_address(
    visitor: Visitor, transaction: Transaction
) -> None:
    _add_user(transaction)
    to_login = visitor.get("/profile/email/s3cret")
    after = visitor.log_in("ada@example.com")
    visitor.post("/logout")
    again = visitor.log_in("ada@example.com")

    assert to_login.headers["Location"] == "/login"
    assert after.headers["Location"] == "/profile/email/s3cret"
    assert again.headers["Location"] == "/"


def _add_user(transaction: Transaction) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")


@pytest.mark.parametrize("prefix", ["/invitations/", "/unsubscribe/", "/profile/email/"])
def test_the_formatter_of_the_log_removes_secret_addresses(prefix: str) -> None:
    line = f'"GET {prefix}s3cret-token?from=mail HTTP/1.1"'
    record = logging.LogRecord("werkzeug", logging.INFO, "", 0, line, None, None)

    assert Redacting("%(message)s").format(record) == f'"GET {prefix}... HTTP/1.1"'


def test_a_one_time_link_is_in_no_log_line(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Redacting("%(message)s"))
    logging.getLogger().addHandler(handler)

    def fail(token: str) -> str:
        raise RuntimeError(f"cannot open /invitations/{token}?x=1")

    monkeypatch.setitem(app.view_functions, "auth.invitation", fail)
    try:
        app.test_client().get("/invitations/s3cret-token?from=mail")
        logging.getLogger("werkzeug").warning('"GET /invitations/s3cret-token?from=mail HTTP/1.1"')
    finally:
        logging.getLogger().removeHandler(handler)

    assert "auth.invitation raised" in written.getvalue()
    assert "/invitations/... HTTP/1.1" in written.getvalue()
    assert "s3cret" not in written.getvalue()
    assert "from=mail" not in written.getvalue()
