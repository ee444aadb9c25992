"""The application of a job process, and what jobs need from it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from flask import Flask

from webapp import settings as configuration
from webapp.app import create_app
from webapp.db import db
from webapp.errors import Conflict
from webapp.extensions import current_keyring, current_settings
from webapp.models import Server
from webapp.printerpoint.client import Client
from webapp.setting_values import SettingsError
from webapp.settings import Settings


def configure() -> Settings:
    """Load the settings of a new process and set up logging.

    Invalid settings end the process with a one-line message.
    """
    try:
        config = configuration.load()
    except SettingsError as error:
        raise SystemExit(f"releaf: {error}") from None
    logging.basicConfig(level=config.log_level, format="%(asctime)s %(name)s %(message)s")
    return config


@lru_cache(maxsize=1)
def get_app() -> Flask:
    """Return the application of this process, created at the first call.

    A database of another version ends the process with a one-line message.
    """
    try:
        return create_app()
    except (SettingsError, Conflict) as error:
        raise SystemExit(f"releaf: {error}") from None


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
