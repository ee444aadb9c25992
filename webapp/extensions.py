"""The Flask extensions, initialized by ``create_app``, and the current settings.

The database is in ``webapp.db``. Flask-Limiter is not here, because its object has the storage of
one application (``views.shared.rate_limits``).
"""

from typing import Any, cast
from urllib.parse import urlsplit

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


def public_url_for(endpoint: str, **values: Any) -> str:
    """Return the address of a page under the setting PUBLIC_URL, also in jobs and commands.

    ``url_for`` takes the host of the request, which a client or a proxy may have set otherwise,
    and needs a request.
    """
    address = urlsplit(current_settings().public_url)
    urls = current_app.url_map.bind(address.netloc, address.path or None, url_scheme=address.scheme)
    return urls.build(endpoint, values, force_external=True)


def current_keyring() -> Keyring:
    """Return the encryption keys of the current application."""
    return Keyring(current_settings().encryption_keys)
