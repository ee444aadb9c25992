"""What stands in front of every page: headers, tokens, cookies, errors, logs."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask, request
from flask.sessions import SecureCookieSessionInterface
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import UnsupportedMediaType

from tests import factories
from tests.database import open_session
from tests.views.conftest import Transaction, Visitor
from webapp import clock
from webapp.app import create_app
from webapp.db import db
from webapp.errors import Conflict, Invalid, NotFound
from webapp.queue import QueueDown
from webapp.settings import Settings

AppWith = Callable[[Settings], AbstractContextManager[Flask]]

STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)


@pytest.fixture
def app_with(compiled_templates: FileSystemBytecodeCache) -> AppWith:
    """``with app_with(settings) as app:`` is an application of other settings."""

    @contextmanager
    def create(settings: Settings) -> Iterator[Flask]:
        made = create_app(settings)
        made.jinja_env.bytecode_cache = compiled_templates
        yield made
        with made.app_context():
            db.engine.dispose()

    return create


@pytest.mark.parametrize("path", ["/login", "/nothing-there", "/healthz", "/static/app.css", "/"])
def test_every_response_has_a_content_security_policy(visitor: Visitor, path: str) -> None:
    with visitor.get(path) as response:
        headers = response.headers

    assert headers["Content-Security-Policy"] == STRICT
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_pages_are_not_cached_and_versioned_files_are_cached_for_a_year(visitor: Visitor) -> None:
    page = visitor.get("/login")
    address = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    with visitor.get(address) as versioned, visitor.get("/static/app.css") as plain:
        stored = (versioned.headers["Cache-Control"], plain.headers["Cache-Control"])

    assert page.headers["Cache-Control"] == "no-store"
    assert "immutable" in stored[0]
    assert "max-age=31536000" in stored[0]
    assert "immutable" not in stored[1]
    assert "max-age=86400" in stored[1]


def test_over_https_cookies_and_transport_are_strict(
    settings: Settings, transaction: Transaction, app_with: AppWith
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
    with app_with(replace(settings, public_url="https://releaf.example")) as app:
        visitor = Visitor(app.test_client())
        visitor.client.environ_base["wsgi.url_scheme"] = "https"
        visitor.client.environ_base["HTTP_REFERER"] = "https://localhost/login"

        page = visitor.get("/login")

    cookie = page.headers["Set-Cookie"]
    assert cookie.startswith("__Host-releaf=")
    for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert word in cookie
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_over_http_the_cookie_is_httponly_and_samesite(
    visitor: Visitor,
) -> None:
    cookie = visitor.get("/login").headers["Set-Cookie"]

    assert cookie.startswith("releaf=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_in_production_the_headers_of_one_proxy_are_used(
    settings: Settings, app_with: AppWith
) -> None:
    live = replace(settings, environment="production", public_url="https://releaf.example")
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9, 198.51.100.7"}
    seen = {}
    for name, each in (("live", live), ("local", settings)):
        with app_with(each) as app:
            _show_client_address(app)
            seen[name] = app.test_client().get("/who", headers=forwarded).text

    assert seen == {"live": "https 198.51.100.7", "local": "http 127.0.0.1"}


def _show_client_address(app: Flask) -> None:
    @app.before_request
    def who() -> str | None:
        return f"{request.scheme} {request.remote_addr}" if request.path == "/who" else None


@pytest.mark.parametrize("path", ["/operations/queues", "/login", "/static", "/", "/no-such-page"])
def test_in_production_a_foreign_host_is_refused(
    settings: Settings, path: str, app_with: AppWith
) -> None:
    live = replace(settings, environment="production", public_url="https://releaf.example")
    with app_with(live) as app:
        client = app.test_client()
        foreign = client.get(path, base_url="https://evil.example")
        forwarded = client.get(
            path, base_url="https://releaf.example", headers={"X-Forwarded-Host": "evil.example"}
        )
        own = client.get("/login", base_url="https://releaf.example")
        check = client.get("/healthz", base_url="http://127.0.0.1:8000")

    assert foreign.status_code == 400
    assert "evil.example" not in foreign.text
    assert "Location" not in foreign.headers
    assert "evil.example" not in forwarded.headers.get("Location", "")
    assert (own.status_code, check.status_code) == (200, 200)


@pytest.mark.parametrize("host", ["a" * 300, "a..b", "-" * 64 + ".example"])
@pytest.mark.parametrize("path", ["/", "/login", "/no-such-page"])
def test_an_invalid_host_name_is_refused(visitor: Visitor, host: str, path: str) -> None:
    response = visitor.get(path, {"Host": host})

    assert response.status_code < 500
    assert host not in response.headers.get("Location", "")


def test_security_txt_has_a_contact_and_expires(visitor: Visitor, settings: Settings) -> None:
    response = visitor.get("/.well-known/security.txt")
    lines = dict(line.split(": ", 1) for line in response.text.splitlines())
    expires = datetime.fromisoformat(lines["Expires"]) - clock.now()

    assert response.mimetype == "text/plain"
    assert lines["Contact"] == "mailto:releaf@localhost.localdomain"
    assert lines["Canonical"] == f"{settings.public_url}/.well-known/security.txt"
    assert timedelta(days=170) < expires < timedelta(days=365)
    assert "Set-Cookie" not in response.headers


def test_a_session_of_a_disabled_user_has_ended(
    log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        user = factories.user(session, email="ada@example.com")
    visitor = log_in("ada@example.com")

    with transaction() as session:
        session.get_one(type(user), user.id).disabled_at = factories.NOW

    assert visitor.get("/").location == "/login"


def test_a_session_signed_with_another_key_is_refused(
    visitor: Visitor, transaction: Transaction
) -> None:
    with transaction() as session:
        user = factories.user(session)
        factories.user_session(session, user)
    other_app = Flask("other")
    other_app.secret_key = "x" * 40
    signer = SecureCookieSessionInterface().get_signing_serializer(other_app)
    assert signer is not None
    visitor.client.set_cookie("releaf", signer.dumps({"_user_id": user.get_id()}))

    assert visitor.get("/").location == "/login"


def test_a_page_does_not_wait_for_a_writer(
    settings: Settings, log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
    ada = log_in("ada@example.com")

    with open_session(settings.database_url) as writer:
        factories.user(writer, email="bob@example.com")
        writer.flush()
        response = ada.get("/")

    assert response.status_code == 200


def test_unknown_addresses_and_missing_objects_get_the_same_page(
    visitor: Visitor, log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
    inside = log_in("ada@example.com")

    logged_out = visitor.get("/no/such/page")
    missing = inside.get("/feeds/4711")
    nothing = inside.get("/no/such/page")

    assert {logged_out.status_code, missing.status_code, nothing.status_code} == {404}
    assert "Page not found" in logged_out.text
    assert "4711" not in missing.text
    assert "Log out" in nothing.text
    assert "Log out" not in logged_out.text


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (NotFound("there is no server 7"), 404, "not found"),
        (Conflict("The server has been removed."), 409, "The server has been removed."),
        (Invalid("name", "Give it a name."), 422, "Give it a name."),
        (UnsupportedMediaType(), 415, "Error 415"),
        (QueueDown("Redis cannot be reached"), 503, "jobs start when it is back"),
        (OperationalError("select secret", {}, Exception("gone")), 503, "temporarily unavailable"),
        (RuntimeError("token abc123 leaked"), 500, "reference"),
    ],
)
def test_every_error_has_a_page_without_secrets(
    app: Flask,
    error: Exception,
    status: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> str:
        raise error

    monkeypatch.setitem(app.view_functions, "status.alive", fail)

    response = app.test_client().get("/healthz")

    assert response.status_code == status
    assert words in response.text
    assert "abc123" not in response.text
    assert "select secret" not in response.text
    assert "there is no server 7" not in response.text
    assert response.headers["Content-Security-Policy"] == STRICT


def test_an_unreachable_database_is_a_503_also_for_users(
    app: Flask, log_in: Callable[[str], Visitor], transaction: Transaction
) -> None:
    with transaction() as session:
        factories.user(session, email="ada@example.com")
    visitor = log_in("ada@example.com")
    with app.app_context():
        path = Path(db.engine.url.database or "")
        db.engine.dispose()
    path.unlink()
    path.mkdir()

    response = visitor.get("/")

    assert response.status_code == 503
    assert "temporarily unavailable" in response.text


def test_a_request_that_is_too_large_is_refused_before_it_is_read(visitor: Visitor) -> None:
    response = visitor.client.post("/login", data={"email": "x" * 2_000_000})

    assert response.status_code == 413


def test_liveness_has_no_details_and_creates_no_session(visitor: Visitor) -> None:
    response = visitor.get("/healthz")

    assert response.get_json() == {"status": "ok"}
    assert "Set-Cookie" not in response.headers
