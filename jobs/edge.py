"""What every job needs from the outside: settings, a session, a client."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from sqlalchemy.orm import Session

from webapp import settings as configuration
from webapp.crypto import Keyring
from webapp.db import open_session
from webapp.models import Server
from webapp.printerpoint.client import Client
from webapp.settings import Settings, SettingsError

log = logging.getLogger("releaf.jobs")


def start() -> Settings:
    """The settings of a process that begins; nonsense in them ends it with one line."""
    try:
        config = settings()
    except SettingsError as error:
        raise SystemExit(f"releaf: {error}") from None
    logging.basicConfig(level=config.log_level, format="%(asctime)s %(name)s %(message)s")
    return config


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read at the first job."""
    return configuration.load()


@contextmanager
def session() -> Iterator[Session]:
    """A session of the configured database."""
    with open_session(settings().database_url) as opened:
        yield opened


def client_of(config: Settings, server: Server) -> Client:
    """The client for a server. Raises SealError when its token cannot be opened."""
    token = server.open_token(Keyring(config.encryption_keys))
    return Client(config.printerpoint_url, token)
