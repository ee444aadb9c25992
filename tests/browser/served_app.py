"""The application on the seeded database, served, with a sandbox and queues."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext
from rq import Queue, SimpleWorker
from werkzeug.serving import make_server

from tests import factories
from tests.browser import seeded_db
from tests.database import open_session
from tests.factories import NOW
from webapp import clock, queue
from webapp import settings as configuration
from webapp.app import create_app
from webapp.crypto import Keyring
from webapp.db import db
from webapp.printerpoint.sandbox import Sandbox
from webapp.services.notifications import unsubscribe
from webapp.settings import Settings


@dataclass(frozen=True, slots=True)
class ServedApp:
    """The application on the seeded database, served; ``cookies``, ``emails``: the session and
    the address of each user.
    """

    app: Flask
    address: str
    ids: dict[str, int | str]
    cookies: dict[str, str]
    emails: dict[str, str]

    def log_in(self, context: BrowserContext, who: str) -> None:
        """Add the session cookie of a user to a context of the browser."""
        name = self.app.config["SESSION_COOKIE_NAME"]
        context.add_cookies([{"name": name, "value": self.cookies[who], "url": self.address}])


@contextmanager
def serve_seeded_app(folder: Path, redis_url: str) -> Iterator[ServedApp]:
    """Seed an empty database, on the day of the factories, and serve it on loopback."""
    with pytest.MonkeyPatch.context() as patch, Sandbox(now=lambda: NOW) as printerpoint:
        patch.setattr(clock, "now", lambda: NOW)
        for number in range(1, 31):
            connected = printerpoint.add_customer(f"Harbour Hotel {number:02}")
            printerpoint.add_printer(connected, serial=f"CNB{number:06}", asset="A-1", count=1_000)
        settings = configuration.load(
            {
                "RELEAF_INSTANCE": str(folder),
                "REDIS_URL": redis_url,
                "PRINTERPOINT_URL": printerpoint.url,
            }
        )
        with open_session(settings.database_url) as session:
            built = seeded_db.build(session, Keyring(settings.encryption_keys), printerpoint.token)
            for user in built.people.values():
                factories.user_session(session, user)
            users = {who: (user.id, user.get_id()) for who, user in built.people.items()}
            emails = {who: user.email for who, user in built.people.items()}
            session.commit()
        app = create_app(settings)
        ids = built.ids | _links(settings, users["partner_admin"][0])
        ids["job"] = _failed_job(settings)
        serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        cookies = {
            who: serializer.dumps({"_user_id": session_id})
            for who, (_, session_id) in users.items()
        }
        with _served(app) as address:
            yield ServedApp(app, address, ids, cookies, emails)
        with app.app_context():
            db.engine.dispose()


def _links(settings: Settings, user_id: int) -> dict[str, int | str]:
    """The links of mails: one that would switch something off, and one that has."""
    with open_session(settings.database_url) as session:
        token = unsubscribe.token(settings.secret_key, user_id, "feed")
        user, _ = unsubscribe.user_of_link(session, settings.secret_key, token)
        unsubscribe.choose(user, "digest", wanted=False)
        session.commit()
    off = unsubscribe.token(settings.secret_key, user_id, "digest")
    return {"unsubscribe": token, "unsubscribed": off}


def _failed_job(settings: Settings) -> str:
    with queue.connect(settings.redis_url) as connection:
        job = Queue("collection", connection=connection).enqueue_call(
            "operator.truediv", args=(1, 0), description="divide 1 by 0"
        )
        SimpleWorker(["collection"], connection=connection).work(burst=True)
        return str(job.id)


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
