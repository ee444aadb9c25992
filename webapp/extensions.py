"""The Flask extensions, initialized by ``create_app``, and the current settings.

The database is in ``webapp.db``. Flask-Limiter is not here, because its object has the storage of
one application (``views.shared.rate_limits``).
"""

from typing import cast

from flask import current_app
from flask_babel import Babel
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_wtf import CSRFProtect
from htmx_flask import Htmx

from webapp.crypto import Keyring
from webapp.settings import ROOT, Settings

babel = Babel()
csrf = CSRFProtect()
htmx = Htmx()
login_manager = LoginManager()
# An address may change during a session; a new password ends sessions.
login_manager.session_protection = None
migrate = Migrate(directory=str(ROOT / "webapp" / "migrations"))


def current_settings() -> Settings:
    """Return the settings of the current application, which ``create_app`` stores."""
    return cast(Settings, current_app.config["RELEAF"])


def current_keyring() -> Keyring:
    """Return the encryption keys of the current application."""
    return Keyring(current_settings().encryption_keys)
