"""Servers: list, registration, page, health check, collection."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from htmx_flask import make_response
from wtforms import PasswordField, SelectField, StringField

from webapp import clock
from webapp.crypto import DecryptionError
from webapp.db import db
from webapp.domain.reasons import reason
from webapp.errors import Invalid
from webapp.extensions import current_keyring, current_settings
from webapp.messages import sentence
from webapp.models import Server
from webapp.printerpoint.errors import PrinterpointError
from webapp.queries import access, accounts, dashboard, details, overlaps
from webapp.queries import servers as queries
from webapp.services.servers import clients, servers
from webapp.services.servers import health as server_health
from webapp.views.console import collection_requests, server_state, tokens
from webapp.views.shared import bulk, context, export, forms, listing
from webapp.views.shared.confirmation import confirmation_required, typed_values
from webapp.views.shared.context import CHANGERS, READERS, roles_required

blueprint = Blueprint("servers", __name__)

#: A form sent again within this time is a double click.
_DOUBLE_CLICK = timedelta(minutes=1)
_SHOWN = 10


class RegisterForm(forms.Form):
    """The token, and for operations the partner."""

    account = SelectField(_l("Partner"), coerce=int)
    token = PasswordField(_l("API token"))
    name = StringField(_l("Name"))


def _exported(servers: Sequence[Any]) -> Iterable[Sequence[export.Value]]:
    counts = _feeds_by_health(servers)
    for server in servers:
        feeds = counts.get(server.id, {})
        why = reason("unreadable_token") if server.token_unreadable_since else server.health_reason
        yield (
            server.name,
            server.partner_name,
            server.state,
            sentence(why),
            sum(feeds.values()),
            feeds.get("unhealthy", 0),
            server.health_checked_at,
            server.created_at,
        )


_SHEET = export.Sheet(
    "servers",
    (
        _l("Server"),
        _l("Partner"),
        _l("Health"),
        _l("Reason"),
        _l("Feeds"),
        _l("Unhealthy feeds"),
        _l("Last checked (UTC)"),
        _l("Added (UTC)"),
    ),
    _exported,
)


@blueprint.get("/servers")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The servers of a partner, unhealthy ones first; for operations those of all."""
    text, health = listing.search_text(), listing.filter_choice("health", queries.STATES)
    sort = listing.sort_choice(queries.COLUMNS, "-health")
    query = queries.search(context.viewer(), text=text, health=health, sort=sort)
    if export.requested():
        return export.respond(query, _SHEET)
    page = listing.paginate(query)
    return listing.render(
        "servers",
        page,
        feeds=_feeds_by_health(page.items),
        q=text,
        health=health,
        heading=partial(listing.heading, sort),
    )


@blueprint.post("/servers/selection")
@roles_required(*CHANGERS)
def selected() -> ResponseReturnValue:
    """Collect the selected servers, or export them."""
    wanted = bulk.selected_ids("server")
    query = bulk.selected_rows(queries.search(context.viewer()), Server.id, wanted, "servers")
    if not wanted or request.form.get("action") != "collect":
        return bulk.export_selected(query, _SHEET, wanted, "servers.index")
    ids = queries.ids(db.session(), query)
    flash(
        *collection_requests.request_each(
            ids, lambda each: (access.server(db.session(), context.viewer(), each), None)
        )
    )
    return redirect(url_for("collections.index"))


@blueprint.route("/servers/new", methods=["GET", "POST"])
@roles_required(*CHANGERS)
@confirmation_required(cancel="servers.index", fields=("account", "name"))
def new() -> ResponseReturnValue:
    """Add a server: its token is tested with Printerpoint, then stored encrypted."""
    form = RegisterForm(data=typed_values())
    partners = accounts.partner_choices(db.session(), context.viewer())
    form.account.choices = [(0, gettext("Choose a partner")), *partners]
    if len(partners) == 1:
        form.account.data = partners[0][0]
    if request.method == "POST" and form.validate():
        try:
            server = _register(form)
        except servers.AlreadyRegistered as error:
            # Of two clicks the first has added the server, and the second redirects to it.
            if clock.now() - error.server.created_at < _DOUBLE_CLICK:
                return redirect(url_for("servers.show", server_id=error.server.id))
            forms.refuse(form, error)
        except Invalid as error:
            forms.refuse(form, error)
        else:
            flash(
                gettext(
                    "%(name)s has been added. Now choose which customers take part.",
                    name=server.name,
                ),
                "success",
            )
            server_state.warn_if_waiting(server)
            return redirect(url_for("servers.show", server_id=server.id))
        db.session.rollback()
    return forms.page("console/servers/new.html", form, partners=partners)


