"""Language: change it, for this browser and for the user."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from webapp import i18n
from webapp.db import db
from webapp.errors import Invalid
from webapp.extensions import current_settings
from webapp.services.accounts import users
from webapp.views.shared import context, locale, security

blueprint = Blueprint("language", __name__)

_ONE_YEAR = 365 * 24 * 60 * 60


@blueprint.post("/language")
def change() -> ResponseReturnValue:
    """Change the language of this browser and of the user."""
    language = i18n.known(request.form.get("language"))
    if language is None:
        raise Invalid("language", gettext("Choose one of the listed languages."))
    if current_user.is_authenticated:
        users.change_language(context.user(), language)
        db.session.commit()
    response = redirect(security.safe_target(request.form.get("back")) or url_for("home.index"))
    response.set_cookie(
        locale.COOKIE,
        language,
        max_age=_ONE_YEAR,
        secure=current_settings().public_url.startswith("https://"),
        httponly=True,
        samesite="Lax",
    )
    return response
