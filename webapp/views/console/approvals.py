"""Approvals: operations let a server be collected although another one reads the same fleet."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from webapp import clock
from webapp.db import db
from webapp.errors import Conflict
from webapp.queries import access
from webapp.queries import overlaps as queries
from webapp.services.servers import overlaps
from webapp.views.shared import context
from webapp.views.shared.context import roles_required

blueprint = Blueprint("approvals", __name__)


@blueprint.get("/servers/<int:server_id>/approve")
@roles_required("operations")
def confirm(server_id: int) -> ResponseReturnValue:
    """Ask for confirmation that a server may read a fleet that another one reads."""
    server = access.server(db.session(), context.viewer(), server_id)
    if server.awaiting_approval_since is None:
        raise Conflict(gettext("%(name)s is not awaiting approval.", name=server.name))
    found = queries.of_server(db.session(), server.id)
    waits_for = [row for row in found if row.server_id == server.id and not row.approved_at]
    return render_template("console/servers/approve.html", server=server, overlaps=waits_for)


@blueprint.post("/servers/<int:server_id>/approve")
@roles_required("operations")
def approve(server_id: int) -> ResponseReturnValue:
    """Approve a server; no effect on an approved one."""
    server = access.server(db.session(), context.viewer(), server_id)
    if server.awaiting_approval_since is None:
        message = gettext("%(name)s is not awaiting approval.", name=server.name)
    else:
        overlaps.approve(db.session(), server, clock.now())
        context.record_action("server approved", server.name, server.account)
        db.session.commit()
        message = gettext("%(name)s has been approved and will be collected.", name=server.name)
    flash(message, "success")
    return redirect(url_for("servers.show", server_id=server_id))
