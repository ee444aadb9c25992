"""What belongs to the current application: its settings and its encryption keys."""

from typing import cast

from flask import current_app

from webapp.crypto import Keyring
from webapp.settings import Settings


def current_settings() -> Settings:
    """Return the settings of the current application, which ``create_app`` stores."""
    return cast(Settings, current_app.config["RELEAF"])


def current_keyring() -> Keyring:
    """Return the encryption keys of the current application."""
    return Keyring(current_settings().encryption_keys)
