"""The locale of a response.

The user's choice, else the one in the address (public pages, which store nothing), else this
browser's choice, else what the browser prefers.
"""

from flask import g, request
from flask_login import current_user

from webapp import i18n

COOKIE = "language"


def choose() -> None:
    """Choose the language of the response, before any text of it is rendered."""
    if request.endpoint == "static":
        return
    chosen = current_user.language if current_user.is_authenticated else None
    g.language = chosen or i18n.known(request.args.get("language")) or of_browser()


def select_locale() -> str | None:
    """Return the chosen language for Flask-Babel; None where there is no choice."""
    chosen: str | None = g.get("language")
    return chosen


def of_browser() -> str | None:
    """Return the language chosen in this browser, or preferred by it."""
    chosen = i18n.known(request.cookies.get(COOKIE))
    return chosen or i18n.preferred(list(request.accept_languages.values()))
