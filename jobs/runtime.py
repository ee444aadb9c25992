"""The application of a job process, and what jobs need from it."""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from flask import Flask
from redis.exceptions import AuthenticationError, RedisError

from webapp import queue
from webapp import settings as configuration
from webapp.app import configure_logging, start
from webapp.db import db
from webapp.extensions import current_keyring, current_settings
from webapp.models import Server
from webapp.printerpoint.client import Client
from webapp.setting_values import SettingsError
from webapp.settings import Settings

log = logging.getLogger("releaf.jobs")

_REDIS_POLL_SECONDS = 1.0
_LOG_EVERY_SECONDS = 60.0


def configure() -> Settings:
    """Load the settings of a new process and set up logging.

    Invalid settings end the process with a one-line message.
    """
    try:
        config = configuration.load()
    except SettingsError as error:
        raise SystemExit(f"releaf: {error}") from None
    configure_logging(config)
    return config


def wait_for_redis(redis_url: str) -> None:
    """Return when Redis responds; log one line a minute until then.

    A refused password ends the process with a one-line message.
    """
    logged = float("-inf")
    with queue.connect(redis_url) as connection:
        while True:
            try:
                connection.ping()
            except AuthenticationError:
                raise SystemExit("releaf: REDIS_URL: the server refuses the password") from None
            except RedisError as error:
                if time.monotonic() - logged >= _LOG_EVERY_SECONDS:
                    log.warning("REDIS_URL: %s; waiting for it", error)
                    logged = time.monotonic()
                time.sleep(_REDIS_POLL_SECONDS)
            else:
                return


def restore_signal_handlers() -> None:
    """Let SIGTERM and SIGINT end the process again after RQ has replaced their handlers."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@lru_cache(maxsize=1)
def get_app() -> Flask:
    """Return the application of this process, created at the first call; see ``app.start``."""
    return start(configuration.load())


@contextmanager
def app_context() -> Iterator[None]:
    """Run a job in the context of the application of this process."""
    with get_app().app_context():
        # A worker forks for every job; its connections must not be used in the child.
        db.engine.dispose(close=False)
        yield


def client_of(server: Server) -> Client:
    """Return the client for a server. Raises DecryptionError when its token cannot be decrypted."""
    return Client(current_settings().printerpoint_url, server.decrypt_token(current_keyring()))
