"""The application and its data that get hostile requests."""

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
from flask import Flask
from psycopg import sql

from tests import factories
from tests.database import engine, open_session
from tests.views.tenants import partner_tenant
from webapp import clock
from webapp import settings as configuration
from webapp.app import create_app
from webapp.db import db
from webapp.services.database import upgrade

#: Return the URL of a new copy of a filled database.
CopyDatabase = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Tenant:
    """The arguments of paths to a tenant's own data, and a session token of a user per role."""

    arguments: Mapping[str, int | str]
    tokens: Mapping[str, str]


def fill(url: str) -> Tenant:
    """Create the schema, operations, and a partner with a customer and one of everything."""
    upgrade(url)
    with open_session(url) as session:
        operations = factories.user(session, factories.operations(session))
        tenant = partner_tenant(session, "Northwind")
        users = {"operations": operations, **tenant.users}
        for user in users.values():
            # Forms that require a recent password are reached until the last request.
            factories.user_session(session, user).confirmed_at = clock.now() + timedelta(days=1)
        session.commit()
        tokens = {role: user.get_id() for role, user in users.items()}
    engine(url).dispose()
    return Tenant(tenant.arguments, tokens)


def sqlite_copies(folder: Path) -> tuple[Tenant, CopyDatabase]:
    """Fill a SQLite database; return what is in it, and how it is copied."""
    filled = folder / "filled.db"
    tenant = fill(f"sqlite:///{filled}")

    def copy() -> str:
        path = folder / f"{secrets.token_hex(6)}.db"
        shutil.copyfile(filled, path)
        return f"sqlite:///{path}"

    return tenant, copy


def postgresql_copies(server_url: str) -> tuple[Tenant, CopyDatabase]:
    """Fill a PostgreSQL database; return what is in it, and how it is copied."""

    def create(name: str, template: str) -> str:
        with psycopg.connect(server_url.replace("+psycopg", "", 1), autocommit=True) as connection:
            names = (sql.Identifier(name), sql.Identifier(template))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        return server_url.replace("/postgres?", f"/{name}?")

    tenant = fill(create("filled", "template1"))
    return tenant, lambda: create(f"copy_{secrets.token_hex(6)}", "filled")


def environment(folder: Path, database_url: str, redis_url: str) -> dict[str, str]:
    """Return the settings; connections to Printerpoint are refused at once."""
    return {
        "RELEAF_INSTANCE": str(folder / "instance"),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PRINTERPOINT_URL": "http://127.0.0.1:1",
    }


def application(variables: Mapping[str, str] | None = None) -> Flask:
    """Return the application without limits of rates and without tokens of forms.

    These refuse most requests before they reach what is tested.
    """
    loaded = configuration.load(variables) if variables else configuration.load()
    app = create_app(loaded)
    app.config["WTF_CSRF_ENABLED"] = False
    for limiter in app.extensions["limiter"]:
        limiter.enabled = False
    return app


@contextmanager
def running(variables: Mapping[str, str]) -> Iterator[Flask]:
    """Create the application, and close its connections at the end."""
    app = application(variables)
    yield app
    with app.app_context():
        db.engine.dispose()
