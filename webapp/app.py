"""The application: creates Flask and wires extensions, views and settings."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, request
from jinja2 import Environment
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from sqlalchemy.exc import DBAPIError
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp import filters, i18n, logs, messages
from webapp import settings as configuration
from webapp.db import db, engine_options
from webapp.domain.trees import PAGES_PER_TREE
from webapp.errors import Conflict
from webapp.extensions import babel, csrf, htmx, login_manager, migrate
from webapp.services import database
from webapp.settings import ROOT, Settings
from webapp.views.console import (
    accounts,
    approvals,
    audit,
    brand_files,
    branding,
    business_review,
    certificate_minimum,
    certificates,
    collections,
    customers,
    devices,
    feed_bulk,
    feed_changes,
    feed_notes,
    feed_settings,
    feeds,
    home,
    notifications,
    profile,
    reading_chart,
    reconciliation,
    review,
    review_bulk,
    saved_views,
    search,
    server_changes,
    servers,
    sharing,
    users,
)
from webapp.views.public import auth, badge, guide, language, unsubscribe
from webapp.views.public import certificates as public_certificates
from webapp.views.shared import (
    assets,
    bars,
    charts,
    context,
    errors,
    locale,
    navigation,
    rate_limits,
    security,
)
from webapp.views.system import equivalents, failed_jobs, queue_dashboard, status

VIEWS = (
    home, auth, profile, accounts, branding, brand_files, users, status, failed_jobs, equivalents,
    servers, server_changes, approvals, customers, feeds, feed_settings, feed_changes, feed_bulk,
    devices, collections, review, review_bulk, certificates, reconciliation, notifications, audit,
    sharing, search, feed_notes, certificate_minimum, business_review, saved_views,
    public_certificates, badge, unsubscribe, guide, language,
)  # fmt: skip

_SCHEMA_POLL_SECONDS = 60
_ONE_MEBIBYTE = 1024 * 1024


class Releaf(Flask):
    """Flask with a log of endpoints instead of paths, which may contain one-time links."""

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None],
    ) -> None:
        """Log the exception of a view, with its traceback."""
        log = logging.getLogger("releaf.web")
        log.error("%s %s raised", request.method, request.endpoint, exc_info=exc_info)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application on a ready database: an empty one is created, an old one refused.

    Raises SettingsError, and Conflict with one line that says what to run.
    """
    settings = settings or configuration.load()
    database.make_ready(settings.database_url)
    app = Releaf(
        "webapp",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        instance_path=str(settings.instance),
    )
    app.config.from_mapping(_configuration(settings))
    app.config["RELEAF"] = settings
    _configure_templates(app.jinja_env)
    db.init_app(app)
    migrate.init_app(app, db)
    babel.init_app(app, locale_selector=locale.select_locale)
    htmx.init_app(app)
    login_manager.init_app(app)
    logs.register(app)  # first: lines of the others have the request's id, too
    security.register(app)
    csrf.init_app(app)  # after the login check, which redirects without a session
    assets.serve(app)
    context.register(app)
    navigation.register(app)
    brand_files.register(app)
    errors.register(app)
    app.register_error_handler(NoSuchJobError, errors.not_found)
    app.register_error_handler(InvalidJobOperation, errors.conflict)
    for module in VIEWS:
        app.register_blueprint(module.blueprint)
    queue_dashboard.mount_queues(app, settings)
    rate_limits.register(app, settings)
    if settings.production:
        # One reverse proxy is in front (docs/operations.md).
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    return app


def start(settings: Settings, *, wait: bool = True) -> Flask:
    """Return the application of a process of the service, once the database has its schema.

    While the database is of an earlier version, one line a minute is logged. Without ``wait``, and
    for a database that cannot be used, the process ends with one line and exit code 1.
    """
    while True:
        try:
            return create_app(settings)
        except Conflict as error:
            if not (wait and isinstance(error, database.SchemaBehind)):
                raise SystemExit(f"releaf: {error}") from None
            logging.getLogger("releaf").warning("%s; waiting for it", error)
            time.sleep(_SCHEMA_POLL_SECONDS)
        except DBAPIError as error:
            raise SystemExit(f"releaf: {database.why_unusable(error)}") from None


def _configure_templates(environment: Environment) -> None:
    environment.policies["ext.i18n.trimmed"] = True
    filters.add_filters(environment)
    environment.filters["sentence"] = messages.sentence
    environment.globals.update(
        layout_chart=charts.layout_chart,
        chart_kinds=bars.KINDS,
        reading_roles=reading_chart.ROLES,
        pages_per_tree=PAGES_PER_TREE,
    )


def _configuration(settings: Settings) -> dict[str, Any]:
    https = settings.public_url.startswith("https://")
    return {
        "SECRET_KEY": settings.secret_key,
        "BABEL_DEFAULT_LOCALE": i18n.DEFAULT,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine_options(settings.database_url),
        # Browsers accept a cookie of this name only over https and for the whole host.
        "SESSION_COOKIE_NAME": "__Host-releaf" if https else "releaf",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=settings.session_days),
        "SESSION_REFRESH_EACH_REQUEST": False,
        # Redirects are built with the host of the request. Load balancers check by loopback.
        "TRUSTED_HOSTS": [urlsplit(settings.public_url).hostname, "127.0.0.1", "localhost"]
        if settings.production
        else None,
        "PREFERRED_URL_SCHEME": "https" if https else "http",
        "MAX_CONTENT_LENGTH": _ONE_MEBIBYTE,
        "MAX_FORM_MEMORY_SIZE": _ONE_MEBIBYTE,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
    }
