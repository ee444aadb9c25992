"""Clients of Printerpoint, at the configured address."""

from webapp.crypto import Keyring
from webapp.models import Server
from webapp.printerpoint.client import Client, RequestLimits
from webapp.settings import Settings


def client(settings: Settings, token: str, limits: RequestLimits | None = None) -> Client:
    """Return a client for a token. No transaction may be open while it is used."""
    return Client(settings.printerpoint_url, token, limits=limits)


def client_of(settings: Settings, server: Server, limits: RequestLimits | None = None) -> Client:
    """Return the client of a server. Raises DecryptionError when its token cannot be decrypted."""
    token = server.decrypt_token(Keyring(settings.encryption_keys))
    return client(settings, token, limits)
