"""Changes of a server: token, name, removal."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField

from webapp import clock
from webapp.db import db
from webapp.errors import Invalid
from webapp.extensions import current_keyring
from webapp.queries import access, dashboard, overlaps
from webapp.services.servers import servers
from webapp.views.console import server_state, tokens
from webapp.views.shared import context, forms
from webapp.views.shared.confirmation import confirmation_required
from webapp.views.shared.context import CHANGERS, roles_required

blueprint = Blueprint("server_changes", __name__)


class TokenForm(forms.Form):
    """A new token."""

    token = PasswordField(_l("API token"))


class NameForm(forms.EditForm):
    """A new name."""

    name = StringField(_l("Name"))


@blueprint.route("/servers/<int:server_id>/token", methods=["GET", "POST"])
@roles_required(*CHANGERS)
@confirmation_required(cancel="servers.show")
def token(server_id: int) -> ResponseReturnValue:
    """Replace the token; the new one is tested first."""
    server = access.server(db.session(), context.viewer(), server_id)
    server_state.refuse_removed(server)
    form = TokenForm()
    if request.method == "POST" and form.validate():
        try:
            text = servers.clean_token(form.token.data or "")
            serials = tokens.verify_token(text)
            server = access.server(db.session(), context.viewer(), server_id)
            is_other = overlaps.is_other_fleet(db.session(), server, serials)
            servers.replace_token(
                db.session(), current_keyring(), server, text, clock.now(), serials
            )
            context.record_action("server token replaced", server.name, server.account)
            db.session.commit()
        except Invalid as error:
            forms.refuse(form, error)
        else:
            flash(gettext("The new token works and is in use."), "success")
            if is_other:
                flash(
                    gettext(
                        "None of this server’s printers are in the fleet of the new token. Check "
                        "that it belongs to the same Printerpoint company. If not, replace it "
                        "again before the next collection."
                    ),
                    "warning",
                )
            server_state.warn_if_waiting(server)
            return redirect(url_for("servers.show", server_id=server_id))
        db.session.rollback()
    return forms.page("console/servers/token.html", form, server=server)


@blueprint.route("/servers/<int:server_id>/name", methods=["GET", "POST"])
@roles_required(*CHANGERS)
def rename(server_id: int) -> ResponseReturnValue:
    """Rename a server."""
    server = access.server(db.session(), context.viewer(), server_id)
    server_state.refuse_removed(server)
    form = NameForm(obj=server)
    if request.method == "POST" and form.validate():
        try:
            before = server.name
            is_changed = servers.rename(db.session(), server, form.name.data or "")
            if is_changed:
                context.record_action("server renamed", server.name, server.account, before=before)
        except Invalid as error:
            forms.refuse(form, error)
        else:
            db.session.commit()
            renamed = gettext("Renamed to %(name)s.", name=server.name)
            flash(renamed if is_changed else gettext("Nothing was changed."), "success")
            return redirect(url_for("servers.show", server_id=server_id))
    return forms.page("console/servers/name.html", form, server=server)


@blueprint.route("/servers/<int:server_id>/remove", methods=["GET", "POST"])
@roles_required(*CHANGERS)
@confirmation_required(cancel="servers.show")
def remove(server_id: int) -> ResponseReturnValue:
    """Remove a server, after confirmation."""
    server = access.server(db.session(), context.viewer(), server_id)
    if request.method == "POST":
        is_changed = servers.remove(db.session(), server, clock.now()) is not None
        if is_changed:
            context.record_action("server removed", server.name, server.account)
        db.session.commit()
        if is_changed:
            message = gettext(
                "%(name)s has been removed. Counted pages are kept.", name=server.name
            )
        else:
            message = gettext("%(name)s has already been removed.", name=server.name)
        flash(message, "success")
        return redirect(url_for("servers.index"))
    server_state.refuse_removed(server)
    counts = dashboard.feed_counts_by_server(db.session(), [server.id]).get(server.id, {})
    return render_template("console/servers/remove.html", server=server, feeds=sum(counts.values()))
