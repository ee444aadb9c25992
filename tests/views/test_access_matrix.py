"""Every address in every role, for objects of its own account and of others.

A new address without a row in ``WHO`` fails here.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests import factories
from tests.database import engine, open_session
from tests.views.access_table import ANYBODY, CLOSED, PLAIN, REFUSED_TO_ALL, ROLES, WHO
from tests.views.tenants import Tenant, customer_tenant, partner_tenant
from webapp import settings as configuration
from webapp.app import create_app
from webapp.db import db
from webapp.models import Server, User
from webapp.views.shared.security import OPEN

REACHED = {200, 201, 301, 302, 409, 422, 503}


@dataclass
class Tenants:
    """An application with operations, two partners, and two customers of the first."""

    app: Flask
    database: Path
    stored: Path
    operations: User
    northwind: Tenant
    clinic: Tenant
    westerly: Tenant

    def restore(self) -> None:
        """Restore the database as it was built."""
        with self.app.app_context():
            db.engine.dispose()
        shutil.copyfile(self.stored, self.database)

    def browser_of(self, role: str) -> FlaskClient:
        """A browser in which a user of Northwind, or of operations, has logged in."""
        user = self.operations if role == "operations" else self.northwind.users[role]
        browser = self.app.test_client()
        with browser.session_transaction() as session:
            session["_user_id"] = user.get_id()
        return browser

    def others_of(self, role: str) -> list[Tenant]:
        """Return the tenants that a role must not see."""
        if role == "operations":
            return []
        return [self.westerly, self.clinic] if role == "customer" else [self.westerly]

    def foreign_texts(self, role: str) -> set[str]:
        """Return texts that must be on no page of a role."""
        texts: set[str] = set().union(*(tenant.texts for tenant in self.others_of(role)))
        if role == "customer":
            staff = (self.northwind.users["partner_admin"], self.northwind.users["partner_viewer"])
            texts |= {"Northwind Login", *(user.full_name for user in staff)}
            texts |= {user.email for user in staff}
        return texts


def build_tenants(folder: Path, template: Path) -> Tenants:
    """Build it on a database of its own."""
    folder.mkdir(exist_ok=True)
    shutil.copyfile(template, folder / "releaf.db")
    settings = configuration.load(
        {
            "RELEAF_INSTANCE": str(folder),
            "REDIS_URL": "redis://127.0.0.1:1/0",
            # A closed port: an address that calls Printerpoint fails at once.
            "PRINTERPOINT_URL": "http://127.0.0.1:1",
        }
    )
    with open_session(settings.database_url) as session:
        operations = factories.user(session, factories.operations(session))
        northwind = partner_tenant(session, "Northwind")
        server = session.get_one(Server, northwind.arguments["server_id"])
        clinic = customer_tenant(session, "Clinic", server.account, server)
        westerly = partner_tenant(session, "Westerly")
        for user in (operations, *northwind.users.values()):
            factories.user_session(session, user)
        session.commit()
        session.expunge_all()
    engine(settings.database_url).dispose()
    stored = shutil.copyfile(folder / "releaf.db", folder / "stored.db")
    app = create_app(settings)
    app.config["WTF_CSRF_ENABLED"] = False  # access is checked before the token
    for limiter in app.extensions["limiter"]:
        limiter.enabled = False
    return Tenants(app, folder / "releaf.db", stored, operations, northwind, clinic, westerly)


@pytest.fixture(scope="module")
def built_tenants(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[Tenants]:
    """The tenants of all tests."""
    tenants = build_tenants(tmp_path_factory.mktemp("tenants"), sqlite_template)
    yield tenants
    with tenants.app.app_context():
        db.engine.dispose()


@pytest.fixture
def tenants(built_tenants: Tenants) -> Tenants:
    """The tenants as they were built."""
    built_tenants.restore()
    return built_tenants


def test_every_address_has_a_row(tenants: Tenants) -> None:
    known = set(WHO) | REFUSED_TO_ALL

    assert {name for name, _ in addresses(tenants.app)} == known
    assert {name.split()[0] for name, who in WHO.items() if who is ANYBODY} == OPEN


@pytest.mark.slow
def test_visitors_without_a_login_get_the_expected_status(tenants: Tenants) -> None:
    wrong = []
    for name in sorted(set(WHO) | REFUSED_TO_ALL):
        for arguments in (tenants.northwind.arguments, tenants.westerly.arguments):
            for path in paths(tenants.app, name, arguments):
                response = ask(tenants.app.test_client(), name, path)
                part = ask(tenants.app.test_client(), name, path, {"HX-Request": "true"})
                if WHO.get(name) is ANYBODY:
                    right = response.status_code in REACHED | {404}
                    right &= "/login" not in (response.location or "")
                else:
                    right = response.status_code == 302 and response.location.startswith("/login")
                    right &= (part.status_code, part.text) == (401, "")
                if not right:
                    wrong.append((name, path, response.status_code, part.status_code))
        changed(tenants, name)

    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_every_role_gets_the_expected_status_for_its_own_objects(
    role: str, tenants: Tenants
) -> None:
    foreign = tenants.foreign_texts(role)
    wrong = []
    for name in CLOSED:
        expected = REACHED if role in WHO[name] else {403, 404}
        for path in paths(tenants.app, name, tenants.northwind.arguments):
            response = ask(tenants.browser_of(role), name, path)
            shown = found_in(response, foreign)
            if response.status_code not in expected or shown:
                wrong.append((name, path, response.status_code, shown))
        changed(tenants, name)

    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES[:-1])
def test_every_role_gets_the_expected_status_for_objects_of_others(
    role: str, tenants: Tenants
) -> None:
    foreign = tenants.foreign_texts(role)
    wrong = []
    for name in CLOSED:
        for tenant in tenants.others_of(role):
            for path in paths(tenants.app, name, tenant.arguments, only_with=set(tenant.arguments)):
                response = ask(tenants.browser_of(role), name, path)
                shown = found_in(response, foreign)
                if response.status_code not in (403, 404) or shown:
                    wrong.append((name, path, response.status_code, shown))
        changed(tenants, name)

    assert wrong == []


def changed(tenants: Tenants, name: str) -> None:
    """Restore the database after requests that may change it."""
    if not name.endswith(" GET"):
        tenants.restore()


@pytest.mark.slow
@pytest.mark.parametrize("role", ["customer", "partner_viewer", "partner_admin"])
def test_filters_do_not_select_objects_of_others(role: str, tenants: Tenants) -> None:
    browser = tenants.browser_of(role)
    theirs = tenants.westerly.arguments

    for tenant in tenants.others_of(role):
        ids = tenant.arguments
        for path in (
            f"/feeds?account={ids['account_id']}",
            f"/feeds?server={theirs['server_id']}",
            f"/devices?feed={ids['feed_id']}",
            f"/collections?server={theirs['server_id']}",
            f"/users/new?account={ids['account_id']}",
            f"/accounts/new?partner={tenants.westerly.partner_id}",
            f"/review?feed={ids['feed_id']}",
            f"/certificates?account={ids['account_id']}",
        ):
            response = browser.get(path)

            assert response.status_code in (200, 403, 404), (path, response.status_code)
            assert not found_in(response, tenants.foreign_texts(role)), path


def test_a_get_that_would_change_queues_is_refused(tenants: Tenants) -> None:
    response = tenants.browser_of("operations").get("/operations/queues/requeue/collection")

    assert response.status_code == 405


def addresses(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Every endpoint with each of its methods, and the rule."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield f"{rule.endpoint} {method}", rule


def paths(
    app: Flask,
    name: str,
    values: dict[str, int | str],
    only_with: set[str] | None = None,
) -> Iterator[str]:
    """The paths of an address for these values; ``only_with``: where it names one of them."""
    for each, rule in addresses(app):
        if each != name or (only_with is not None and not rule.arguments & only_with):
            continue
        arguments = {argument: (PLAIN | values)[argument] for argument in rule.arguments}
        built = rule.build(arguments, append_unknown=False)
        assert built is not None
        yield built[1]


def ask(
    browser: FlaskClient,
    name: str,
    path: str,
    headers: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> TestResponse:
    """Open or send, as a page of Releaf would."""
    method: Callable[..., TestResponse] = browser.post if name.endswith(" POST") else browser.get
    sent = {"Origin": "http://localhost", **(headers or {})}
    response = method(path, headers=sent, data=form, buffered=True)
    if response.status_code == 308:  # the same page under its other address
        response = method(response.location, headers=sent, data=form, buffered=True)
    return response


def found_in(response: TestResponse, texts: set[str]) -> list[str]:
    """Which of these texts an answer shows."""
    return [word for word in sorted(texts) if word.encode() in response.data]