@blueprint.get("/servers/<int:server_id>")
@roles_required(*READERS)
def show(server_id: int) -> str:
    """A server: health, feeds, collections, history."""
    viewer = context.viewer()
    server = access.server(db.session(), viewer, server_id)
    return render_template(
        "console/servers/show.html",
        **_health_of(server),
        overlaps=overlaps.of_server(db.session(), server.id) if viewer.is_operations else (),
        feeds=details.feeds_of_server(db.session(), server.id, _SHOWN),
        counts=_feeds_by_health([server]).get(server.id, {}),
        collections=details.collections_of_server(db.session(), server.id, _SHOWN),
        changes=details.changes_of_server(db.session(), server.id, 2 * _SHOWN),
        today=clock.now().astimezone(server.account.zone).date(),
    )


@blueprint.post("/servers/<int:server_id>/check")
@roles_required(*CHANGERS)
def check(server_id: int) -> ResponseReturnValue:
    """Check the server's login within the request, and record its health."""
    server = access.server(db.session(), context.viewer(), server_id)
    server_state.refuse_removed(server)
    try:
        client = clients.client_of(current_settings(), server, tokens.TOKEN_TEST_LIMITS)
    except DecryptionError:
        server_health.token_unreadable(db.session(), server, clock.now())
        db.session.commit()
        message = gettext("The stored token can no longer be decrypted. Enter the token again.")
        return _checked(server, "error", message)
    db.session.rollback()  # no transaction is open during the call
    error = None
    try:
        client.check()
    except PrinterpointError as raised:
        error = raised
    server = access.server(db.session(), context.viewer(), server_id)
    before = server.health
    if error is None:
        server_health.server_answered(db.session(), server, clock.now())
    else:
        server_health.server_failed(db.session(), server, error, clock.now())
    context.record_action("server checked", server.name, server.account, result=server.health)
    db.session.commit()
    changed = server.health != before
    if error is not None:
        message = gettext("Checked just now; the problem persists.")
        if changed:
            message = gettext("Printerpoint could not be read. Collection is paused.")
        return _checked(server, "error", message, changed)
    message = (
        gettext("Printerpoint is reachable again. Collection has resumed.")
        if changed
        else gettext("Printerpoint is reachable.")
    )
    return _checked(server, "success", message, changed)


@blueprint.post("/servers/<int:server_id>/collect")
@roles_required(*CHANGERS)
def collect(server_id: int) -> ResponseReturnValue:
    """Collect all feeds of a server now."""
    server = access.server(db.session(), context.viewer(), server_id)
    server_state.refuse_removed(server)
    if server_state.warn_if_waiting(server):
        return redirect(url_for("servers.show", server_id=server.id))
    if server.paused:
        flash(
            gettext(
                "Collection is paused because Printerpoint did not respond. Check the server first."
            ),
            "error",
        )
        return redirect(url_for("servers.show", server_id=server_id))
    return collection_requests.start(server)


def _feeds_by_health(servers: Sequence[Any]) -> dict[int, dict[str, int]]:
    """Return the number of feeds of each of these servers by health."""
    return dashboard.feed_counts_by_server(db.session(), [server.id for server in servers])


def _health_of(server: Server) -> dict[str, Any]:
    """Return the data of a server's health."""
    return {
        "server": server,
        "zone": context.zone_of(server.account),
        "waits": overlaps.reason_to_wait(db.session(), server),
    }


def _register(form: RegisterForm) -> Server:
    if not form.account.data:
        raise Invalid("account", gettext("Choose the partner that owns this login."))
    token = servers.clean_token(form.token.data or "")
    serials = tokens.verify_token(token)
    account = access.account(db.session(), context.viewer(), form.account.data)
    server = servers.register(
        db.session(),
        current_keyring(),
        account,
        name=form.name.data,
        token=token,
        now=clock.now(),
        serials=serials,
    )
    context.record_action("server registered", server.name, account)
    db.session.commit()
    return server


def _checked(
    server: Server, category: str, message: str, changed: bool = False
) -> ResponseReturnValue:
    """Return the result of a check as htmx fragment, or reload if the health changed."""
    if listing.is_fragment() and not changed:
        return render_template(
            "console/servers/_health.html", **_health_of(server), message=(category, message)
        )
    flash(message, category)
    if listing.is_fragment():
        response: Response = make_response("", 204, refresh=True)
        return response
    return redirect(url_for("servers.show", server_id=server.id))
