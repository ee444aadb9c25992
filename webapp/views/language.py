"""Language: which one pages speak.

A user's choice, else the one that the address names (public pages, which keep nothing), else this
browser's choice, else what it prefers.
"""

from flask import Blueprint, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from webapp import i18n
from webapp.db import db
from webapp.errors import Invalid
from webapp.views import edge, security

blueprint = Blueprint("language", __name__)

_COOKIE = "language"
_ONE_YEAR = 365 * 24 * 60 * 60


def choose() -> None:
    """Choose the language of the response, before any text of it is written."""
    if request.endpoint == "static":
        return
    chosen = current_user.language if current_user.is_authenticated else None
    g.language = chosen or i18n.known(request.args.get("language")) or of_browser()


def select_locale() -> str | None:
    """Return the chosen language for Flask-Babel; None where there is no choice."""
    chosen: str | None = g.get("language")
    return chosen


def of_browser() -> str | None:
    """What was chosen in this browser, or what it prefers."""
    chosen = i18n.known(request.cookies.get(_COOKIE))
    return chosen or i18n.preferred(list(request.accept_languages.values()))


@blueprint.post("/language")
def change() -> ResponseReturnValue:
    """Speak another language from now on, to this browser and to this user."""
    language = i18n.known(request.form.get("language"))
    if language is None:
        raise Invalid("language", gettext("Choose one of the languages there are."))
    if current_user.is_authenticated:
        edge.user().language = language
        db.session.commit()
    response = redirect(security.safe_target(request.form.get("back")) or url_for("home.index"))
    response.set_cookie(
        _COOKIE,
        language,
        max_age=_ONE_YEAR,
        secure=edge.settings().public_url.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )
    return response
